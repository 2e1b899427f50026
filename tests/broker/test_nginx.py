# SPDX-License-Identifier: Apache-2.0
"""broker-config/nginx with a real nginx."""
import base64
import hashlib
import http.client
import os
import socket
import ssl
import time
from urllib.parse import urlsplit

import pytest
from services import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "tls"])
def lan(request, tmp_path_factory):
    with Store(tmp_path_factory.mktemp("lan"), "store-lan.conf", {"alice": "wonder"}, tls=request.param) as store:
        yield store


def connect(store):
    parts = urlsplit(store.url)
    if store.ca:
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=30, context=ssl.create_default_context(cafile=store.ca))
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)


def ask(store, method, path, body=None, headers=None, connection=None):
    used = connection or connect(store)
    used.request(method, path, body, headers or {})
    response = used.getresponse()
    response.body = response.read()
    if not connection:
        used.close()
    return response


def path_of(data):
    name = hashlib.sha256(data).hexdigest()
    return f"/{name[:2]}/{name}"


def put_new(store, data=None):
    data = data or os.urandom(1000)
    assert ask(store, "PUT", path_of(data), data).status == 201
    return data


def test_gives_back_what_was_put(store):
    data = put_new(store)
    assert ask(store, "GET", path_of(data)).body == data


def test_head_tells_size_and_time(store):
    data = put_new(store)
    head = ask(store, "HEAD", path_of(data))
    assert (head.status, head.getheader("Content-Length"), head.getheader("Accept-Ranges")) == (200, "1000", "bytes")
    assert head.getheader("Date")
    missing = ask(store, "HEAD", path_of(b"nobody put this"))
    assert missing.status == 404 and missing.getheader("Date")


def test_is_written_once(store):
    data = put_new(store)
    again = ask(store, "PUT", path_of(data), b"something else")
    assert again.status == 412
    assert ask(store, "GET", path_of(data)).body == data


def test_ranges(store):
    data = put_new(store)
    part = ask(store, "GET", path_of(data), headers={"Range": "bytes=990-"})
    assert (part.status, part.body, part.getheader("Content-Range")) == (206, data[990:], "bytes 990-999/1000")


def test_large_and_empty_files(store):
    large = os.urandom(1024) * 64 * 1024
    assert ask(store, "GET", path_of(put_new(store, large))).body == large
    assert ask(store, "PUT", path_of(b""), b"").status == 201
    assert ask(store, "GET", path_of(b"")).body == b""


def test_other_paths_do_not_exist(store):
    name = hashlib.sha256(b"paths").hexdigest()
    other = "00" if name[:2] != "00" else "01"
    for path in ("/", f"/{name}", f"/{other}/{name}", f"/{name[:2]}/{name.upper()}", f"/{name[:2]}/{name}0", f"/{name[:2]}/{name[:-1]}",
                 f"/{name[:2]}/{name}/x", f"/{name[:2]}/", "/.incoming/", "/.incoming/0000000001", f"/{name[:2]}/../{name}",
                 "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
        for method in ("GET", "PUT"):
            assert ask(store, method, path, b"x" if method == "PUT" else None).status in (400, 404, 405), (method, path)
    assert not [entry for entry in store.files.rglob("*") if entry.is_file() and len(entry.name) != 64]


@pytest.mark.parametrize("method", ["DELETE", "POST", "MKCOL", "COPY", "MOVE", "PROPFIND", "PATCH"])
def test_other_methods_are_refused(store, method):
    data = put_new(store)
    target = store.url + path_of(b"elsewhere")
    assert ask(store, method, path_of(data), headers={"Destination": target}).status == 405
    assert ask(store, "GET", path_of(data)).body == data
    assert ask(store, "HEAD", path_of(b"elsewhere")).status == 404


def test_half_an_upload_is_no_file(store):
    data = os.urandom(4_000_000)
    half = socket.create_connection(("127.0.0.1", store.port))
    half.sendall(f"PUT {path_of(data)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data[:2_000_000])
    incoming = store.files / ".incoming"
    end = time.monotonic() + 30
    while not any(incoming.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert ask(store, "HEAD", path_of(data)).status == 404
    half.close()
    while any(incoming.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert ask(store, "HEAD", path_of(data)).status == 404
    put_new(store, data)


def test_one_connection_lasts_for_a_whole_scene(store):
    data = put_new(store)
    connection = connect(store)
    ask(store, "HEAD", path_of(data), connection=connection)
    local = connection.sock.getsockname()
    for _ in range(3000):
        assert ask(store, "HEAD", path_of(data), connection=connection).status == 200
    assert connection.sock.getsockname() == local


def test_a_page_from_elsewhere_may_read(store):
    data = put_new(store)
    for status, method, path in ((200, "GET", path_of(data)), (404, "GET", path_of(b"missing")), (412, "PUT", path_of(data))):
        answer = ask(store, method, path, b"" if method == "PUT" else None, {"Origin": "http://viewer.example"})
        assert (answer.status, answer.getheader("Access-Control-Allow-Origin")) == (status, "*")
    allowed = ask(store, "OPTIONS", path_of(data), headers={"Origin": "http://viewer.example", "Access-Control-Request-Method": "GET",
                                                             "Access-Control-Request-Headers": "range"})
    assert allowed.status == 204 and "Range" in allowed.getheader("Access-Control-Allow-Headers")


def test_listens_on_loopback_alone(store):
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", store.port), 2):
        pass


def test_files_survive_a_kill(tmp_path):
    with Store(tmp_path) as store:
        data = put_new(store)
        store.kill()
        store.start()
        assert ask(store, "GET", path_of(data)).body == data


def login(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_lan_asks_for_a_password(lan):
    data = os.urandom(100)
    for headers in ({}, login("alice", "wrong"), login("mallory", "wonder")):
        assert ask(lan, "PUT", path_of(data), data, headers).status == 401
        assert ask(lan, "GET", path_of(data), headers=headers).status == 401
    assert ask(lan, "PUT", path_of(data), data, login("alice", "wonder")).status == 201
    assert ask(lan, "GET", path_of(data), headers=login("alice", "wonder")).body == data
    assert ask(lan, "GET", path_of(data)).status == 401


def test_lan_lets_a_browser_ask_first(lan):
    assert ask(lan, "OPTIONS", path_of(b"x"), headers={"Origin": "http://viewer.example"}).status == 204
