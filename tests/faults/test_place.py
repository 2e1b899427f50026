# SPDX-License-Identifier: Apache-2.0
"""What a run leaves on the machine, however it ends: nothing."""
import subprocess
import sys
from pathlib import Path

import network
import pytest

MOUNT = """
import sys
from pathlib import Path
from network import private_mounts
from place import Disk

private_mounts()
with Disk(Path(sys.argv[1])) as disk:
    (disk.path / "file").write_text("here")
    print("mounted", flush=True)
    sys.stdin.read()
"""


def test_a_disk_is_seen_by_its_run_only(tmp_path):
    if missing := network.available():
        pytest.skip(missing)
    path = tmp_path / "disk"
    program = subprocess.Popen([sys.executable, "-c", MOUNT, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={"PYTHONPATH": ":".join(sys.path)})
    assert program.stdout.readline() == "mounted\n"
    seen = Path("/proc/self/mounts").read_text(), list(path.iterdir())
    program.kill()
    program.wait()
    assert str(path) not in seen[0] and not seen[1]
