# SPDX-License-Identifier: Apache-2.0
"""Runs inside Blender: executes what a test sends it, one JSON line each way over a socket.

Blender writes to its own stdout, so the test passes a port on loopback. {"run": code} executes the code (`result` is returned); every
command is followed by a short pump. In a window commands are taken by a timer and the session has its own. A bare Blender gets no add-on.
"""

import faulthandler
import json
import os
import select
import socket
import sys
import traceback

import bpy

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BARE = "bare" in sys.argv
sys.path[:0] = [HERE] if BARE else [os.path.join(ROOT, "addon"), HERE]

import compare  # noqa: E402

if not BARE:
    import scenesync


class Driver:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.names = {"bpy": bpy, "compare": compare, "__name__": "__driver__"}
        if not BARE:
            self.names["scenesync"] = scenesync
        self.received = b""

    def step(self, wait):
        """Take one command, if there is one within `wait` seconds."""
        if b"\n" not in self.received:
            if not select.select([self.socket], [], [], wait)[0]:
                return
            data = self.socket.recv(1 << 20)
            if not data:
                os._exit(0)
            self.received += data
        while b"\n" in self.received:
            line, self.received = self.received.split(b"\n", 1)
            self.socket.sendall(json.dumps(self.run(json.loads(line))).encode() + b"\n")

    def run(self, command):
        self.names["result"] = None
        try:
            exec(compile(command["run"], "<test>", "exec"), self.names)
            return {"result": self.names["result"]}
        except BaseException:
            return {"error": traceback.format_exc()}

    def serve(self):
        while True:
            self.step(0.005)
            if not BARE:
                scenesync.pump(0.0)

    def timer(self):
        self.step(0.0)
        return 0.001


def main():
    faulthandler.enable()  # a crash of Blender says what Python was doing
    bpy.context.preferences.view.show_splash = False
    driver = Driver(int(sys.argv[sys.argv.index("--") + 1]))
    if not BARE:
        scenesync.register()
    if bpy.app.background:
        driver.serve()
    else:
        bpy.app.timers.register(driver.timer, persistent=True)


main()
