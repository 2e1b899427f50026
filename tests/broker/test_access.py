# SPDX-License-Identifier: Apache-2.0
"""scenesync invite, revoke, who and join with a mosquitto whose users are its dynamic security plugin's, over TLS, and the store's lists of users."""
import base64
import hashlib
import json
import subprocess
import threading

import pytest
from access import Desk, Owner, Site, login
from agents import eventually, new_id
from link import Link
from mqtt import Client
from services import Agent, binary

ROOT = "scenesync/v1/film"
ROLES = ("viewer", "editor", "owner", "bridge")


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    with made.broker:
        yield made


def connects(site, user, password):
    with Client(site.broker.url, user, password, ca=site.broker.ca) as client:
        return client.connected == 0


def arrives(site, reader, writer, topic, after=None):
    """Whether what `writer` publishes is seen by `reader`; what follows, by the same or by `after`, certainly is."""
    last = after or writer
    end = f"{ROOT}/presence/{last[0]}/end"
    with Client(site.broker.url, *reader, ca=site.broker.ca) as listening:
        for topics in ("state", "live", "peer", "online", "presence", "frame", "call", "json"):
            listening.subscribe(f"{ROOT}/{topics}/#")
        for more in (f"{ROOT}/checkpoint", f"{ROOT}/reply/{reader[0]}/+", f"{ROOT}/access/#"):
            listening.subscribe(more)
        with Client(site.broker.url, *writer, ca=site.broker.ca) as client:
            client.attempt(topic, b"1")
        with Client(site.broker.url, *last, ca=site.broker.ca) as client:
            client.publish(end, b"1")
        return listening.next()[0] == topic


def test_each_role_and_each_topic(site):
    people = {role: login(site.invite("film", "--role", role, "--user", role)) for role in ROLES}
    strangers = {role: login(site.invite("other", "--role", role, "--user", f"other-{role}")) for role in ROLES}
    editing = {"owner", "editor", "bridge"}
    allowed = {
        "state/light/1": editing, "live/transform": editing, "checkpoint": editing, "call/00ff/render": editing, "call/00ff/sync": set(ROLES),
        "json/light/1": {"bridge"}, "json/light/1/set": editing, "json/bridge": {"bridge"}, "frame/editor/main": {"editor"}, "reply/editor/1": editing, "peer/viewer/1": {"viewer"},
        "peer/editor/1": {"editor"}, "online/viewer/1": {"viewer"}, "presence/bridge/1": {"bridge"}, "presence/owner/1": {"owner"},
    }
    for topic, roles in allowed.items():
        for role in ROLES:
            assert arrives(site, people["editor"], people[role], f"{ROOT}/{topic}") == (role in roles), (role, topic)
    for name in ROLES:
        assert arrives(site, ("admin", "secret"), people["owner"], f"{ROOT}/access/{name}") == (name == "owner"), name
    for role in ROLES:
        for topic in (*allowed, f"presence/{strangers[role][0]}/1"):
            assert not arrives(site, people["editor"], strangers[role], f"{ROOT}/{topic}", people["editor"]), (role, topic)


def test_each_role_and_what_it_may_hear(site):
    """By what is refused at once: to subscribe to what nobody in the role may hear."""
    people = {role: login(site.invite("film", "--role", role, "--user", role)) for role in ROLES}
    scene = {f"{ROOT}/{topic}" for topic in ("state/#", "live/#", "peer/#", "online/#", "presence/#", "frame/#", "call/#", "checkpoint", "json/#")}
    foreign = {"#", "$CONTROL/#", "$SYS/#", "scenesync/v1/+/state/#", "scenesync/v1/other/state/#", f"{ROOT}/#", f"{ROOT}/reply/#", f"{ROOT}/access/#"}
    for role, who in people.items():
        own = {f"{ROOT}/reply/{role}/+"} | ({f"{ROOT}/access/{role}/answer"} if role == "owner" else set())
        others = {f"{ROOT}/reply/{other}/+" for other in ROLES if other != role} | {f"{ROOT}/access/{other}/answer" for other in ROLES}
        with Client(site.broker.url, *who, ca=site.broker.ca) as client:
            heard = {topic for topic in scene | foreign | own | others if client.subscribe(topic)}
        assert heard == scene | own, role


