# SPDX-License-Identifier: Apache-2.0
"""./dev up: three servers in the foreground, usable when it says `ready`, gone when it is interrupted."""
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from services import REPOSITORY


def descendants(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in descendants(int(child)))]


def environment(directory):
    shell = f". {directory}/env; env -0"
    values = dict(pair.split("=", 1) for pair in subprocess.run(["sh", "-c", shell], check=True, capture_output=True, text=True).stdout.split("\0") if pair)
    return values["SCENESYNC_BROKER"], values["SCENESYNC_STORE"], values["SCENESYNC_SOCKET"]


@pytest.mark.parametrize("number, options", [(signal.SIGINT, []), (signal.SIGTERM, ["--durability", "relaxed"])])
def test_up_and_down(tmp_path, number, options):
    up = subprocess.Popen([sys.executable, REPOSITORY / "scripts" / "up.py", "--dir", tmp_path, *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True)
    assert up.stdout.readline() == "ready\n"
    family = descendants(up.pid)
    broker, store, local = environment(tmp_path)
    for url in (broker, store):
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)).close()
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(local)
    assert ("boot" in (tmp_path / "agent" / "data" / "host").read_text()) == bool(options)  # relaxed, and at work
    assert local.startswith(str(tmp_path)) or len(str(tmp_path)) > 80
    up.send_signal(number)
    assert up.wait(60) == 0
    up.stdout.close()
    assert len(family) >= 4 and not [pid for pid in family if os.path.exists(f"/proc/{pid}")]
    assert not (tmp_path / "env").exists()


def up_refuses(directory):
    done = subprocess.run([sys.executable, REPOSITORY / "scripts" / "up.py", "--dir", directory], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    return done.stderr


def test_two_do_not_share_a_folder(tmp_path):
    with subprocess.Popen([sys.executable, REPOSITORY / "scripts" / "up.py", "--dir", tmp_path], stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout.readline() == "ready\n"
        assert "another ./dev up runs there" in up_refuses(tmp_path)
        assert environment(tmp_path)
        up.terminate()
        assert up.wait(60) == 0


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    assert f"{tmp_path / 'file'}: File exists" in up_refuses(tmp_path / "file")
    assert "give a folder" in up_refuses(tmp_path / "file" / "below")
