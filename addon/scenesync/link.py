# SPDX-License-Identifier: GPL-3.0-or-later
"""The local link to the agent: frames over a socket, never blocking (docs/local-link.md)."""

import collections
import errno
import os
import select
import socket
import struct

from . import msgpack

MAX_FRAME = 16 * 1024 * 1024
READ_SIZE = 1 << 20
CONNECT_SECONDS = 0.2  # a port of this machine answers at once, or nobody is there
_length = struct.Struct("<I")


class LinkError(Exception):
    """The link is closed and why; the session connects again."""


def read_address(path):
    """What an agent that serves TCP says in the file in the place of its socket: (host, port), token, process. OSError where it is none."""
    try:
        with open(path, encoding="ascii") as file:
            address, token, process = file.read(1024).split()
        host, port = address.rsplit(":", 1)
        return (host, int(port)), token, int(process)
    except ValueError:
        raise OSError(errno.EINVAL, "neither a socket nor the file of an agent that serves TCP") from None


def connect(path):
    """A connection to the agent that serves `path`, and the token to say hello with: None at a Unix socket. OSError when nobody does."""
    address, token = path, None
    if os.path.isfile(path):
        address, token, _ = read_address(path)
    connection = socket.socket(socket.AF_UNIX if token is None else socket.AF_INET, socket.SOCK_STREAM)
    try:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            connection.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
        if token is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(address)
        connection.setblocking(False)
    except OSError:
        connection.close()
        raise
    return connection, token


class Link:
    """One connection. Frames go out with `send` and `poll`, and come in from `poll`. `token` belongs into hello, where there is one."""

    def __init__(self, path):
        try:
            self.socket, self.token = connect(path)
        except OSError as error:
            raise LinkError(f"no agent at {path}: {error.strerror or error}") from None
        self.outgoing = collections.deque()  # memoryviews
        self.backlog = 0  # bytes in `outgoing`
        self.incoming = bytearray()
        self.bad_frames = 0

    def close(self):
        self.socket.close()

    def send(self, frame):
        """Queue a frame and write as much as the socket takes. Raises TypeError for what cannot travel, LinkError when closed."""
        data = msgpack.pack(frame)
        if len(data) > MAX_FRAME:
            raise TypeError(f"a frame of {len(data)} bytes is too large")
        self.outgoing.append(memoryview(_length.pack(len(data)) + data))
        self.backlog += 4 + len(data)
        self._write()

    def poll(self, timeout=0.0):
        """The frames that arrived, waiting at most `timeout` seconds for the first. Raises LinkError when the agent is gone."""
        readable, writable, _ = select.select([self.socket], [self.socket] if self.outgoing else [], [], timeout)
        if writable:
            self._write()
        if readable:
            self._read()
        return self._frames()

    def _write(self):
        while self.outgoing:
            part = self.outgoing[0]
            try:
                sent = self.socket.send(part)
            except BlockingIOError:
                return
            except OSError as error:
                raise LinkError(_reason(error)) from None
            self.backlog -= sent
            if sent < len(part):
                self.outgoing[0] = part[sent:]
                return
            self.outgoing.popleft()

    def _read(self):
        try:
            data = self.socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            raise LinkError(_reason(error)) from None
        if not data:
            raise LinkError("the agent closed the connection")
        self.incoming += data

    def _frames(self):
        frames = []
        at = 0
        data = self.incoming
        while len(data) - at >= 4:
            (size,) = _length.unpack_from(data, at)
            if size > MAX_FRAME:
                raise LinkError(f"the agent sent a frame of {size} bytes")
            if len(data) - at - 4 < size:
                break
            self._decode(bytes(memoryview(data)[at + 4:at + 4 + size]), frames)
            at += 4 + size
        if at:
            del data[:at]
        return frames

    def _decode(self, raw, frames):
        try:
            frame = msgpack.unpack(raw)
        except msgpack.DecodeError:
            frame = None
        if isinstance(frame, dict) and isinstance(frame.get("t"), str):
            frames.append(frame)
        else:
            self.bad_frames += 1


def _reason(error):
    if error.errno in (errno.EPIPE, errno.ECONNRESET):
        return "the agent closed the connection"
    return error.strerror or str(error)