def test_an_owner_invites_and_revokes_in_the_own_scene_only(site):
    owner = Owner(site, site.invite("film", "--role", "owner", "--user", "olga"))
    site.invite("other", "--role", "editor", "--user", "anna")
    anna_before = site.listed("readers")["anna"]
    with Desk(site):
        ben = owner.run("invite", "film", "--role", "viewer", "--user", "ben", "--expires", "2d")
        assert ben.returncode == 0 and connects(site, *login(ben.stdout)), ben.stderr
        assert "store.example" in ben.stdout and "ben" in site.listed("readers") and "ben" not in site.listed("writers")
        again = owner.run("invite", "film", "--role", "editor", "--user", "anna")
        assert "password=" not in again.stdout and "known already" in again.stderr and site.listed("readers")["anna"] == anna_before
        rows = [line.split()[:3] for line in owner.run("who", "film").stdout.splitlines()]
        assert sorted(rows) == [["anna", "film", "editor"], ["ben", "film", "viewer"], ["olga", "film", "owner"]]
        assert owner.run("revoke", "ben", "film").returncode == 0 and not connects(site, *login(ben.stdout)) and "ben" not in site.listed("readers")
        assert owner.run("revoke", "anna", "film").returncode == 0
        assert [line.split()[:3] for line in site.ok("who").splitlines() if "anna" in line] == [["anna", "other", "editor"]]
        for words, why in (
                (["invite", "other", "--role", "viewer"], "nor an owner of other"), (["revoke", "anna", "other"], "nor an owner of other"),
                (["revoke", "anna"], "names the scene"), (["who"], "names the scene"), (["who", "other"], "nor an owner of other"),
                (["revoke", "--expired"], "names the scene"), (["invite", "*", "--role", "viewer"], "names the scene"),
                (["invite", "film", "--role", "viewer", "--user", "admin"], "administers"), (["revoke", "admin", "film"], "no role in film"),
                (["invite", "film", "--role", "king"], "--role")):
            done = owner.run(*words)
            assert done.returncode == 1 and why in done.stderr and not done.stdout, (words, done.stderr)
    done = owner.run("who", "film")
    assert done.returncode == 1 and "scenesync access" in done.stderr  # nobody is there to answer


def test_nobody_else_asks_as_an_owner(site):
    site.invite("film", "--role", "owner", "--user", "olga")
    others = {role: Owner(site, site.invite("film", "--role", role, "--user", role)) for role in ROLES if role != "owner"}
    with Desk(site) as desk:
        for role, other in others.items():
            done = other.run("invite", "film", "--role", "owner", "--user", "mallory")
            assert done.returncode == 1 and "nor an owner of film" in done.stderr, role
            for name in ("olga", role):
                with Client(site.broker.url, *other.login, ca=site.broker.ca) as client:
                    client.attempt(f"{ROOT}/access/{name}", b'{"action": "invite", "role": "owner", "user": "mallory"}')
        assert "mallory" not in site.ok("who") and "mallory" not in desk.output()


