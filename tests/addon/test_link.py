# SPDX-License-Identifier: Apache-2.0
"""Frames over a real socket, Unix or TCP: whole, in pieces, broken, too large, and a peer that goes away."""

import os
import socket
import struct
import tempfile

import numpy
import pytest
from scenesync import msgpack
from scenesync.link import Link, LinkError


@pytest.fixture(params=["unix", "tcp"])
def pair(request):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        with serve(path, request.param) as server:
            link = Link(path)
            peer, _ = server.accept()
            with peer:
                yield link, peer
            link.close()


def serve(path, family):
    if family == "tcp":
        server = socket.create_server(("127.0.0.1", 0))
        with open(path, "w", encoding="ascii") as file:
            file.write(f"127.0.0.1:{server.getsockname()[1]}\n{'ab' * 32}\n{os.getpid()}\n")
        return server
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(1)
    return server


def frame(value):
    data = msgpack.pack(value)
    return struct.pack("<I", len(data)) + data


def test_frames_in_pieces(pair):
    link, peer = pair
    data = frame({"t": "ack", "id": 1}) + frame({"t": "ack", "id": 2})
    for byte in data[:-1]:
        peer.sendall(bytes([byte]))
        got = link.poll(1)
        if got:
            assert got == [{"t": "ack", "id": 1}]
    peer.sendall(data[-1:])
    assert link.poll(1) == [{"t": "ack", "id": 2}]


def test_sends_more_than_the_socket_holds(pair):
    link, peer = pair
    array = numpy.arange(3_000_000, dtype="int32")
    link.send({"t": "edit", "a": array})
    received = bytearray()
    while link.backlog or len(received) < 12_000_000:
        link.poll(0)
        peer.settimeout(5)
        received += peer.recv(1 << 20)
    assert msgpack.unpack(bytes(received[4:]))["a"].tobytes() == array.tobytes()


def test_broken_frames_are_counted_and_passed_over(pair):
    link, peer = pair
    peer.sendall(struct.pack("<I", 3) + b"\xc1\xc1\xc1" + frame([1]) + frame({"t": 5}) + frame({"t": "left"}))
    assert link.poll(1) == [{"t": "left"}]
    assert link.bad_frames == 3


def test_a_length_over_the_limit_closes(pair):
    link, peer = pair
    peer.sendall(struct.pack("<I", 1 << 31))
    with pytest.raises(LinkError):
        link.poll(1)


def test_an_agent_that_goes_away(pair):
    link, peer = pair
    peer.close()
    with pytest.raises(LinkError):
        link.poll(1)


def test_no_agent():
    with pytest.raises(LinkError):
        Link("/nonexistent/socket")


def test_the_token_is_read_from_the_file(pair):
    link, peer = pair
    assert link.token == ("ab" * 32 if peer.family == socket.AF_INET else None)


@pytest.mark.parametrize("text", ["", "127.0.0.1:1", "127.0.0.1:port ab 1", "nothing of the sort", "127.0.0.1:1 ab 1"])
def test_a_file_without_an_agent(tmp_path, text):
    (tmp_path / "s").write_text(text)
    with pytest.raises(LinkError):
        Link(str(tmp_path / "s"))
