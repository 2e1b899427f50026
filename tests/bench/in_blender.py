# SPDX-License-Identifier: Apache-2.0
"""Rows of two Blenders, each with its agent, against what the same Blender needs for the same without us."""
import contextlib
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

from blender import Blender

from place import Listener
from rows import at_most

VERSION = os.environ.get("SCENESYNC_BENCH_BLENDER", "3.4")
NAME = "Object.00007"
MOVES = 40
MANY = 10000
COLUMNS, LINES = 400, 250
SETUP = f"import sys\nsys.path.insert(0, {str(Path(__file__).resolve().parent)!r})\nimport inside\n"


class Person(Blender):
    """A Blender that can be told something and asked later what came of it."""

    def __init__(self, window=False):
        super().__init__(VERSION, window=window)
        self.run(SETUP + 'bpy.context.preferences.system.viewport_aa = "OFF"')  # else each change is drawn eight times
        self.empty()

    def start(self, expression):
        self.connection.sendall(json.dumps({"run": f"result = {expression}"}).encode() + b"\n")

    def answer(self):
        found = json.loads(self.lines.readline())
        if "error" in found:
            raise RuntimeError(found["error"])
        return found["result"]

    def get(self, expression):
        return self.run(f"result = {expression}")


@contextlib.contextmanager
def two(place, window=False, make=None):
    """Two Blenders in one scene, in which `make` has been run."""
    with contextlib.ExitStack() as stack:
        people = []
        scene = place.scene()
        for agent in place.agents:
            person = stack.enter_context(contextlib.closing(Person(window)))
            if make and not people:
                person.get(make)
            person.join(agent, scene)
            person.synced(120)
            people.append(person)
        people[0].synced(120)
        yield people


@contextlib.contextmanager
def display():
    """An X server without a screen, small: there is no graphics card, and what is to be measured is not how Mesa draws."""
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "400x300x24", "-nolisten", "tcp"], pass_fds=[write],
                              stderr=subprocess.DEVNULL)
    os.close(write)
    before = os.environ.get("DISPLAY")
    try:
        with open(read) as number:
            os.environ["DISPLAY"] = f":{number.readline().strip()}"
        yield
    finally:
        del os.environ["DISPLAY"]
        if before is not None:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait()


def ms(seconds):
    return 1000 * seconds


def delays(sent, seen):
    """Milliseconds, sorted, between two lists of (value, when). A value that a newer one overtook was there when the newer one was."""
    seen = dict(seen)
    if sent[-1][0] not in seen:
        raise RuntimeError(f"the last of {len(sent)} edits never came")
    there, found = seen[sent[-1][0]], []
    for value, when in reversed(sent):
        there = min(seen.get(value, there), there)
        found.append(ms(there - when))
    return sorted(found)


def values_of(count):
    """Numbers that nothing has yet, exact in 32 bits."""
    return [1000.5 + number for number in range(count)]


def move_headless(place, count):
    """What Blender itself needs is measured before and after: machines change their pace."""
    values, own = values_of(MOVES), f"inside.move_cost({NAME!r}, {MOVES // 2})"
    with two(place, make=f"inside.make_objects({count})") as (anna, ben):
        at_once = ms(statistics.median(anna.get(f"inside.move_cost({NAME!r}, {MOVES}, (0, 0))")))
        before = anna.get(own)
        ben.start(f"inside.watch(inside.location_of({NAME!r}), {values[-1]}, 60)")
        sent = anna.get(f"list(inside.move_often({NAME!r}, {values}).items())")
        found = delays(sent, ben.answer())
        own = ms(statistics.median(before + anna.get(own)))
    against = f"Blender {own:.2f} ms + 2"
    note = f"from the edit until the other Blender holds it; p95 {found[int(len(found) * 0.95)]:.1f} ms; Blender, one right after the other: {at_once:.2f} ms"
    return at_most(f"one object of {count:,} moved, p50", statistics.median(found), own + 2, "ms", against, note)


def move(place):
    return [move_headless(place, count) for count in (100, 3000, 10000)]


def moved_in_window(anna, ben, values, follower):
    """Milliseconds, sorted, from each move until `follower`, in the other Blender, has it."""
    anna.run(f"mover = inside.Mover({NAME!r}, {values})")
    while anna.get("len(mover.values)"):
        time.sleep(0.5)
    time.sleep(1)
    return delays(anna.get("list(mover.times.items())"), ben.get(f"list({follower}.times.items())"))


def move_in_window(place, count):
    """What Blender itself needs is seen without us: an event of one, a datagram, a timer of the other. Most of it is waiting for a redraw to end."""
    values = values_of(2 * MOVES)
    with two(place, window=True, make=f"inside.make_objects({count})") as (anna, ben):
        ben.run(f"watcher = inside.Watcher(inside.location_of({NAME!r}))")
        found = moved_in_window(anna, ben, values[:MOVES], "watcher")
        for person in (anna, ben):
            person.run("scenesync.leave()")
        ben.run(f"follower = inside.Follower({NAME!r})")
        anna.run(f"teller = inside.Teller({NAME!r}, port)", port=ben.get("follower.port"))
        own = moved_in_window(anna, ben, values[MOVES:], "follower")
    rows = []
    for name, share, more in (("p50", 0.5, 2), ("p95", 0.95, 7)):
        mine, theirs = (times[int(MOVES * share)] for times in (found, own))
        rows.append(at_most(f"one object of {count:,} moved, window, {name}", mine, theirs + more, "ms", f"Blenders alone {theirs:.2f} ms + {more}"))
    return rows


def move_window(place):
    with display():
        return [row for count in (100, 3000, 10000) for row in move_in_window(place, count)]


