# SPDX-License-Identifier: Apache-2.0
"""broker-config/plugin/ in a real mosquitto: one user who floods it keeps nobody else from working."""
import os
import subprocess
import threading
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from agents import eventually, new_id
from link import Link
from mqtt import Client
from services import LOOPBACK, Agent, Broker, binary, free_port

PEOPLE = {"alice": "wonder", "bob": "builder", "carol": "singer", "resident": "always"}
TOPIC = "scenesync/v1/demo/live"
MESSAGE, BURST = 4096, 1 << 20
PLUGIN = Path(binary()).resolve().parent / "scenesync_user_limits.so"

pytestmark = pytest.mark.skipif(not PLUGIN.exists(), reason="the plugin is not made for a sanitizer, nor without Debian's mosquitto-dev")


@pytest.fixture
def broker(tmp_path, request):
    rate = getattr(request, "param", 1)
    options = f"plugin {PLUGIN}\nplugin_opt_bytes_per_second {rate}\nplugin_opt_burst_bytes {BURST}\nplugin_opt_except resident\n"
    acl = "".join(f"user {name}\ntopic readwrite scenesync/v1/demo/#\n" for name in PEOPLE if name != "carol")
    with Broker(tmp_path, "lan.conf", PEOPLE, acl, edit=lambda text: text + options) as made:
        yield made


def flood(client, topic, count):
    """Returns once the broker has thrown the client out."""
    gone = threading.Event()
    client.paho.on_disconnect = lambda *_: gone.set()
    for _ in range(count):
        client.paho.publish(topic, bytes(MESSAGE), 1)
    assert gone.wait(60)


@pytest.mark.parametrize("protocol", [paho.MQTTv311, paho.MQTTv5], ids=["v3.1.1", "v5"])
def test_who_floods_is_thrown_out_and_others_work_on(broker, protocol):
    with Client(broker.url, "bob", "builder") as bob:
        bob.subscribe(f"{TOPIC}/#")
        for _ in range(2):  # a new connection is no new allowance
            with Client(broker.url, "alice", "wonder", protocol=protocol) as alice:
                assert alice.connected == 0
                flood(alice, f"{TOPIC}/flood", 2 * BURST // MESSAGE)
        with Client(broker.url, "bob", "builder", protocol=protocol) as writer:
            writer.publish(f"{TOPIC}/work", b"1")
        came = 0
        while bob.next()[0] == f"{TOPIC}/flood":
            came += 1
    assert BURST // (MESSAGE + 512) < came < BURST // MESSAGE
    assert broker.output().count("alice publishes more than a user may") == 1 and "bob publishes" not in broker.output()


def test_who_floods_is_told(broker, tmp_path):
    """By their agent, whose connections end again and again: by its log, and in the status, which the panel shows too."""
    config = tmp_path / "agent.ini"
    config.write_text("user = alice\npassword = wonder\n")
    with Agent(tmp_path / "a", broker.url, f"http://{LOOPBACK}:{free_port()}", config=config) as agent, Link(agent.socket, "demo") as link:
        for _ in range(2 * BURST // 60_000):
            link.set("light", new_id(), type="POINT", **{"properties/note": os.urandom(60_000)})
        told = "perhaps more is published than it lets one user"
        link.until(lambda: any(told in frame.get("error", "") for frame in link.seen if frame["t"] == "status" and frame["broker"] == "offline"))
        eventually(lambda: told in agent.run("status").stdout)
        assert told in agent.output()


def test_what_is_refused_counts_as_well(broker):
    """Carol may publish nothing."""
    for _ in range(4):  # mosquitto 2.0.11 ends the connection of whoever it refuses something
        with Client(broker.url, "carol", "singer", protocol=paho.MQTTv5) as carol:
            carol.attempt("scenesync/v1/demo/state/x", bytes(BURST // 4))
    assert "carol publishes more" in broker.output()


def test_who_works_for_all_is_not_limited(broker):
    with Client(broker.url, "resident", "always") as resident:
        for _ in range(8):
            resident.publish(f"{TOPIC}/x", bytes(BURST // 4))
    assert "resident publishes" not in broker.output()


@pytest.mark.parametrize("broker", [1 << 20], indirect=True)
def test_who_was_thrown_out_goes_on_later(broker):
    with Client(broker.url, "alice", "wonder") as alice:
        flood(alice, f"{TOPIC}/flood", 4 * BURST // MESSAGE)
    with Client(broker.url, "bob", "builder") as bob:
        bob.subscribe(f"{TOPIC}/again")
        while True:
            with Client(broker.url, "alice", "wonder") as alice:
                alice.attempt(f"{TOPIC}/again", b"1")
            if bob.all(0.2):
                break


def test_without_its_numbers_the_broker_does_not_start(tmp_path):
    (tmp_path / "m.conf").write_text(f"plugin {PLUGIN}\nplugin_opt_burst_bytes 7\n")
    done = subprocess.run(["/usr/sbin/mosquitto", "-c", tmp_path / "m.conf"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "bytes_per_second and burst_bytes are to be numbers above 0" in done.stderr + done.stdout
