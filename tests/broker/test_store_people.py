# SPDX-License-Identifier: Apache-2.0
"""The asset store for people who were invited (broker-config/nginx/people.inc): who may do what there, and how much of it."""
import base64
import contextlib
import hashlib
import http.client
import os
import socket

import pytest
from access import Desk, Site, login
from agents import eventually, new_id
from link import Link
from services import Agent, Store

ROLES = ("viewer", "editor", "owner", "bridge")
KIB = 1024


class Place:
    """A site and its store."""

    def __init__(self, directory):
        self.site = Site(directory)
        self.store = Store(directory, "store-people.conf", users=self.site.users)

    def ask(self, method, path, user=None, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.store.port, timeout=30)
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def put(self, user, data):
        return self.ask("PUT", path_of(data), user, data)[0]

    def invite(self, *words):
        return login(self.site.invite(*words))


def path_of(data):
    name = hashlib.sha256(data).hexdigest()
    return f"/{name[:2]}/{name}"


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    with made.site.broker, made.store:
        yield made


def test_each_role_and_each_method(place):
    people = {role: place.invite("film", "--role", role, "--user", role) for role in ROLES}
    strangers = {"nobody": None, "wrong": (people["owner"][0], "wrong"), "unknown": ("mallory", people["owner"][1]), "empty": ("", ""), "odd": ("../owner", "x")}
    there = os.urandom(100)
    assert place.put(people["editor"], there) == 201
    for name, who in {**people, **strangers}.items():
        reads, writes = name in people, name in people and name != "viewer"
        assert place.ask("GET", path_of(there), who) == (200, there) if reads else place.ask("GET", path_of(there), who)[0] == 401, name
        assert place.ask("HEAD", path_of(there), who)[0] == (200 if reads else 401), name
        assert place.ask("GET", path_of(os.urandom(9)), who)[0] == (404 if reads else 401), name
        assert place.put(who, name.encode()) == (201 if writes else 401), name
        assert place.ask("PUT", path_of(there), who, b"other")[0] in ((412,) if writes else (401, 412)), name
        for method in ("DELETE", "POST", "MKCOL", "COPY", "MOVE", "PROPFIND", "PATCH"):
            assert place.ask(method, path_of(there), who, Destination=path_of(b"elsewhere"))[0] in ((405,) if writes else (401, 405)), (name, method)
    assert place.ask("GET", path_of(there), people["viewer"]) == (200, there)
    assert place.ask("GET", path_of(b"elsewhere"), people["viewer"])[0] == 404


@pytest.mark.parametrize("path", ["/", "/.uploads.log", "/.incoming/", "/.incoming/0000000001", "/../users/writers", "/%2e%2e/users/readers", "/ab/", "/ab/../.uploads.log"])
def test_nobody_sees_what_there_is(place, path):
    owner = place.invite("film", "--role", "owner", "--user", "olga")
    place.put(owner, b"a file")
    assert place.ask("GET", path, owner)[0] in (400, 404)


def test_who_has_no_scene_left_reads_nothing(place):
    anna, ben = (place.invite("film", "--role", "editor", "--user", name) for name in ("anna", "ben"))
    place.site.invite("other", "--role", "viewer", "--user", "anna")
    assert place.put(anna, b"a file") == 201
    place.site.ok("revoke", "anna", "film")
    assert place.put(anna, b"another") == 401 and place.ask("GET", path_of(b"a file"), anna)[0] == 200
    place.site.ok("revoke", "anna", "other")
    assert place.ask("GET", path_of(b"a file"), anna)[0] == 401 and place.ask("GET", path_of(b"a file"), ben)[0] == 200


class Sharing(Desk):
    """A desk that lets each user fill 100 KiB."""

    def __init__(self, place):
        super().__init__(place.site, "--store-files", place.store.files, "--store-quota", "100k")


def test_nobody_fills_the_store(place):
    anna, ben = (place.invite("film", "--role", "editor", "--user", name) for name in ("anna", "ben"))
    resident = place.invite("*", "--role", "bridge", "--user", "resident")
    mine = os.urandom(60 * KIB)
    assert place.put(anna, mine) == place.put(resident, os.urandom(300 * KIB)) == 201
    with Sharing(place) as desk:
        assert place.put(anna, os.urandom(60 * KIB)) == 201
        eventually(lambda: place.put(anna, os.urandom(9)) == 507)
        assert "anna has filled" in desk.output() and "resident" not in desk.output()
        assert place.ask("GET", path_of(mine), anna)[0] == 200
        assert place.put(ben, b"of somebody else") == place.put(resident, b"for all") == 201
    (place.store.files / path_of(mine)[1:]).unlink()
    with Sharing(place):
        eventually(lambda: place.put(anna, os.urandom(9)) == 201)


def test_a_file_is_counted_once_for_who_uploaded_it_last(place):
    anna, ben, cid = (place.invite("film", "--role", "editor", "--user", name) for name in ("anna", "ben", "cid"))
    for uploaders in ((anna, anna, anna), (ben, cid), (cid, cid, ben, cid)):
        file = os.urandom(40 * KIB)
        for user in uploaders:
            assert place.put(user, file) == 201
            kept = place.store.files / path_of(file)[1:]
            kept.unlink()
        kept.write_bytes(file)
    assert place.put(cid, os.urandom(30 * KIB)) == 201
    with Sharing(place):
        eventually(lambda: place.put(cid, os.urandom(9)) == 507)
        assert place.put(anna, b"of Anna") == place.put(ben, b"of Ben") == 201


def test_an_agent_says_that_the_share_is_used_up(place, tmp_path):
    anna = place.invite("film", "--role", "editor", "--user", "anna")
    config = tmp_path / "agent.conf"
    config.write_text(f"user = {anna[0]}\npassword = {anna[1]}\nstore_user = {anna[0]}\nstore_password = {anna[1]}\nca_file = {place.site.broker.ca}\n")
    assert place.put(anna, os.urandom(120 * KIB)) == 201
    with Sharing(place), Agent(tmp_path / "a", place.site.broker.url, place.store.url, config=config) as agent, Link(agent.socket, "film") as link:
        eventually(lambda: place.put(anna, os.urandom(9)) == 507)
        content, image = os.urandom(5000), new_id()
        link.give_blob(content)
        link.set("image", image, name="Wood", pixels={"sha256": hashlib.sha256(content).digest(), "size": 5000})
        assert "share of it is used up" in link.wait("status", store="error")["error"]
        assert "share of it is used up" in agent.run("status").stdout and "share of it is used up" in agent.output()


def test_nobody_takes_all_connections(place):
    """Of uploads that go on for ever one user has sixteen; others have theirs."""
    anna, ben = (place.invite("film", "--role", "editor", "--user", name) for name in ("anna", "ben"))
    with contextlib.ExitStack() as stack:
        for number in range(16):
            upload = stack.enter_context(socket.create_connection(("127.0.0.1", place.store.port)))
            login_ = base64.b64encode(":".join(anna).encode()).decode()
            upload.sendall(f"PUT {path_of(bytes([number]))} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login_}\r\nContent-Length: 99\r\n\r\n".encode())
        eventually(lambda: place.put(anna, os.urandom(9)) == 429)
        assert place.put(ben, b"of somebody else") == 201 and place.ask("GET", path_of(b"of somebody else"), anna)[0] == 200
    eventually(lambda: place.put(anna, os.urandom(9)) == 201)
