# SPDX-License-Identifier: Apache-2.0
"""Blenders that tests drive: started with driver.py, told what to do in Python, compared with compare.py."""

import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

import blenders

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCENES = pathlib.Path(os.environ.get("SCENESYNC_SCENES", ROOT.parent / "shared" / "scenes"))

CLEAR = """
with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
    if bpy.context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
names = ("objects", "collections", "meshes", "lights", "cameras", "materials", "node_groups", "textures", "masks", "worlds", "images")
for name in names:
    bpy.data.batch_remove([block for block in getattr(bpy.data, name) if block.name != "Render Result"])
for name in list(bpy.context.scene.keys()):
    del bpy.context.scene[name]
bpy.ops.ed.undo_push(message="emptied")
"""
# Mesa's software drawing. Without its shader cache: 5.2's Mesa now and then dies of SIGBUS in it, even in a Blender without add-ons.
SOFTWARE_GL = {"LIBGL_ALWAYS_SOFTWARE": "1", "MESA_SHADER_CACHE_DISABLE": "true"}


class BlenderDied(Exception):
    """Its exit status, and the last that it wrote."""


class Blender:
    """One Blender process. `run` executes code in it and returns what that code assigns to `result`.

    A bare one does not have our add-on; `environment` is added to its variables. `desk` (left, bottom, width, height) is where its
    window opens on a person's own display, drawn as theirs is; other windows are drawn by Mesa's software.
    """

    def __init__(self, version="3.4", file=None, window=False, log=None, bare=False, environment=(), desk=None):
        self.version = version
        self.window = window or desk is not None
        self.folder = tempfile.TemporaryDirectory(prefix="blender-")  # what Blender leaves behind when it is ended: autosaves and the like
        self.log_path = pathlib.Path(log or pathlib.Path(self.folder.name, "log"))
        server = socket.create_server(("127.0.0.1", 0))
        command = blenders.command(version) + ([] if self.window else ["-b"]) + ["--factory-startup"]
        command += ["--window-geometry", *map(str, desk)] if desk else []
        command += [str(file)] if file else []
        command += ["--python-exit-code", "9", "--python", str(HERE / "driver.py"), "--", str(server.getsockname()[1])] + ["bare"] * bare
        environment = {**os.environ, **dict(environment), **({} if desk else SOFTWARE_GL), "TMPDIR": self.folder.name}
        environment["PATH"] = "/usr/bin:" + os.environ["PATH"]
        with open(self.log_path, "wb") as log_file:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log_file, stderr=subprocess.STDOUT, env=environment)
        with server:
            self.connection = self._accept(server)
        self.connection.settimeout(300)
        self.lines = self.connection.makefile("rb")

    def _accept(self, server):
        """The connection of driver.py, or what Blender said instead."""
        server.settimeout(0.5)
        for _ in range(240):
            try:
                return server.accept()[0]
            except TimeoutError:
                if self.process.poll() is not None:
                    break
        text = self.log()
        self.close()
        raise BlenderDied(f"Blender {self.version} did not start:\n{text}")

    def run(self, code, **values):
        """Execute code, with `values` as variables, and return its `result`."""
        prefix = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        try:
            self.connection.sendall(json.dumps({"run": prefix + code}).encode() + b"\n")
            line = self.lines.readline()
        except ConnectionError:
            line = b""
        if not line:
            raise BlenderDied(f"Blender {self.version} died (exit {self.process.wait(30)}):\n{self.log()[-4000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"in Blender {self.version}:\n{answer['error']}")
        return answer["result"]

    def log(self):
        return self.log_path.read_text(errors="replace")

    def empty(self):
        """No objects and what they use. (Loading a file from a timer would end the timer's window.)"""
        self.run(CLEAR if self.window else "bpy.ops.wm.read_homefile(use_empty=True)")

    def join(self, agent, scene="test", content=None):
        self.agent, self.scene = agent, scene
        self.run("scenesync.join(scene, socket=path, content=content)", scene=scene, path=str(agent.socket), content=content)

    def synced(self, timeout=30):
        """Wait until everything is acknowledged and applied."""
        state = (
            "from scenesync import registration\n"
            "s = registration.session()\n"
            "result = [scenesync.wait_synced(timeout), s and s.state, s and [list(e) for e in s.errors]]"
        )
        done, state, errors = self.run(state, timeout=timeout)
        assert done, f"not synced: {state}, {errors}\n{self.log()[-2000:]}"
        return errors

    def dump(self, by_tag=False):
        """compare.dump of this Blender."""
        import dump_file

        path = tempfile.mktemp(prefix="blender-dump-")
        self.run("scenesync.registration.session().persist()\n" * by_tag + "compare.dump(path, by_tag)", path=path, by_tag=by_tag)
        try:
            return dump_file.read(path)
        finally:
            os.remove(path)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if hasattr(self, "connection"):
            self.connection.close()
        self.folder.cleanup()


def hear(a, b, code, what):
    """`a` does this; `b` has heard of it, as the expression `what` says there."""
    a.run(code)
    a.synced()
    while not b.run("scenesync.pump(0.1)\nresult = bool(" + what + ")"):
        pass


def settle(*people, timeout=60):
    """Everybody has sent and applied everything: nothing is under way here, and all agents hold the same, before and after."""
    end = time.monotonic() + timeout
    before = None
    while True:
        for person in people:
            person.synced()
        digests = [person.agent.run("digest", person.scene).stdout for person in people]
        if len(set(digests)) == 1 and digests == before:
            return
        before = digests
        assert time.monotonic() < end, f"the agents do not agree: {digests}"


def share(pair, agents, scene, file):
    """The first opens a file and joins; the second, empty, joins after it. Returns both."""
    a, b = pair
    a.run("bpy.ops.wm.open_mainfile(filepath=file)", file=str(file))
    a.join(agents[0], scene)
    a.synced()
    b.join(agents[1], scene)
    settle(b, a)
    return a, b


def same(a, b, by_tag=False):
    """Assert that two Blenders hold the same; says the first differences."""
    import difference

    lines = difference.differences(a.dump(by_tag), b.dump(by_tag), mixed=a.version != b.version)
    assert not lines, f"{len(lines)} differences between {a.version} and {b.version}:\n" + "\n".join(lines[:20])
