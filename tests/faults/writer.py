# SPDX-License-Identifier: Apache-2.0
"""Writers: programs that edit through one agent each, as fast as people with a dozen hands, and note in the ledger what became of it."""
import errno
import random
import struct
import threading
import time

from ledger import ACKNOWLEDGED, LOST, REFUSED
from link import Link
from place import SCENE

PACE = 0.03  # seconds between two edits
OUTSTANDING = 64  # edits without an answer
KINDS = {"object": 60, "light": 30, "transform": 60, "scan": 4}  # how many of each a writer makes; nobody knows what a scan is
LINES = 200  # in a journal
PAGES = 12  # of 20 kB in a scan: more than travels in one message
VECTORS = ("location", "rotation_euler", "scale")


class Writer(threading.Thread):
    """`shared` are the ids of entities of which everybody edits the same fields."""

    def __init__(self, name, number, agent, ledger, shared, seed):
        super().__init__(name=name, daemon=True)
        self.number, self.agent, self.ledger, self.shared = number, agent, ledger, shared
        self.random = random.Random(f"{seed} {name}")
        self.own = {kind: [] for kind in KINDS}
        self.counter = self.last_id = self.written = 0
        self.waiting = {}  # id of an edit → its attempts
        self.ended, self.paused, self.resting = threading.Event(), threading.Event(), threading.Event()
        self.problem = None

    def run(self):
        while not self.ended.is_set():
            try:
                with Link(self.agent.socket, name=self.name) as link:
                    link.send({"t": "join", "scene": SCENE, "changes": False})
                    link.wait("joined")
                    self._write(link)
            except OSError:  # the agent was killed
                time.sleep(0.05)
            except Exception as error:
                self.problem = error
                raise
            finally:
                for attempts in self.waiting.values():
                    self.ledger.end(attempts, LOST)
                self.waiting.clear()

    def _write(self, link):
        while not self.ended.is_set():
            if self.paused.is_set():
                if not self.waiting:
                    self.resting.set()
            elif len(self.waiting) < OUTSTANDING:
                self.random.choices(*zip(*ACTIONS.items()))[0](self, link)
            self._listen(link)

    def _listen(self, link):
        end = time.monotonic() + PACE
        while (left := end - time.monotonic()) > 0:
            frame = link.read(left)
            link.seen.clear()
            if frame and frame["t"] in ("ack", "refused"):
                attempts = self.waiting.pop(frame.get("id"), None)
                if attempts:
                    self.ledger.end(attempts, ACKNOWLEDGED if frame["t"] == "ack" else REFUSED, frame.get("error"))

    def pause(self):
        self.resting.clear()
        self.paused.set()

    def resume(self):
        self.paused.clear()

    def stop(self):
        self.ended.set()
        self.join()

    # ---- what it does

    def edit(self, link, kind, identity, live=False, **fields):
        attempts = self.ledger.begin(kind, identity, fields)
        self.last_id += 1
        link.last_id = self.last_id - 1  # over all connections, so that no answer is taken for another's
        self.waiting[self.last_id] = attempts
        link.edit(kind, identity, fields, live)
        link.values.clear()

    def _next(self):
        self.counter += 1
        return self.counter

    def _one(self, *kinds):
        """An entity of its own of these kinds; a new one as long as it has few."""
        kind = self.random.choice(kinds)
        known = self.own[kind]
        if len(known) < KINDS[kind] and (not known or self.random.random() < 0.3):
            known.append(self.random.randbytes(16))
            return kind, known[-1]
        return kind, self.random.choice(known)

    def _vector(self):
        return [self._next(), self.number, 0.5]

    def name_it(self, link):
        self.edit(link, *self._one("object", "light"), name=f"{self.name} {self._next()}")

    def move(self, link):
        self.edit(link, *self._one("transform"), **{name: self._vector() for name in self.random.sample(VECTORS, 2)})

    def write_down(self, link):
        """What nobody ever overwrites: whatever is lost of it stays lost."""
        number = self._next()
        if self.written % LINES == 0:
            self.journal = self.random.randbytes(16)
        self.written += 1
        self.edit(link, "journal", self.journal, **{f"line/{number}": f"{self.name} {number}"})

    def drag(self, link):
        self.edit(link, *self._one("transform"), live=True, location=self._vector())

    def light(self, link):
        self.edit(link, *self._one("light"), energy=self._next())

    def delete(self, link):
        """Or bring back what is deleted."""
        kind, identity = self._one("object", "light")
        self.edit(link, kind, identity, deleted=not self.ledger.last((kind, identity, "deleted")))

    def remove_field(self, link):
        kind, identity = self._one("light")
        self.edit(link, kind, identity, **{"note": None if self.ledger.last((kind, identity, "note")) else f"{self.name} {self._next()}"})

    def page(self, link):
        kind, identity = self._one("scan")
        content = struct.pack("<Q", self._next()) + self.random.randbytes(20_000)
        self.edit(link, kind, identity, **{f"page/{self.random.randrange(PAGES)}": content})

    def blob(self, link):
        kind, identity = self._one("scan")
        content = self.random.randbytes(self.random.randint(40_000, 200_000))
        try:
            sha256 = link.give_blob(content)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return
        self.edit(link, kind, identity, points={"sha256": sha256, "size": len(content)})

    def mark(self, link):
        """A field of its own on what may be somebody else's."""
        kind, identity = self.random.choice(self.ledger.entities() or [self._one("object")])
        if kind not in ("scan", "journal"):
            self.edit(link, kind, identity, **{f"mark{self.number}": self._next()})

    def contend(self, link):
        self.edit(link, "object", self.random.choice(self.shared), **{self.random.choice(("name", "note")): f"{self.name} {self._next()}"})


ACTIONS = {Writer.write_down: 15, Writer.name_it: 8, Writer.move: 10, Writer.drag: 8, Writer.light: 6, Writer.delete: 4, Writer.remove_field: 3, Writer.page: 2,
           Writer.blob: 1, Writer.mark: 6, Writer.contend: 8}
