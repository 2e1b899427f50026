# SPDX-License-Identifier: Apache-2.0
"""./dev up: three servers in the foreground, usable when it says `ready`, gone when it is interrupted."""
import contextlib
import hashlib
import http.client
import os
import shlex
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
    """Where the broker is, its WebSocket, the store, the local link."""
    shell = f". {shlex.quote(str(directory))}/env; env -0"
    values = dict(pair.split("=", 1) for pair in subprocess.run(["sh", "-c", shell], check=True, capture_output=True, text=True).stdout.split("\0") if pair)
    return tuple(values[f"SCENESYNC_{name}"] for name in ("BROKER", "WEBSOCKET", "STORE", "SOCKET"))


@contextlib.contextmanager
def running(directory, *options):
    """./dev up, ready; it is ended in the end, and did not fail. The list then has the lines that it told."""
    with subprocess.Popen([sys.executable, REPOSITORY / "scripts" / "up.py", "--dir", directory, *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as up:
        assert up.stdout.readline() == "ready\n", up.stderr.read()
        said = []
        try:
            yield said
        finally:
            up.terminate()
        said += up.stderr.read().splitlines()
        assert up.wait(60) == 0


@pytest.mark.parametrize("number, options", [(signal.SIGINT, []), (signal.SIGTERM, ["--durability", "relaxed"])])
def test_up_and_down(tmp_path, number, options):
    up = subprocess.Popen([sys.executable, REPOSITORY / "scripts" / "up.py", "--dir", tmp_path, *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True)
    assert up.stdout.readline() == "ready\n"
    family = descendants(up.pid)
    broker, websocket, store, local = environment(tmp_path)
    assert websocket.startswith("ws://")
    for url in (broker, websocket, store):
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


def up_refuses(directory, **environment):
    done = subprocess.run([sys.executable, REPOSITORY / "scripts" / "up.py", "--dir", directory], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **environment})
    assert done.returncode == 1 and "Traceback" not in done.stderr
    return done.stderr


def test_two_do_not_share_a_folder(tmp_path):
    with running(tmp_path):
        assert "another ./dev up runs there" in up_refuses(tmp_path)
        assert environment(tmp_path)


@pytest.mark.parametrize("options, status", [([], 201), (["--user", "ada"], 401)])
def test_a_folder_with_spaces(tmp_path, options, status):
    folder, name = tmp_path / "my first  scene", hashlib.sha256(b"here").hexdigest()
    with running(folder, *options):
        url = urlsplit(environment(folder)[2])
        with contextlib.closing(http.client.HTTPConnection(url.hostname, url.port)) as store:
            store.request("PUT", f"/{name[:2]}/{name}", b"here")
            assert store.getresponse().status == status
    assert (folder / "store" / "files" / name[:2] / name).exists() == (status == 201)


def test_the_addresses_stay(tmp_path):
    with running(tmp_path) as said:
        first = environment(tmp_path)
    assert all(any(line.endswith(f" {url}") for line in said) for url in first[:3])
    with running(tmp_path):
        assert environment(tmp_path) == first
    with socket.create_server(("127.0.0.1", urlsplit(first[0]).port)):
        with running(tmp_path) as said:
            second = environment(tmp_path)
    assert second[0] != first[0] and second[1:] == first[1:]
    assert f"port {urlsplit(first[0]).port} is taken by another program: the broker has another address now" in said
    with running(tmp_path) as said:
        assert environment(tmp_path) == second
    assert not [line for line in said if "taken" in line]


def test_a_service_that_does_not_start(tmp_path):
    (tmp_path / "mute").write_text("#!/bin/sh\necho something else\necho no such luck\nexit 1\n")
    (tmp_path / "mute").chmod(0o700)
    assert up_refuses(tmp_path, SCENESYNC_BIN=str(tmp_path / "mute")) == (
        f"./dev up: the agent did not start: no such luck (all that it said: {tmp_path / 'agent' / 'agent.log'})\n")
    assert "No such file or directory" in up_refuses(tmp_path, SCENESYNC_BIN=str(tmp_path / "none"))


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    assert f"{tmp_path / 'file'}: File exists" in up_refuses(tmp_path / "file")
    assert "give a folder" in up_refuses(tmp_path / "file" / "below")
