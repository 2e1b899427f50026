# SPDX-License-Identifier: Apache-2.0
"""The local link over TCP on loopback: a 0600 file in the socket's place says where the agent is and with which token."""
import os
import socket
import subprocess

import pytest
from agents import eventually, new_id, world
from link import Link
from services import binary


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def agent(scene):
    return scene.agent("ada", options=["--tcp", "0"])


def test_all_is_as_on_a_socket(scene, agent):
    link = scene.link(agent)
    cube = new_id()
    link.set("object", cube, name="Cube")
    assert "Cube" in agent.run("ls", "demo").stdout
    agent.run("set", "demo", "object/Cube", 'name="Box"')
    link.sees("object", cube, "name", "Box")


def test_the_file_is_private_and_goes_with_the_agent(agent):
    assert os.stat(agent.socket).st_mode & 0o777 == 0o600
    agent.stop()
    assert not os.path.exists(agent.socket)
    assert "no agent at" in agent.run("status", check=False).stderr


def test_only_this_machine_is_answered(agent):
    address = open(agent.socket).read().split()[0]
    host, port = address.rsplit(":", 1)
    assert host == "127.0.0.1"
    listening = [line.split()[1] for line in open("/proc/net/tcp").read().splitlines()[1:] if line.split()[1].endswith(f":{int(port):04X}")]
    assert f"0100007F:{int(port):04X}" in listening and f"00000000:{int(port):04X}" not in listening


@pytest.mark.parametrize("token", ["", "0" * 64, "short", None])
def test_without_the_token_nothing_is_told(scene, agent, token):
    address, right, _ = open(agent.socket).read().split()
    assert len(right) == 64
    host, port = address.rsplit(":", 1)
    stranger = Link(socket.create_connection((host, int(port))), greet=False)
    hello = {"t": "hello", "v": 1, "app": "stranger"}
    stranger.send(hello if token is None else {**hello, "token": token})
    refused = stranger.wait("refused")
    assert refused["error"] == "token" and "the token is wrong" in refused["text"]
    with pytest.raises(ConnectionError):
        stranger.read()
    scene.link(agent).set("object", new_id(), name="Cube")


def test_a_stranger_cannot_fill_the_memory(agent):
    host, port = open(agent.socket).read().split()[0].rsplit(":", 1)
    with socket.create_connection((host, int(port))) as stranger, pytest.raises(OSError):
        stranger.sendall(b"\xff\xff\xff\x00" + bytes(8 << 20))
        assert stranger.recv(1) == b""
        raise ConnectionError


def test_the_wrong_token_s_reason_reaches_people(agent):
    address, token, process = open(agent.socket).read().split()
    wrong = agent.directory / "wrong"
    wrong.write_text(f"{address}\n{token[::-1]}\n{process}\n")
    done = subprocess.run([binary(), "scenes", "--socket", wrong], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "the token is wrong" in done.stderr


@pytest.mark.parametrize("text", ["", "mine\n", "127.0.0.1:0\nab\n1\n", "127.0.0.1:70000\nab\n1\n", "127.0.0.1:1\n", "127.0.0.1:1\n" + "a" * 65])
def test_another_file_is_named(tmp_path, text):
    (tmp_path / "file").write_text(text)
    done = subprocess.run([binary(), "scenes", "--socket", tmp_path / "file"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "neither a socket nor the file of an agent" in done.stderr


def test_the_port_can_be_chosen_and_must_be_free(scene, tmp_path):
    first = scene.agent("ada", options=["--tcp", "0"])
    port = open(first.socket).read().split()[0].rsplit(":", 1)[1]
    second = scene.agent("ben", options=["--tcp", port], start=False)
    with pytest.raises(RuntimeError, match="address already in use"):
        second.start()
    first.stop()
    second.start()
    assert open(second.socket).read().split()[0] == f"127.0.0.1:{port}"
    second.stop()


def test_what_a_killed_agent_left_is_replaced(scene, agent, tmp_path):
    agent.kill()
    assert os.path.exists(agent.socket)
    assert "no agent at" in agent.run("status", check=False).stderr
    agent.start()
    scene.link(agent).set("object", new_id(), name="Cube")
    agent.kill()
    agent.options = []  # a Unix socket in its place
    agent.start()
    scene.link(agent).set("object", new_id(), name="Cube")
    agent.kill()
    agent.options = ["--tcp", "0"]
    agent.start()
    scene.link(agent).set("object", new_id(), name="Cube")


def test_a_file_that_an_agent_serves_is_left_to_it(agent, tmp_path):
    before = open(agent.socket).read()
    done = subprocess.run([binary(), "agent", "--data", tmp_path / "other", "--socket", agent.socket, "--tcp", "0"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "another agent serves" in done.stderr
    assert open(agent.socket).read() == before


def test_the_configuration_file_can_say_it(scene, tmp_path):
    (tmp_path / "agent.ini").write_text("tcp = 0\n")
    agent = scene.agent("ada", config=tmp_path / "agent.ini")
    scene.link(agent).set("object", new_id(), name="Cube")
    eventually(lambda: agent.run("status").returncode == 0)
