# SPDX-License-Identifier: Apache-2.0
"""broker-config/mosquitto with a real mosquitto."""
import socket
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from mqtt import Client
from services import CONFIG, Broker

PASSWORDS = {"alice": "wonder", "bob": "builder"}  # lan.acl names alice as the editor
ROOT = "scenesync/v1/demo"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    with Broker(tmp_path_factory.mktemp("local")) as broker:
        yield broker


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "tls"])
def lan(request, tmp_path_factory):
    with Broker(tmp_path_factory.mktemp("lan"), "lan.conf", PASSWORDS, tls=request.param) as broker:
        yield broker


def settings(name):
    lines = (CONFIG / "mosquitto" / name).read_text().splitlines()
    return [line for line in lines if line.startswith(("max_", "message_", "set_tcp", "persistence", "autosave"))]


def test_both_have_the_same_limits():
    assert settings("local.conf") == settings("lan.conf")
    assert {"max_queued_messages 0", "max_inflight_messages 0", "set_tcp_nodelay true"} < set(settings("local.conf"))


def test_listens_on_loopback_alone(local):
    for port in (local.port, local.ws_port):
        listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"]
        assert f"0100007F:{port:04X}" in listening
        assert f"00000000:{port:04X}" not in listening


@pytest.mark.parametrize("options", [{}, {"protocol": paho.MQTTv5, "receive_maximum": 20}], ids=["v3.1.1", "v5"])
def test_replays_a_large_scene(local, options):
    """20,000 retained messages, more than max_inflight_bytes of them, to one wildcard; also to a client that takes 20 at a time."""
    count, payload = 20_000, b"x" * 4096
    with Client(local.url) as writer:
        for index in range(count - 1):
            writer.paho.publish(f"big/{index}", payload, 1, True)
        writer.publish(f"big/{count - 1}", payload, retain=True)
    with Client(local.url, **options) as reader:
        reader.subscribe("big/#")
        assert len({reader.next()[0] for _ in range(count)}) == count


def test_takes_the_largest_message_and_refuses_a_larger_one(local):
    with Client(local.url) as reader, Client(local.url) as writer:
        reader.subscribe("size/#")
        writer.publish("size/allowed", b"x" * 256 * 1024)
        assert len(reader.next()[1]) == 256 * 1024
        writer.attempt("size/refused", b"x" * 400 * 1024)
        with Client(local.url) as other:
            other.publish("size/after", b"y")
        assert reader.next() == ("size/after", b"y")


@pytest.fixture
def sites(tmp_path):
    """A second site's broker, and the first's, which it has a bridge to."""
    with Broker(tmp_path / "first") as first:
        bridge = (CONFIG / "mosquitto" / "bridge.conf").read_text().replace("first-site.example:1883", f"127.0.0.1:{first.port}")
        with Broker(tmp_path / "second", edit=lambda text: text + bridge) as second:
            yield second, first


@pytest.mark.parametrize("there", [False, True], ids=["to the first site", "to the second"])
def test_a_bridge_carries_scenes_and_no_questions_of_owners(sites, there):
    here, other = reversed(sites) if there else sites
    cross = ["state/light/1", "state/mesh/1/0", "live/transform", "peer/a/1", "online/a/1", "presence/a/1", "frame/a/main", "call/1/sync", "reply/a/1",
             "json/bridge", "json/light/1", "json/light/1/set", "json/light/1/answer", "checkpoint"]
    stay = ["access/a", "access/a/answer"]
    with Client(here.url) as writer, Client(other.url) as reader:
        reader.subscribe("scenesync/#")
        writer.publish(f"{ROOT}/state/first/1", b"1", retain=True)
        assert reader.next()[0] == f"{ROOT}/state/first/1"  # the bridge is there
        for topic in (*stay, *cross):
            writer.publish(f"{ROOT}/{topic}", b"1")
        assert [reader.next()[0].removeprefix(f"{ROOT}/") for _ in cross] == cross


@pytest.mark.parametrize("url", ["url", "ws_url"])
def test_both_listeners_carry_messages(local, url):
    with Client(local.url) as reader, Client(getattr(local, url)) as writer:
        reader.subscribe(f"both/{url}")
        writer.publish(f"both/{url}", b"payload")
        assert reader.next() == (f"both/{url}", b"payload")