def move_many(place):
    """Each time all objects go 100 m further, so that the last of them passes a line that none had passed."""
    with two(place, make=f"inside.make_objects({MANY})") as (anna, ben):
        own, other = (statistics.median(person.get("inside.move_all_cost(3)")) for person in (anna, ben))
        sending, receiving = [], []
        for number in range(1, 3):
            with Listener(place, "scenesync/#") as listener:
                ben.start(f"inside.receive_all({100000 * number}, 30)")
                sending.append(anna.get("inside.move_all_and_send(100000)"))
                anna.run("inside.run_for(3)")
                receiving.append(ben.answer())
                _, live_bytes, _ = listener.heard("/live/transform")
                states, state_bytes, _ = listener.heard("/state/transform")
            for person in (anna, ben):
                person.synced(120)
    if None in receiving:
        raise RuntimeError("not all moves came")
    note = f"and settled, once they rest: {state_bytes / max(states, 1):.0f} bytes in each of {states} messages"
    sender, receiver = statistics.median(sending) - own, statistics.median(receiving) - other
    return [at_most("10,000 objects moved, added to the sender's update", ms(sender), 15, "ms", f"≤ 15 ms (Blender {ms(own):.0f} ms)"),
            at_most("10,000 objects moved, added to the receiver's update", ms(receiver), 15, "ms", f"≤ 15 ms (Blender {ms(other):.0f} ms)"),
            at_most("same: bytes on the wire per object, location only", live_bytes / MANY, 32, "bytes", note=note)]


def join_times(place, make, objects, vertices, rounds=3):
    """(Blender's own seconds to make it, seconds until somebody who joins has it), medians; every time with a new agent."""
    own, joined = [], []
    scene = place.scene()
    with contextlib.closing(Person()) as anna, contextlib.closing(Person()) as ben:
        anna.get(make)
        anna.join(place.agents[0], scene)
        anna.synced(120)
        for _ in range(rounds):
            agent = place.new_agent()
            own.append(ben.get(make))
            ben.empty()
            joined.append(ben.get(f"inside.join({scene!r}, {agent.socket!r}, {objects}, {vertices})"))
            if joined[-1] is None:
                raise RuntimeError(f"not everything came: {ben.get('[list(e) for e in inside.session().errors]')}")
            ben.run("scenesync.leave()")
            ben.empty()
    return statistics.median(own), statistics.median(joined)


def join(place):
    own, joined = join_times(place, "inside.make_objects(3000)", 3000, 0)
    return [at_most("join a scene of 3,000 objects", ms(joined), ms(own) + 250, "ms", f"Blender {ms(own):.0f} ms + 250")]


def join_mesh(place):
    own, joined = join_times(place, f"inside.make_mesh({COLUMNS}, {LINES})", 1, COLUMNS * LINES)
    return [at_most("mesh of 100,000 vertices with UV, join", ms(joined), 300, "ms", f"≤ 300 ms (Blender {ms(own):.0f} ms)")]


def store_bytes(place):
    return sum(path.stat().st_size for path in place.store.files.rglob("*") if path.is_file())


def vertex(place):
    with two(place, make=f"inside.make_mesh({COLUMNS}, {LINES})") as (anna, ben):
        own = statistics.median(anna.get("inside.move_vertex_cost('Grid', 3)"))
        anna.synced()
        blocked, sent = [], []
        for _ in range(3):
            before = store_bytes(place)
            with Listener(place, "scenesync/#") as listener:
                blocked.append(anna.get("inside.move_vertex('Grid')"))
                anna.synced()
                time.sleep(0.5)
                sent.append(store_bytes(place) - before + listener.heard("/state/")[1] + listener.heard("/live/")[1])
            ben.synced()
    note = f"Blender's own update of {ms(own):.1f} ms included; every tick above 1 ms counted"
    return [at_most("same mesh, one vertex moved, sender blocked", ms(statistics.median(blocked)), 40, "ms", note=note),
            at_most("same mesh, one vertex moved, bytes sent", statistics.median(sent) / 1000, 300, "kB")]


def pause(place):
    """What the session makes of an edit, or a click, of which Blender says only that the scene has changed."""
    with contextlib.closing(Person()) as anna:
        anna.get(f"inside.make_objects({MANY})")
        anna.join(place.agents[0], place.scene())
        anna.synced(120)
        longest = ms(statistics.median(anna.get("inside.pauses()")))
    return [at_most("10,000 objects, a setting of the scene changed, longest tick", longest, 20, "ms")]


def silent(place):
    """Edits for which Blender sends no event."""
    numbers = list(range(1, 7))
    image = "image = bpy.data.images.new('Painted', 256, 256)\nimage.pack()\n"
    with two(place, make="inside.make_objects(100)") as (anna, ben):
        anna.run(image)
        for person in (anna, ben):
            person.synced()
        ben.start(f"inside.watch(inside.property_of({NAME!r}), {numbers[-1]}, 60)")
        properties = delays(anna.get(f"inside.set_properties({NAME!r}, {numbers})"), ben.answer())
        values = [40 * number for number in numbers]
        ben.start(f"inside.watch(inside.pixel_of('Painted'), {values[-1]}, 60)")
        pixels = delays(anna.get(f"inside.paint('Painted', {values})"), ben.answer())
    return [at_most("custom property, seen by others, slowest of 6", properties[-1] / 1000, 1, "s", note=f"median {properties[3] / 1000:.2f} s"),
            at_most("image pixels (256 × 256), seen by others, slowest of 6", pixels[-1] / 1000, 2, "s", note=f"median {pixels[3] / 1000:.2f} s")]


GROUPS = {"move": move, "window": move_window, "many": move_many, "join": join, "mesh": join_mesh, "vertex": vertex, "pause": pause, "silent": silent}
