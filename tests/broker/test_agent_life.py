# SPDX-License-Identifier: Apache-2.0
"""Starting, stopping, refusing to start, and a full disk."""
import os
import socket
import subprocess
import time

import pytest
from agents import eventually, new_id, world
from lines import Line
from link import Link
from services import Agent, binary


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


def fails(*words, status=2):
    done = subprocess.run([binary(), "agent", *map(str, words)], capture_output=True, text=True, timeout=20)
    assert done.returncode == status, done.stderr
    return done.stderr


@pytest.mark.parametrize("words, says", [
    ([], "--data DIR is missing"),
    (["--data", "d"], "--socket PATH is missing"),
    (["--data"], "--data needs a value"),
    (["--colour", "red"], "unknown option --colour"),
    (["--data", "d", "--socket", "s", "--broker", "tcp://x"], "must begin with mqtt://, mqtts://, ws:// or wss://, not with `tcp://`"),
    (["--data", "d", "--socket", "s", "--broker", "mqtt://:1883"], "there is no host; after mqtt://"),
    (["--data", "d", "--socket", "s", "--broker", "mqtt://x:99999"], "the port is not a number from 1 to 65535; after mqtt://"),
    (["--data", "d", "--socket", "s", "--broker", "mqtt://a%2Fb@x"], "cannot be a level of a topic"),
    (["--data", "d", "--socket", "s", "--store", "ftp://x"], "must begin with http://"),
    (["--data", "d", "--socket", "s", "--config", "/nowhere.ini"], "cannot read /nowhere.ini"),
    (["--data", "d", "--socket", "s", "--tcp", "65536"], "must be a port, 0 to 65535"),
    (["--data", "d", "--socket", "s", "--tcp", "any"], "must be a port, 0 to 65535"),
])
def test_what_is_wrong_is_said(words, says):
    assert says in fails(*words)


@pytest.mark.parametrize("text, says", [
    ("broker mqtt://x\n", ":1: expected `key = value`"),
    ("# fine\n\ncolour = red\n", ":3: unknown key `colour`"),
    ("cache_bytes = much\n", ":1: `cache_bytes` must be a number of bytes"),
    ("tls_verify = perhaps\n", ":1: `tls_verify` must be yes or no"),
    ("keep_alive = 0\n", ":1: `keep_alive` must be 1 to 65535"),
    ("prefix = a b\n", "prefix must be topic levels"),
    ("durability = safe\n", ":1: `durability` must be full or relaxed"),
])
def test_a_wrong_line_of_the_file_is_named(tmp_path, text, says):
    (tmp_path / "a.ini").write_text(text)
    assert says in fails("--data", tmp_path, "--socket", tmp_path / "s", "--config", tmp_path / "a.ini")


def test_one_agent_a_directory(scene, tmp_path):
    agent = scene.agent("ada")
    assert f"another agent uses {agent.data} (process {agent.pid})" in fails("--data", agent.data, "--socket", tmp_path / "other.sock", status=1)
    assert "another agent serves" in fails("--data", tmp_path / "other", "--socket", agent.socket, status=1)
    scene.link(agent).set("object", new_id(), name="Cube")


def test_the_socket_is_private_and_a_stale_one_is_replaced(scene):
    agent = scene.agent("ada")
    assert os.stat(agent.socket).st_mode & 0o777 == 0o600
    agent.kill()
    assert os.path.exists(agent.socket)
    agent.start()
    scene.link(agent).set("object", new_id(), name="Cube")
    agent.stop()
    assert not os.path.exists(agent.socket)


def test_a_file_in_the_socket_s_place_is_left_alone(tmp_path):
    (tmp_path / "precious").write_text("mine")
    assert "is no socket" in fails("--data", tmp_path / "d", "--socket", tmp_path / "precious", status=1)
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_socket_in_a_folder_that_cannot_be_made(tmp_path):
    missing = tmp_path / "missing"
    said = fails("--data", tmp_path / "data", "--socket", missing / "deeper" / "agent.sock", status=1)
    assert f"cannot make the folder {missing}/deeper: No such file or directory" in said


def test_a_host_that_is_not_found_is_called_so(scene):
    link = scene.link(scene.agent("ada", broker="mqtt://nowhere.invalid"))
    link.until(lambda: any("the host is not found: " in frame.get("error", "") for frame in link.seen if frame["t"] == "status"))


def test_another_version_s_data_is_refused(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "version").write_text("scenesync data 9\n")
    assert "`scenesync data 9`, which this scenesync (`scenesync data 1`) does not read" in fails("--data", tmp_path / "d", "--socket", tmp_path / "s", status=1)


def test_many_clients_at_once(scene):
    agent = scene.agent("ada")
    links = [scene.link(agent) for _ in range(30)]
    cube = new_id()
    links[0].set("object", cube, name="Cube")
    for link in links:
        link.sees("object", cube, "name", "Cube")
    for link in links[1:]:
        link.close()
    links[0].set("object", cube, name="Box")


def test_a_client_that_hangs_up_in_the_middle_of_a_frame(scene):
    agent = scene.agent("ada")
    for _ in range(20):
        client = socket.socket(socket.AF_UNIX)
        client.connect(agent.socket)
        client.sendall(b"\x00\x10\x00\x00half a frame")
        client.close()
    scene.link(agent).set("object", new_id(), name="Cube")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_refuses_edits_and_recovers(scene, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
    agent = Agent(tmp_path / "ada", scene.broker.url, scene.store.url)
    agent.data = disk / "data"
    try:
        agent.start()
        with Link(agent.socket, "demo") as ada:
            cube = new_id()
            ada.set("object", cube, name="Cube")
            (disk / "filler").write_bytes(b"")
            with pytest.raises(OSError), open(disk / "filler", "wb", buffering=0) as filler:
                while filler.write(b"x" * 4096):
                    pass
            for _ in range(50):
                ada.edit("object", new_id(), {"name": "x" * 20_000})
            assert ada.wait("refused")["error"] == "disk"
            (disk / "filler").unlink()

            def taken():
                number = ada.edit("object", cube, {"name": "Box"})
                return ada.until(lambda: next((frame for frame in ada.seen if frame.get("id") == number), None))["t"] == "ack"

            eventually(taken)
        agent.kill()
        agent.start()
        with Link(agent.socket, "demo") as ada:
            ada.sees("object", cube, "name", "Box")
    finally:
        agent.kill()
        subprocess.run(["umount", disk], check=True)


def test_a_broker_that_was_away_speaks_the_version_it_spoke(scene):
    """In its absence something on the way, as Docker's proxy, takes connections and closes them, as a broker of MQTT 3.1.1 would."""
    with Line(scene.broker.port) as line:
        agent = scene.agent("ada", broker=f"mqtt://127.0.0.1:{line.port}")
        scene.link(agent)
        for times in range(1, 4):
            eventually(lambda: agent.output().count("with MQTT") == times)
            line.cut()
            time.sleep(0.3 * times)
            line.mend()
        eventually(lambda: agent.output().count("with MQTT") == 4)
        assert "with MQTT 3.1.1" not in agent.output()
