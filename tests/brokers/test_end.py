# SPDX-License-Identifier: Apache-2.0
"""Nothing of a broker is left, however a test ends."""
import subprocess
import sys
from pathlib import Path

from agents import eventually

START = "import sys, time, brokers; brokers.make(sys.argv[1], sys.argv[2]).start(); print('started', flush=True); time.sleep(600)"


def running_below(directory):
    """The processes whose command line or environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(directory).encode() in (process / "cmdline").read_bytes() + (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:
            pass
    return found


def test_with_whoever_started_it(broker, request, tmp_path):
    name = request.node.callspec.params["broker"]
    words = [sys.executable, "-c", START, name, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1] / "support") as starter:
        assert starter.stdout.readline() == "started\n"
        assert len(running_below(tmp_path)) > 1
        starter.kill()
    eventually(lambda: not running_below(tmp_path))
