# SPDX-License-Identifier: Apache-2.0
"""scenesync invite, revoke, who and join with a mosquitto whose users are its dynamic security plugin's, over TLS, and the store's lists of users."""
import base64
import hashlib
import subprocess
import threading
import time

import pytest
from access import Site, login
from agents import new_id
from link import Link
from mqtt import Client
from services import Agent, binary

ROOT = "scenesync/v1/film"


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    with made.broker:
        yield made


def connects(site, user, password):
    with Client(site.broker.url, user, password, ca=site.broker.ca) as client:
        return client.connected == 0


def arrives(site, reader, writer, topic):
    """Whether what `writer` publishes is seen by `reader`; what follows certainly is."""
    end = f"{ROOT}/presence/{writer[0]}/end"
    with Client(site.broker.url, *reader, ca=site.broker.ca) as listening:
        for topics in ("state", "live", "peer", "online", "presence", "frame", "call", "json"):
            listening.subscribe(f"{ROOT}/{topics}/#")
        listening.subscribe(f"{ROOT}/checkpoint")
        with Client(site.broker.url, *writer, ca=site.broker.ca) as client:
            client.attempt(topic, b"1")
        with Client(site.broker.url, *writer, ca=site.broker.ca) as client:
            client.publish(end, b"1")
        return listening.next()[0] == topic


def test_each_role_and_each_topic(site):
    people = {role: login(site.invite("film", "--role", role, "--user", role)) for role in ("viewer", "editor", "bridge")}
    stranger = login(site.invite("other", "--role", "bridge", "--user", "stranger"))
    allowed = {
        "state/light/1": {"editor", "bridge"}, "live/transform": {"editor", "bridge"}, "checkpoint": {"editor", "bridge"},
        "call/00ff/render": {"editor", "bridge"}, "call/00ff/sync": {"viewer", "editor", "bridge"}, "json/light/1": {"bridge"},
        "json/light/1/set": {"editor", "bridge"}, "frame/editor/main": {"editor"}, "peer/viewer/1": {"viewer"}, "peer/editor/1": {"editor"},
        "online/viewer/1": {"viewer"}, "presence/bridge/1": {"bridge"},
    }
    for topic, roles in allowed.items():
        for role, who in people.items():
            assert arrives(site, people["editor"], who, f"{ROOT}/{topic}") == (role in roles), (role, topic)
    with Client(site.broker.url, *people["editor"], ca=site.broker.ca) as listening, Client(site.broker.url, *stranger, ca=site.broker.ca) as client:
        listening.subscribe(f"{ROOT}/state/#")
        client.attempt(f"{ROOT}/state/light/1", b"1")
        with Client(site.broker.url, *people["editor"], ca=site.broker.ca) as writer:
            writer.publish(f"{ROOT}/state/light/2", b"1")
        assert listening.next()[0] == f"{ROOT}/state/light/2"


def test_an_agent_joins_with_an_invitation(site, tmp_path):
    link = site.invite("film", "--role", "editor", "--user", "anna")
    links = []
    for number in range(2):
        folder = tmp_path / f"agent{number}"
        subprocess.run([binary(), "join", f"  {link}\n", "--data", folder / "in" / "it"], check=True, capture_output=True)
        config = folder / "in" / "it" / "agent.conf"
        assert config.stat().st_mode & 0o777 == 0o600
        agent = Invited(folder, config)
        agent.start()
        links.append((agent, Link(agent.socket, "film")))
    try:
        cube = new_id()
        links[0][1].set("object", cube, name="Cube")
        links[1][1].sees("object", cube, "name", "Cube")
    finally:
        for agent, local in links:
            local.close()
            agent.stop()


class Invited(Agent):
    """An agent that is told everything by the file that `scenesync join` wrote."""

    def __init__(self, directory, config):
        super().__init__(directory, None, None, config=config)
        self.socket = str(config.parent / "agent.sock")

    def command(self):
        return [self.program, "agent", "--config", self.config]


