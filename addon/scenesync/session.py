# SPDX-License-Identifier: GPL-3.0-or-later
"""One session: this Blender in one shared scene. Everything the add-on remembers hangs on it.

A tick sends local edits, receives frames and applies what others did. Blender's timer gives ticks where there is a window; `pump` does
where there is none. Where objects are is sent even sooner, from Blender's own event: redrawing can take longer than all the rest.
"""

import collections
import threading
import time

import bpy

from . import absence, identity, joining, presence
from .context import Context
from .incoming.apply import Apply
from .incoming.receive import Receive
from .link import Link, LinkError
from .mirror import Mirror
from .outgoing.diff import Diff
from .outgoing.matrices import Matrices
from .outgoing.send import Outbox
from .outgoing.sweep import Sweep
from .outgoing.watch import Watch

APPLY_SECONDS = 0.004
BUSY_SECONDS = 2.0  # after traffic, ticks come at once for this long
RECONNECT_SECONDS = 1.0
CHORES_SECONDS = 0.1  # what can wait while frames arrive is done this often all the same
RETRY_SECONDS = 2.0  # what could not be read or written is tried again this often
UNLIMITED = float("inf")


class Session:
    def __init__(self, slug, socket, content=None, name="", colour=None, start_agent=None):
        self.slug = slug
        self.socket = socket
        self.content = content
        self.user = name
        self.colour = colour
        self.start_agent = start_agent  # called when nobody serves the socket
        self.link = None
        self.state = "connecting"  # connecting, joining, asking, active, left
        self.status = {}
        self.errors = collections.deque(maxlen=50)
        self.counts = collections.Counter()
        self.pending_push = False  # Blender's undo stack does not know datablocks that we made
        self.undo_again = False  # the last undo took away only what others did
        self.undoing = False
        self.synced = set()
        self.next_sync = 1
        self.later_keys = []
        self.busy_until = 0.0
        self.retry_at = 0.0
        self.held_at = 0.0
        self.chores_at = 0.0
        self.retried_at = 0.0
        self.working = False  # Blender's events come from what we do
        self._begin()

    def _begin(self):
        """Everything that belongs to the open file."""
        scene = bpy.context.scene
        self.ctx = Context(self.slug, scene.name)
        self.scene_uuid = identity.singleton(self.slug, "scene")
        self.ctx.identity.bind("scene", scene, self.scene_uuid)
        self.mirror = Mirror()
        self.outbox = Outbox(lambda *edit: self.apply.forget(*edit), self._unreadable)
        self.diff = Diff(self)
        self.sweep = Sweep(self)
        self.apply = Apply(self)
        self.receive = Receive(self)
        self.watch = Watch(self)
        self.matrices = Matrices(self)
        self.presence = presence.Presence(self)
        self.joining = joining.Joining(self)
        self.watch.start()

    # ---- coming and going

    def close(self):
        """Leave the scene; the file keeps what it has, and knows it again."""
        if self.state == "active":
            self.persist()
            absence.remember(self)
        if self.link is not None:
            try:
                self.link.send({"t": "leave"})
            except LinkError:
                pass
        self._disconnect()
        self.outbox.close()
        self.watch.stop()
        self.state = "left"

    def suspend(self):
        """Another file is about to be opened."""
        self._disconnect()
        self.watch.dirty.clear()
        self.state = "suspended"

    def resume(self):
        """A file was opened: take part again when it is a copy of this scene, else leave."""
        self.watch.stop()
        if bpy.context.scene.get(joining.SCENE_TAG) != self.slug:
            self.state = "left"
            self.fail("file", "another file was opened: the scene was left; join again to share this one")
            return
        self.content = None
        self._begin()
        self.state = "connecting"

    def _connect(self, now):
        if now < self.retry_at:
            return
        self.retry_at = now + RECONNECT_SECONDS
        try:
            self.link = Link(self.socket)
            self.link.send(self._hello())
        except LinkError as error:
            self._disconnect()
            if self.start_agent is not None:
                self.start_agent(self)
            else:
                self.fail("agent", str(error))

    def _hello(self):
        frame = {"t": "hello", "v": 1, "app": "Blender", "app_version": bpy.app.version_string, "name": self.user, "role": "editor"}
        if self.colour is not None:
            frame["colour"] = list(self.colour)
        if self.link.token is not None:
            frame["token"] = self.link.token
        return frame

    def _disconnect(self):
        if self.link is not None:
            self.link.close()
        self.link = None
        self.outbox.disconnect()

    # ---- frames

    def send(self, frame):
        """Once the agent has bidden us welcome; what it is told before we join is refused."""
        if self.outbox.link is not None:
            self.outbox.link.send(frame)

    def _receive(self, wait):
        """Take what has arrived; whether anything has."""
        heard = False
        if self.link is None:
            return heard
        try:
            for frame in self.link.poll(wait):
                heard = True
                self.busy_until = time.perf_counter() + BUSY_SECONDS
                handler = getattr(self, "_on_" + frame["t"], None)
                if handler is not None:
                    self._handle(handler, frame)
        except LinkError as error:
            self.fail("agent", str(error))
            self._disconnect()
        return heard

    def _handle(self, handler, frame):
        try:
            handler(frame)
        except LinkError:
            raise
        except Exception as error:  # a frame of a future agent must not stop the session
            self.failed(frame["t"], error)

    def _on_welcome(self, frame):
        self.outbox.connect(self.link, frame)
        self.send({"t": "join", "scene": self.slug, "again": self.joining.done})
        if self.joining.done:
            self.state = "active"
        else:
            self.receive.forget()
            self.state = "joining"

    def _on_change(self, frame):
        self.receive.change(frame)

    def _on_joined(self, frame):
        self.joining.joined(frame)

    def _on_ack(self, frame):
        self.outbox.acknowledged(frame["id"])

    def _on_refused(self, frame):
        """A value that the agent does not take keeps none back that came with it."""
        edit_id, error, text = frame.get("id"), frame["error"], str(frame.get("text") or frame["error"])
        places = []
        if error == "want":
            self.receive.denied(text)
            return
        if error == "blob":
            places = self.outbox.missed(edit_id)
        elif edit_id is not None and error in ("limit", "malformed"):
            places = self.outbox.refused(edit_id, ((frame.get("kind"), frame.get("ids")), frame.get("field")))
            if not places:
                return  # which value it is will be said when they come one by one
        else:
            self.outbox.acknowledged(edit_id)
        self.fail("refused", f"{self.called(*places[0])}: {text}" if places else text)

    def called(self, key, field):
        """What a field of (kind, UUID) is, for people."""
        block = self.ctx.identity.find(key[1])
        return f"{key[0]} {key[1].hex() if block is None else block.name}, {field}"

    def _on_have(self, frame):
        self.receive.have(frame)

    def _on_sync(self, frame):
        self.synced.add(frame["id"])

    def _on_status(self, frame):
        self.status = frame

    def _on_peer(self, frame):
        self.presence.peer(frame)

    def _on_presence(self, frame):
        self.presence.received(frame)

    # ---- ticks

    def tick(self, budget=APPLY_SECONDS, wait=0.0):
        """One round. Returns the seconds until the next is due."""
        if self.state in ("left", "suspended"):
            return 1.0
        now = time.perf_counter()
        if self.link is None:
            self._connect(now)
        self._work(self._find_edits, now + budget)
        spent = time.perf_counter() - now
        heard = self._receive(0.0 if self._is_behind() else wait)
        self._work(self._take_in, time.perf_counter() + budget - spent)
        if not heard or now - self.chores_at > CHORES_SECONDS:
            self.chores_at = now
            self._work(self._do_chores, now)
        return 0.0 if now < self.busy_until else 0.02

    def _work(self, step, *arguments):
        """One part of a tick, and then what it has to send."""
        if self.state != "active":
            return
        self.working = True
        self.ctx.identity.tick(begins=True)
        try:
            step(*arguments)
            self.outbox.flush()
        except LinkError as error:
            self.fail("agent", str(error))
            self._disconnect()
        finally:
            self.ctx.identity.tick(begins=False)
            self.working = False

    def _find_edits(self, deadline):
        if self.undo_again and self.watch.undone:
            self.undo_again = False
            _undo()
        for key in self.later_keys:
            self.watch.dirty[key] = True
        self.later_keys.clear()
        self.diff.run(deadline)

    def _take_in(self, deadline):
        now = time.perf_counter()
        self.apply.run(deadline, now)
        if self.apply.held and now - self.held_at > 0.25:
            self.held_at = now
            self.apply.retry_held()

    def _do_chores(self, now):
        """What nobody waits for."""
        self.sweep.run(now)
        self.matrices.run(now)
        self.presence.send(now)
        if now - self.retried_at > RETRY_SECONDS:
            self.retried_at = now
            self.outbox.retry()
            self.receive.retry()

    def _is_behind(self):
        """Whether the last tick left something that could be done now."""
        work = (self.watch.dirty, self.diff.restore, self.diff.unlisted, self.apply.moves.waiting)
        return any(work) or any(self.apply.inbox.values())

    def send_moves(self, objects):
        """Inside Blender's event: (UUID, object) of those that may have moved. What cannot be looked at now is found in the next tick."""
        if self.working or self.watch.undo_begun or threading.current_thread() is not threading.main_thread():
            return
        self._work(self.diff.compare_moved, objects)

    def later(self, key):
        """Compare this entity again in the next tick."""
        self.later_keys.append(key)

    def moved_locally(self):
        self.busy_until = time.perf_counter() + BUSY_SECONDS
        self.matrices.moved()

    def timer(self):
        """A tick from Blender's timer. While others are active it waits a moment for them: that halves the delay, and holds the UI 4 ms."""
        active = time.perf_counter() < self.busy_until and bool(self.presence.peers)
        return self.tick(wait=APPLY_SECONDS if active else 0.0)

    def pump(self, seconds):
        """Run the session for some time where Blender has no event loop."""
        end = time.perf_counter() + seconds
        while True:
            bpy.context.view_layer.update()
            left = end - time.perf_counter()
            self.tick(budget=UNLIMITED, wait=min(0.002, max(0.0, left)))
            if left <= 0:
                return

    def wait_synced(self, timeout):
        """As registration.wait_synced says."""
        end = time.perf_counter() + timeout
        looked = asked = None
        while time.perf_counter() < end:
            self.pump(0.0)
            if self.state != "active" or self.outbox.link is None:
                time.sleep(0.002)
                looked = asked = None
            elif not looked:
                looked = self._look_at_everything()
            elif not self._settled():
                self._receive(0.002)
            elif self.matrices.waiting:
                self._work(self.matrices.send_now)
            elif asked is None:
                asked = self._ask_sync()
            elif asked not in self.synced:
                self._receive(0.002)
            else:
                self.synced.clear()
                return True
        return False

    def _look_at_everything(self):
        """Find the edits that no event came for, and what need no longer wait."""
        self.sweep.run(time.perf_counter(), whole=True)
        self.watch.structure = True
        self.apply.retry_held()
        return True

    def _ask_sync(self):
        self.next_sync += 1
        self.send({"t": "sync", "id": self.next_sync})
        return self.next_sync

    def _settled(self):
        """Whether nothing is left to compare, to apply, to send or to be acknowledged."""
        work = (self.watch.dirty, self.watch.in_doubt, self.diff.restore, self.diff.unlisted, self.later_keys)
        return self.apply.idle and self.receive.idle and self.outbox.idle and not any(work)

    # ---- the file

    def persist(self):
        """Every UUID and member id into its datablock, for the file or for who joins again."""
        self.ctx.identity.write_tags()
        self.joining.persist()

    # ---- errors

    def fail(self, cause, text):
        """Count a failure and show it; repeated ones are shown once."""
        self.counts[cause] += 1
        if not self.errors or self.errors[-1] != (cause, text):
            self.errors.append((cause, text))

    def _unreadable(self, key, field, error):
        """A value is a file that cannot be read, or the agent's cannot be written: by then it may be another."""
        self.failed("files", error)
        self.later(key)

    def failed(self, cause, error):
        self.fail(cause, f"{type(error).__name__}: {error}" if not hasattr(error, "field") else str(error))


def _undo():
    """Undo once more, from a timer: the first took away only what others did."""
    window = next(iter(bpy.context.window_manager.windows), None)
    try:
        with bpy.context.temp_override(window=window):
            bpy.ops.ed.undo()
    except RuntimeError:
        pass  # nothing is left to undo