def test_what_an_owner_says_is_checked(site):
    olga = login(site.invite("film", "--role", "owner", "--user", "olga"))
    with Desk(site), Client(site.broker.url, *olga, ca=site.broker.ca) as client:
        client.subscribe(f"{ROOT}/access/olga/answer")
        for said, why in (
                (b"", "what can be asked"), (b"[]", "what can be asked"), (b"{", "what can be asked"), (b'{"action": 3}', "what can be asked"),
                (b"[" * 4000, "what can be asked"), (b'{"action": "revoke"}', "user's name"), (b'{"action": "revoke", "expired": true}', "user's name"),
                (b'{"action": "invite", "role": ["owner"], "user": "mallory"}', "--role"), (b'{"action": "revoke", "user": "admin"}', "no role"),
                (b'{"action": "invite", "role": "owner", "user": "../x"}', "user's name"), (b'{"action": "invite", "role": "owner", "user": "+"}', "user's name")):
            client.publish(f"{ROOT}/access/olga", said)
            answer = json.loads(client.next()[1])
            assert answer["ok"] is False and why in answer["text"], (said, answer)
        client.publish(f"{ROOT}/access/olga", b'{"action": "who", "call": "7"}')
        assert json.loads(client.next()[1]) == {"v": 1, "ok": True, "call": "7", "text": site.ok("who") + "\n"}


@pytest.mark.parametrize("given", [{}, {"groups": [{"groupname": "crew"}]}, {"groups": [{"groupname": "crew"}], "roles": [{"rolename": "film/viewer/karl"}]}],
                         ids=["without a role", "in a group", "in a group and with a role of ours"])
def test_the_brokers_own_users_are_left_alone(site, given):
    site.administer(("createGroup", {"groupname": "crew"}), ("createRole", {"rolename": "film/viewer/karl"}),
                    ("createClient", {"username": "karl", "password": "word", **given}))
    done = site.run("invite", "film", "--role", "viewer", "--user", "karl", *site.public)
    assert done.returncode == 1 and "administers" in done.stderr
    site.run("revoke", "karl")
    assert connects(site, "karl", "word")


def test_an_invitation_after_another_hand_took_the_user(site):
    """Whose roles the broker still has; none of them comes back with the name."""
    for scene, role in (("film", "editor"), ("other", "editor")):
        site.invite(scene, "--role", role, "--user", "ben")
    site.administer(("deleteClient", {"username": "ben"}))
    ben = login(site.invite("film", "--role", "editor", "--user", "ben"))
    assert connects(site, *ben) and [line.split()[:3] for line in site.ok("who").splitlines()] == [["ben", "film", "editor"]]
    site.administer(("deleteClient", {"username": "ben"}))
    login(site.invite("film", "--role", "viewer", "--user", "ben"))
    assert set(site.listed("readers")) == {"ben"} and site.listed("writers") == {}


def test_each_desk_may_answer(site):
    """Also one with another administrator's login than the first's."""
    owner = Owner(site, site.invite("film", "--role", "owner", "--user", "olga"))
    with Desk(site):
        assert owner.run("who", "film").returncode == 0
    site.administer(("createClient", {"username": "root", "password": "word", "roles": [{"rolename": "admin"}]}))
    site.config.write_text(site.config.read_text().replace("user = admin\npassword = secret", "user = root\npassword = word"))
    with Desk(site):
        assert owner.run("who", "film").returncode == 0


def test_the_desk_comes_back_when_the_broker_does(site):
    owner = Owner(site, site.invite("film", "--role", "owner", "--user", "olga"))
    with Desk(site):
        site.broker.restart()
        eventually(lambda: owner.run("who", "film").returncode == 0)


