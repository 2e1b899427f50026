# SPDX-License-Identifier: Apache-2.0
"""scripts/blender runs each version as if it were installed here."""
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from blenders import SCRIPT, VERSIONS, command, require


@pytest.fixture(params=VERSIONS)
def blender(request):
    require(request.param)
    return [*command(request.param), "-b", "--factory-startup"]


def test_python_sees_our_files_sockets_and_environment(blender, tmp_path):
    path = tmp_path / "socket"
    program = (f"import bpy, numpy, os, socket, sys; s = socket.socket(socket.AF_UNIX); s.connect({str(path)!r}); "
               "s.sendall('|'.join([bpy.app.version_string[:3], os.getcwd(), os.environ['SCENESYNC_TEST']]).encode()); sys.exit(7)")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        done = subprocess.run([*blender, "--python-expr", program], cwd=tmp_path, capture_output=True, text=True,
                              env=dict(os.environ, SCENESYNC_TEST="passed on"))
        assert done.returncode == 7, done.stdout + done.stderr
        connection = server.accept()[0]
        assert connection.recv(4096).decode() == f"{blender[1]}|{tmp_path}|passed on"


def test_signals_reach_it(blender, tmp_path):
    process = subprocess.Popen([*blender, "--python-expr", "print('running', flush=True)\nimport time\ntime.sleep(600)"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while process.stdout.readline().strip() != "running":
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) != 0
    process.stdout.close()


def test_nothing_stays_mounted():
    assert "scenesync/roots" not in Path("/proc/self/mountinfo").read_text()


def test_a_missing_version_is_told(tmp_path):
    system_has = subprocess.run([SCRIPT, "--list"], capture_output=True, text=True, env=dict(os.environ, SCENESYNC_ROOTS=str(tmp_path)))
    version = next(version for version in VERSIONS if version not in system_has.stdout.split())
    done = subprocess.run([SCRIPT, version, "--version"], capture_output=True, text=True, env=dict(os.environ, SCENESYNC_ROOTS=str(tmp_path)))
    assert done.returncode == 3 and f"blender-root {version} makes it" in done.stderr
