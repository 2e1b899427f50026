# SPDX-License-Identifier: Apache-2.0
"""The agent's numbers for Prometheus."""
import http.client
import json
import re
import socket
import subprocess
import uuid

import pytest
from agents import eventually, world
from mqtt import Client
from services import binary, free_port

SAMPLE = re.compile(r'(scenesync_[a-z_]+)(\{([a-z]+="[^"\\]*",?)+\})? (-?[0-9.e+-]+)')


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with world(tmp_path_factory.mktemp("metrics")) as it:
        it.port = free_port()
        it.ada = it.agent("ada", options=["--metrics", str(it.port)])
        yield it


def get(port, path="/metrics", method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read().decode()


def numbers(port):
    """Sample → value; every line is checked, and that samples follow the type of their metric."""
    samples, metric = {}, None
    for line in get(port)[2].splitlines():
        if line.startswith("# TYPE "):
            metric, kind = line.split()[2:]
            assert kind == "counter" or (kind == "gauge" and not metric.endswith("_total"))
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match and match.group(1) == metric, line
            assert line.rsplit(" ", 1)[0] not in samples
            samples[line.rsplit(" ", 1)[0]] = float(match.group(4))
    return samples


def test_numbers_are_those_of_the_scenes(made):
    assert get(made.port)[:2] == (200, "text/plain; version=0.0.4; charset=utf-8")
    made.ada.run("create", "demo", "light", 'type="POINT"')
    made.ada.run("create", "stage", "light", 'type="POINT"')
    bob = made.agent("bob")
    with made.link(bob):
        eventually(lambda: numbers(made.port)['scenesync_peers{scene="demo"}'] == 1)
        now = eventually(lambda: (found := numbers(made.port))['scenesync_pending_edits{scene="demo"}'] == 0 and found["scenesync_store_ok"] == 1 and found)
        assert now['scenesync_entities{scene="demo"}'] == now['scenesync_entities{scene="stage"}'] == 1
        assert now['scenesync_broker_connected{scene="demo"}'] == 1
        top = json.loads(made.ada.run("top", "demo", "--once", "--json").stdout)[0]
        assert top["latency_ms"] > 0 and numbers(made.port)['scenesync_broker_latency_seconds{scene="demo"}'] == pytest.approx(top["latency_ms"] / 1000, rel=0.01, abs=1e-6)
    with made.link(made.ada):
        eventually(lambda: numbers(made.port)["scenesync_clients"] == 1)
    eventually(lambda: numbers(made.port)["scenesync_clients"] == 0)


def test_what_is_refused_is_counted_by_its_cause(made):
    with made.link(made.ada, "refusing"), Client(made.broker.url) as tool:
        for _ in range(3):
            tool.publish(f"scenesync/v1/refusing/state/light/{uuid.uuid4()}", b"no msgpack")
        eventually(lambda: numbers(made.port).get('scenesync_refused_total{scene="refusing",cause="malformed"}') == 3)


def test_a_broker_that_is_gone_shows(made):
    with made.link(made.ada, "gone"):
        eventually(lambda: numbers(made.port).get('scenesync_broker_connected{scene="gone"}') == 1)
        made.broker.stop()
        eventually(lambda: numbers(made.port)['scenesync_broker_connected{scene="gone"}'] == 0)
        made.broker.start()
        eventually(lambda: numbers(made.port)['scenesync_broker_connected{scene="gone"}'] == 1)


def test_a_store_that_has_not_answered_is_not_well(made):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = free_port()
        made.agent("eva", store=f"http://127.0.0.1:{silent.getsockname()[1]}", options=["--metrics", str(port)])
        with silent.accept()[0]:  # it is being asked
            assert numbers(port)["scenesync_store_ok"] == 0


def test_nothing_else_is_answered(made):
    assert get(made.port, "/")[0] == get(made.port, "/metrics/../etc")[0] == get(made.port, method="POST")[0] == 404


@pytest.mark.parametrize("sent", [b"GET /metrics HTTP/1.1\r\n", b"", b"x" * 10000, b"\0" * 4096, b"GET /metrics "])
def test_whoever_says_too_much_or_too_little_is_left(made, sent):
    with socket.create_connection(("127.0.0.1", made.port), timeout=20) as waiting:
        waiting.sendall(sent)
        assert get(made.port)[0] == 200
        try:
            assert waiting.recv(1) == b""
        except ConnectionResetError:
            pass
    many = [socket.create_connection(("127.0.0.1", made.port)) for _ in range(40)]
    for each in many:
        each.close()
    eventually(lambda: serves(made.port))


def serves(port):
    try:
        return get(port)[0] == 200
    except OSError:  # it has not seen yet that the many have gone
        return False


@pytest.mark.parametrize("address", ["nine", "1.2.3:9", "65536", "127.0.0.1:", ":1", "host:9464"])
def test_an_address_that_is_none_is_told(tmp_path, address):
    done = subprocess.run([binary(), "agent", "--data", tmp_path / "d", "--socket", tmp_path / "s", "--metrics", address], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and f"not `{address}`" in done.stderr


def test_an_address_that_is_taken_is_told(made, tmp_path):
    done = subprocess.run([binary(), "agent", "--data", tmp_path / "d", "--socket", tmp_path / "s", "--metrics", f"127.0.0.1:{made.port}"], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode == 1 and "cannot listen" in done.stderr