def test_many_at_once(site):
    """The broker tells its answer to one administrator to all of them."""
    def start(*words):
        return subprocess.Popen([binary(), *words, "--config", site.config, "--store-users", site.users, *site.public], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    with Desk(site):
        started = [start("invite", "film", "--role", "viewer", "--user", f"user-{number}") for number in range(12)]
        for number, one in enumerate(started):
            said, wrong = one.communicate(timeout=60)
            assert one.returncode == 0 and f"user-{number}" in said, wrong
    assert len(site.ok("who", "film").splitlines()) == len(site.listed("readers")) == 12


def test_an_agent_joins_with_an_invitation(site, tmp_path):
    """Its people have the invited name, whatever their login, until they choose another."""
    link = site.invite("film", "--role", "editor", "--user", "anna")
    links = []
    for number in range(2):
        folder = tmp_path / f"agent{number}"
        subprocess.run([binary(), "join", f"  {link}\n", "--data", folder / "in" / "it"], check=True, capture_output=True)
        config = folder / "in" / "it" / "agent.conf"
        assert config.stat().st_mode & 0o777 == 0o600
        agent = Invited(folder, config, *(["--name", "Anna K."] if number else []))
        agent.start()
        links.append((agent, Link(agent.socket, "film", name="login")))
    try:
        cube = new_id()
        links[0][1].set("object", cube, name="Cube")
        links[1][1].sees("object", cube, "name", "Cube")
        links[1][1].until(lambda: has_seen(links[1][1], "anna"))
        links[0][1].until(lambda: has_seen(links[0][1], "Anna K."))
    finally:
        for agent, local in links:
            local.close()
            agent.stop()


def has_seen(link, name):
    return any(frame["t"] == "peer" and frame.get("name") == name for frame in link.seen)


class Invited(Agent):
    """An agent that is told everything by the file that `scenesync join` wrote."""

    def __init__(self, directory, config, *options):
        super().__init__(directory, None, None, config=config, options=options)
        self.socket = str(config.parent / "agent.sock")

    def command(self):
        return [self.program, "agent", "--config", self.config, *self.options]


def test_who_and_revoke(site):
    anna = login(site.invite("film", "--role", "editor", "--user", "anna"))
    site.invite("set-2", "--role", "viewer", "--user", "anna")
    ben = login(site.invite("film", "--role", "viewer", "--user", "ben", "--expires", "2d"))
    rows = [line.split() for line in site.ok("who").splitlines()]
    assert sorted(row[:3] for row in rows) == [["anna", "film", "editor"], ["anna", "set-2", "viewer"], ["ben", "film", "viewer"]]
    assert [row[3] for row in rows if row[0] == "anna"] == ["always", "always"] and {row[3][:2] for row in rows if row[0] == "ben"} == {"20"}
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
    """By the clock, in one scene only."""
    anna = login(site.invite("film", "--role", "editor", "--user", "anna", "--expires", "8s"))
    site.invite("film", "--role", "viewer", "--user", "ben", "--expires", "8s")
    site.invite("other", "--role", "viewer", "--user", "ben")
    site.ok("revoke", "--expired")
    with Client(site.broker.url, *anna, ca=site.broker.ca) as client:
        assert client.connected == 0
        gone = threading.Event()
        client.paho.on_disconnect = lambda *_: gone.set()
        with Desk(site) as desk:
            assert gone.wait(60)
            eventually(lambda: desk.output().count("the time is up") == 2)
    assert not connects(site, *anna) and set(site.listed("readers")) == {"ben"} and site.listed("writers") == {}
    assert [line.split()[:2] for line in site.ok("who").splitlines()] == [["ben", "other"]]


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


def test_an_invitation_to_a_bucket(tmp_path):
    link = "scenesync://host:1/film?user=a&store=s3%2Bhttps%3A%2F%2Fkey%3Asecret%40s3.example%2Fassets"
    assert subprocess.run([binary(), "join", link, "--data", tmp_path], capture_output=True, timeout=60).returncode == 0
    assert "store = s3+https://key:secret@s3.example/assets\n" in (tmp_path / "agent.conf").read_text()


def test_nobody_else_may_invite(site):
    user, password = login(site.invite("film", "--role", "bridge", "--user", "anna"))
    site.config.write_text(f"broker = {site.broker.url}\nuser = {user}\npassword = {password}\nca_file = {site.broker.ca}\n")
    assert site.run("who").returncode == 1 and "administrator" in site.run("who").stderr
    site.config.write_text(f"broker = {site.broker.url}\nuser = admin\npassword = wrong\nca_file = {site.broker.ca}\n")
    assert site.run("who").returncode == 1
    site.config.write_text(f"broker = {site.broker.url}\nuser = admin\npassword = secret\n")
    assert site.run("who").returncode == 1  # nobody vouches for its certificate