def test_who_and_revoke(site):
    anna = login(site.invite("film", "--role", "editor", "--user", "anna"))
    site.invite("set-2", "--role", "viewer", "--user", "anna")
    ben = login(site.invite("film", "--role", "viewer", "--user", "ben", "--expires", "2d"))
    rows = [line.split() for line in site.ok("who").splitlines()]
    assert sorted(row[:3] for row in rows) == [["anna", "film", "editor"], ["anna", "set-2", "viewer"], ["ben", "film", "viewer"]]
    assert [row[3] for row in rows if row[0] == "anna"] == ["always", "always"] and rows[-1][3].startswith("20")
    assert len(site.ok("who", "film").splitlines()) == 2
    with Client(site.broker.url, *anna, ca=site.broker.ca) as client:
        gone = threading.Event()
        client.paho.on_disconnect = lambda *_: gone.set()
        site.ok("revoke", "anna", "film")
        assert gone.wait(30)
    assert connects(site, *anna) and [line.split()[:3] for line in site.ok("who").splitlines() if "anna" in line] == [["anna", "set-2", "viewer"]]
    site.ok("revoke", "anna")
    assert not connects(site, *anna) and connects(site, *ben)
    assert site.run("revoke", "anna").returncode == 1


def test_an_invitation_that_ends(site):
    anna = login(site.invite("film", "--role", "editor", "--user", "anna", "--expires", "1m"))
    site.ok("revoke", "--expired")
    assert connects(site, *anna)
    text = (site.directory / "users.json").read_text()
    until = int(text.split('"until ')[1].split('"')[0])
    assert 0 < until - time.time() <= 60
    site.broker.stop()
    (site.directory / "users.json").write_text(text.replace(f"until {until}", f"until {int(time.time())}"))
    site.broker.start()
    assert "anna" in site.ok("revoke", "--expired")
    assert not connects(site, *anna) and "anna" not in site.listed("readers")


def test_the_stores_lists(site):
    _, word = login(site.invite("film", "--role", "editor", "--user", "anna"))
    site.invite("film", "--role", "viewer", "--user", "ben")
    assert set(site.listed("readers")) == {"anna", "ben"} and set(site.listed("writers")) == {"anna"}
    hashed = base64.b64decode(site.listed("writers")["anna"].removeprefix("{SSHA}"))
    assert hashlib.sha1(word.encode() + hashed[20:]).digest() == hashed[:20]
    before = site.listed("readers")
    again = site.invite("film", "--role", "viewer", "--user", "anna")
    assert "password" not in again and site.listed("readers") == before and site.listed("writers") == {}
    site.ok("revoke", "anna")
    assert set(site.listed("readers")) == {"ben"}


@pytest.mark.parametrize("words, why", [
    (["invite", "film"], "--role"), (["invite", "Film!", "--role", "viewer"], "scene"), (["invite", "film", "--role", "king"], "--role"),
    (["invite", "film", "--role", "viewer", "--expires", "soon"], "--expires"), (["invite", "film", "--role", "viewer", "--user", "a b"], "user"),
    (["revoke"], "--expired"), (["join", "http://example"], "begins with"), (["join", "scenesync://host:1/film"], "whole"),
    (["join", "scenesync://host:1/film?user=a&ca=AAAA"], "copied whole"), (["join", "scenesync://host:1/film?user=a%0aca_file%20=%20x"], "not text"),
    (["join", "scenesync://host:1/../x?user=a"], "scene"),
])
def test_what_is_wrong_is_said(tmp_path, words, why):
    more = [] if words[0] != "invite" else ["--public-broker", "mqtts://example:8883"]
    data = ["--data", tmp_path] if words[0] == "join" else []
    done = subprocess.run([binary(), *words, *more, *data], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and why in done.stderr
    assert not list(tmp_path.iterdir())


def test_nobody_else_may_invite(site):
    user, password = login(site.invite("film", "--role", "bridge", "--user", "anna"))
    site.config.write_text(f"broker = {site.broker.url}\nuser = {user}\npassword = {password}\nca_file = {site.broker.ca}\n")
    assert site.run("who").returncode == 1 and "administrator" in site.run("who").stderr
    site.config.write_text(f"broker = {site.broker.url}\nuser = admin\npassword = wrong\nca_file = {site.broker.ca}\n")
    assert site.run("who").returncode == 1
    site.config.write_text(f"broker = {site.broker.url}\nuser = admin\npassword = secret\n")
    assert site.run("who").returncode == 1  # nobody vouches for its certificate
