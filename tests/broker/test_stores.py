# SPDX-License-Identifier: Apache-2.0
"""What S3 buckets and lighttpd are told and refuse; that agents share files through them is in test_agent_blobs.py, for every store."""
import hashlib
import http.client
import os
import socket
import subprocess

import pytest
from agents import eventually, new_id, world
from docker import servers_root
from lines import Line
from services import binary
from stores import S3, Lighttpd


def path_of(content):
    name = hashlib.sha256(content).hexdigest()
    return f"{name[:2]}/{name}"


def share(link, content):
    link.give_blob(content)
    link.set("image", new_id(), name="Wood", pixels={"sha256": hashlib.sha256(content).digest(), "size": len(content)})


def everything_said(agent):
    return agent.output() + agent.run("status").stdout + agent.run("status", "--json").stdout


def test_a_wrong_secret_is_said_and_no_secret_is_told(tmp_path):
    with world(tmp_path, store=S3(tmp_path)) as scene:
        right, wrong = scene.agent("ada"), scene.agent("bob", store=scene.store.url_with("not-the-secret"))
        ada, bob = scene.link(right), scene.link(wrong)
        share(ada, b"from ada" * 100)
        eventually((scene.store.files / path_of(b"from ada" * 100)).exists)
        share(bob, b"from bob" * 100)
        bob.wait("status", store="error")
        eventually(lambda: "403" in wrong.run("status").stdout)  # who is refused while sending may hear of it only the next time
        assert "not-the-secret" not in everything_said(wrong) and scene.store.secret not in everything_said(right)
        assert not (scene.store.files / path_of(b"from bob" * 100)).exists()


@pytest.mark.parametrize("options, answer", [((), b" 412 "), (("--old",), b" 501 ")])
@pytest.mark.parametrize("size", [5000, 300_000])
def test_what_is_there_is_not_written_again(tmp_path, options, answer, size):
    """An old S3 store refuses conditions; then the agent leaves them out."""
    content = os.urandom(size)
    with world(tmp_path, store=S3(tmp_path, *options)) as scene, Kept(scene.store.port) as kept:
        link = scene.link(scene.agent("ada", store=scene.store.url_with(scene.store.secret, kept.port)))
        if size < 100_000 and not options:
            file = scene.store.files / path_of(content)
            file.parent.mkdir(parents=True)
            file.write_bytes(content)
            before = file.stat().st_ino
        share(link, content)
        link.until(lambda: link.seen[-1]["t"] == "status" and not link.seen[-1]["pending"] and link.seen[-1]["store"] == "ok")
        assert (scene.store.files / path_of(content)).read_bytes() == content
        if size < 100_000 and not options:
            assert (scene.store.files / path_of(content)).stat().st_ino == before
        assert (answer in kept.said) == (bool(options) or size < 100_000)


class Kept(Line):
    """A way to a server that keeps what it answers."""

    said = b""

    def answer(self, server, client):
        while data := server.recv(65536):
            self.said += data
            client.sendall(data)


@pytest.mark.parametrize("url, why", [
    ("s3+http://k:topsecret@127.0.0.1:1", "bucket"), ("s3+http://127.0.0.1:1/assets", "key"), ("s3://k:topsecret@host/assets", "must begin"),
    ("k:topsecret@host/assets", "must begin"), ("s3+https://k:topsecret@host:x/assets", "host:port"),
])
def test_an_s3_url_that_cannot_be(tmp_path, url, why):
    done = subprocess.run([binary(), "agent", "--data", tmp_path / "d", "--socket", tmp_path / "s", "--store", url], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and why in done.stderr and "topsecret" not in done.stderr


def test_the_doctor_looks_at_a_bucket(tmp_path):
    with S3(tmp_path) as store:
        done = subprocess.run([binary(), "doctor", "--store", store.url], capture_output=True, text=True, timeout=60)
        assert "it takes files" in done.stdout and "comes back as it was" in done.stdout and "(Range)" in done.stdout and store.secret not in done.stdout + done.stderr
        assert "problem" not in done.stdout, done.stdout
        wrong = subprocess.run([binary(), "doctor", "--store", store.url_with("wrong")], capture_output=True, text=True, timeout=60)
        assert wrong.returncode == 1 and "user and password" in wrong.stdout


@pytest.fixture(scope="module")
def lighttpd(tmp_path_factory):
    root = servers_root()
    if root is None:
        pytest.skip("lighttpd in a Debian root needs root rights and a Debian mirror")
    with Lighttpd(tmp_path_factory.mktemp("lighttpd"), root) as store:
        yield store


def ask(store, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", store.port, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


def test_lighttpd_keeps_files_by_name_only(lighttpd):
    content = os.urandom(1000)
    path = f"/{path_of(content)}"
    assert ask(lighttpd, "HEAD", path).status == 404
    assert ask(lighttpd, "PUT", path, content).status == 201
    assert ask(lighttpd, "GET", path).body == content and ask(lighttpd, "HEAD", path).getheader("Date")
    part = ask(lighttpd, "GET", path, Range="bytes=990-")
    assert (part.status, part.body, part.getheader("Content-Range")) == (206, content[990:], "bytes 990-999/1000")
    assert ask(lighttpd, "GET", path).getheader("Access-Control-Allow-Origin") == "*"
    assert ask(lighttpd, "PUT", path, b"other", If_None_Match="*").status == 412
    assert ask(lighttpd, "GET", path).body == content


@pytest.mark.parametrize("method", ["DELETE", "POST", "MKCOL", "COPY", "MOVE", "PROPFIND", "PATCH", "PROPPATCH", "LOCK"])
def test_lighttpd_refuses_other_methods(lighttpd, method):
    content = os.urandom(1000)
    path = f"/{path_of(content)}"
    assert ask(lighttpd, "PUT", path, content).status == 201
    assert ask(lighttpd, method, path, Destination=f"/{path_of(b'elsewhere')}").status in (400, 403, 404, 405, 501)
    assert ask(lighttpd, "GET", path).body == content and ask(lighttpd, "HEAD", f"/{path_of(b'elsewhere')}").status == 404


def test_lighttpd_has_no_other_paths(lighttpd):
    name = hashlib.sha256(b"paths").hexdigest()
    for path in ("/", f"/{name}", f"/00/{name}", f"/{name[:2]}/{name.upper()}", f"/{name[:2]}/{name}0", f"/{name[:2]}/", "/incoming/x", "/../incoming/x",
                 "/%2e%2e/incoming/x", f"/{name[:2]}/../{name}"):
        for method in ("GET", "PUT"):
            assert ask(lighttpd, method, path, b"x" if method == "PUT" else None).status in (400, 403, 404, 405), (method, path)
    assert not [entry for entry in lighttpd.files.rglob("*") if entry.is_file() and len(entry.name) != 64]


def test_half_an_upload_is_no_file_at_lighttpd(lighttpd):
    content = os.urandom(4_000_000)
    path = f"/{path_of(content)}"
    with socket.create_connection(("127.0.0.1", lighttpd.port)) as half:
        half.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content[:2_000_000])
        assert ask(lighttpd, "HEAD", path).status == 404
    assert ask(lighttpd, "HEAD", path).status == 404
    assert ask(lighttpd, "PUT", path, content, If_None_Match="*").status == 201
    assert ask(lighttpd, "GET", path).body == content
