# SPDX-License-Identifier: Apache-2.0
"""Ways to a server that can be cut."""
import contextlib
import socket
import threading


class Line:
    """A way to a server on this machine, at `port`. `cut` ends the connections and takes no new ones until `mend`."""

    def __init__(self, server_port):
        self.server_port, self.connections, self.is_cut = server_port, [], False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.listener.close()

    def cut(self):
        self.is_cut = True
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.connections.clear()

    def mend(self):
        self.is_cut = False

    def answer(self, server, client):
        """Passes on what the server says."""
        copy(server, client)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                try:
                    if self.is_cut:
                        raise ConnectionError
                    server = socket.create_connection(("127.0.0.1", self.server_port))
                except ConnectionError:
                    client.close()
                    continue
                self.connections += [client, server]
                threading.Thread(target=copy, args=(client, server), daemon=True).start()
                threading.Thread(target=self.answer, args=(server, client), daemon=True).start()


def copy(source, target, kept=None):
    """Passes on what comes, to its end; `kept`, a bytearray, gets it, too."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if kept is not None:
                kept += data
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