def test_retained_state_survives_a_restart(tmp_path):
    with Broker(tmp_path) as broker:
        with Client(broker.url) as writer:
            writer.publish("kept/1", b"value", retain=True)
        broker.restart()
        with Client(broker.url) as reader:
            reader.subscribe("kept/#")
            assert reader.next() == ("kept/1", b"value")


def resident_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no VmRSS")


def stalled_subscriber(port):
    """Subscribes to everything with QoS 1 and never reads again."""
    stalled = socket.create_connection(("127.0.0.1", port))
    body = b"\x00\x04MQTT\x04\x02\x00\x00\x00\x01s"
    stalled.sendall(b"\x10" + bytes([len(body)]) + body + b"\x82\x06\x00\x01\x00\x01#\x01")
    stalled.recv(64)
    return stalled


def test_a_stalled_subscriber_costs_a_bounded_amount(tmp_path):
    """With the queue's bound lowered, else the test would have to fill a gibibyte."""
    def lower(text):
        assert "max_queued_bytes 1073741824" in text
        return text.replace("max_queued_bytes 1073741824", "max_queued_bytes 67108864")

    with Broker(tmp_path, edit=lower) as broker, stalled_subscriber(broker.port), Client(broker.url) as writer:
        for _ in range(5):
            for _ in range(499):
                writer.paho.publish("flood", b"x" * 200_000, 1)
            writer.publish("flood", b"x" * 200_000)
        assert resident_mib(broker.pid) < 400  # of 500 MB; in flight is held twice, as message and as packet
        assert "being dropped for client s" in broker.output()


def test_lan_refuses_who_has_no_password(lan):
    for user, password in ((None, None), ("alice", "wrong"), ("mallory", "wonder")):
        with Client(lan.url, user, password, ca=lan.ca) as client:
            assert client.connected == 5, user


def arrives(lan, user, topic):
    """Whether what `user` publishes to `topic` reaches a subscriber. A message that certainly passes follows it."""
    end = f"{ROOT}/presence/{user}/end"
    with Client(lan.url, "alice", "wonder", ca=lan.ca) as reader:
        reader.subscribe(f"{ROOT}/#")
        with Client(lan.url, user, PASSWORDS[user], ca=lan.ca) as writer:
            assert writer.connected == 0
            writer.attempt(topic, b"1")
        with Client(lan.url, user, PASSWORDS[user], ca=lan.ca) as writer:
            writer.publish(end, b"1")
        received = reader.next()[0]
        assert received in (topic, end)
        return received == topic


@pytest.mark.parametrize("user, topic, allowed", [
    ("alice", "state/light/1", True), ("bob", "state/light/1", False),
    ("alice", "live/transform", True), ("bob", "live/transform", False),
    ("alice", "call/00ff/render", True), ("bob", "call/00ff/render", False), ("bob", "call/00ff/sync", True),
    ("bob", "peer/bob/00ff", True), ("bob", "peer/alice/00ff", False), ("alice", "peer/bob/00ff", False),
    ("bob", "online/bob/00ff", True), ("bob", "presence/bob/00ff", True), ("bob", "presence/alice/00ff", False),
    ("alice", "frame/alice/main", True), ("alice", "frame/bob/main", False), ("bob", "frame/bob/main", False),
    ("alice", "checkpoint", True), ("bob", "checkpoint", False),
    ("alice", "reply/alice/00ff", True), ("bob", "reply/bob/00ff", False),
    ("alice", "json/light/1/set", True), ("bob", "json/light/1/set", False), ("alice", "json/light/1", False),
])
def test_lan_rights(lan, user, topic, allowed):
    assert arrives(lan, user, f"{ROOT}/{topic}") == allowed


def test_lan_answers_only_who_asked(lan):
    with Client(lan.url, "bob", "builder", ca=lan.ca) as reader, Client(lan.url, "alice", "wonder", ca=lan.ca) as writer:
        reader.subscribe(f"{ROOT}/#")
        writer.publish(f"{ROOT}/reply/carol/1", b"not his")
        writer.publish(f"{ROOT}/reply/bob/1", b"his")
        assert reader.next() == (f"{ROOT}/reply/bob/1", b"his")


def test_lan_websocket_asks_for_the_password_too(lan):
    with Client(lan.ws_url, "bob", "builder", ca=lan.ca) as client:
        assert client.connected == 0
    with Client(lan.ws_url, ca=lan.ca) as client:
        assert client.connected == 5
