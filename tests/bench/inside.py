# SPDX-License-Identifier: Apache-2.0
"""Runs inside Blender: makes scenes of many things, edits them, and notes when what. Times are those of one clock for all processes."""
import random
import select
import socket
import struct
import time

import bpy
import numpy
from scenesync import registration

WAIT = 0.002
PAUSE = (0.08, 0.12)  # between two moves of one object
clock = time.perf_counter


def session():
    return registration.session()


# ---- making things; all return the seconds that Blender needs


def make_objects(count):
    """Objects that share a mesh, in a grid, as an importer makes them."""
    began = clock()
    mesh = bpy.data.meshes.new("Shared")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    for number in range(count):
        item = bpy.data.objects.new(f"Object.{number:05}", mesh)
        item.location = (number % 100 * 2, number // 100 * 2, 0)
        bpy.context.scene.collection.objects.link(item)
    bpy.context.view_layer.update()
    return clock() - began


def make_mesh(columns, lines):
    """One object with a grid of columns × lines vertices and a UV map."""
    y, x = numpy.mgrid[0:lines, 0:columns].astype(numpy.float32)
    corner = (numpy.arange((lines - 1) * columns).reshape(lines - 1, columns)[:, :-1]).ravel()
    faces = numpy.stack([corner, corner + 1, corner + columns + 1, corner + columns], axis=1).astype(numpy.int32)
    began = clock()
    mesh = bpy.data.meshes.new("Grid")
    mesh.vertices.add(columns * lines)
    mesh.loops.add(faces.size)
    mesh.polygons.add(len(faces))
    mesh.vertices.foreach_set("co", numpy.stack([x, y, numpy.sin(x / 9) * numpy.cos(y / 7)], -1).ravel())
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.foreach_set("loop_start", numpy.arange(0, faces.size, 4, dtype=numpy.int32))
    mesh.polygons.foreach_set("loop_total", numpy.full(len(faces), 4, numpy.int32))
    mesh.update(calc_edges=True)
    layer = mesh.uv_layers.new(name="UVMap")
    flat = (numpy.stack([x / columns, y / lines], -1).reshape(-1, 2))[faces.ravel()]
    layer.data.foreach_set("uv", flat.astype(numpy.float32).ravel())
    item = bpy.data.objects.new("Grid", mesh)
    bpy.context.scene.collection.objects.link(item)
    bpy.context.view_layer.update()
    return clock() - began


# ---- one object moved


def move_cost(name, rounds, pause=PAUSE):
    """Seconds that Blender itself needs to move one object and update, each time: after the pause that `move_often` makes, because right after
    another move the same takes it little more than half as long."""
    item = bpy.data.objects[name]
    session().watch.stop()
    home = tuple(item.location)
    times = []
    for number in range(rounds):
        began = clock()
        item.location.x = home[0] + 1 + number
        bpy.context.view_layer.update()
        times.append(clock() - began)
        _rest(random.uniform(*pause))
    item.location = home
    bpy.context.view_layer.update()
    session().watch.start()
    return times


def _rest(seconds):
    """As `run_for`, without the session."""
    end = clock() + seconds
    while clock() < end:
        bpy.context.view_layer.update()
        time.sleep(WAIT)


def run_for(seconds):
    """The session's ticks, as pump makes them."""
    end = clock() + seconds
    while clock() < end:
        bpy.context.view_layer.update()
        session().tick(budget=float("inf"), wait=WAIT)


def move_often(name, values):
    """Moves an object to each of `values`, seldom; {value: when}."""
    item = bpy.data.objects[name]
    times = {}
    for value in values:
        times[value] = clock()
        item.location.x = value
        run_for(random.uniform(*PAUSE))
    return times


class Watcher:
    """Notes after each tick of the session what `read` gives that it has not given before."""

    def __init__(self, read):
        self.times = {}
        self.read = read
        self.tick = session().tick
        session().tick = self.watched

    def watched(self, *arguments, **options):
        due = self.tick(*arguments, **options)
        value = self.read()
        if value is not None and value not in self.times:
            self.times[value] = clock()
        return due

    def stop(self):
        del session().tick


def location_of(name):
    item = bpy.data.objects[name]
    return lambda: item.location.x


def watch(read, last, timeout):
    """{value: when it was first read} until the value `last`."""
    watcher = Watcher(read)
    end = clock() + timeout
    while last not in watcher.times and clock() < end:
        run_for(0.0)
        session().tick(budget=float("inf"), wait=WAIT)
    watcher.stop()
    return list(watcher.times.items())


class Mover:
    """In a window: moves an object from a timer."""

    def __init__(self, name, values):
        self.item = bpy.data.objects[name]
        self.values = list(values)
        self.times = {}
        bpy.app.timers.register(self.step)

    def step(self):
        if not self.values:
            return None
        value = self.values.pop(0)
        self.times[value] = clock()
        self.item.location.x = value
        return random.uniform(0.15, 0.25)


class Teller:
    """Without us: tells a port where an object is whenever Blender says that something has changed."""

    def __init__(self, name, port):
        self.item = bpy.data.objects[name]
        self.port = port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bpy.app.handlers.depsgraph_update_post.append(self.tell)

    def tell(self, *_):
        self.socket.sendto(struct.pack("d", self.item.location.x), ("127.0.0.1", self.port))


class Follower:
    """Without us: a timer that puts an object where it is told to, and notes when."""

    def __init__(self, name):
        self.item = bpy.data.objects[name]
        self.times = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        bpy.app.timers.register(self.step)

    def step(self):
        try:
            (value,) = struct.unpack("d", self.socket.recv(8))
        except BlockingIOError:
            return 0.0
        if value not in self.times:
            self.item.location.x = value
            self.times[value] = clock()
        return 0.0


# ---- all objects moved


def locations():
    values = numpy.empty((len(bpy.data.objects), 3), numpy.float32)
    bpy.data.objects.foreach_get("location", values.reshape(-1))
    return values


def move_all(values):
    for item, value in zip(bpy.data.objects, values.tolist()):
        item.location = value
    bpy.context.view_layer.update()


def move_all_cost(rounds):
    """Seconds that Blender itself needs to move all objects, each time."""
    home = locations()
    session().watch.stop()
    times = []
    for number in range(rounds):
        moved = home + numpy.float32(1 + number)
        began = clock()
        move_all(moved)
        times.append(clock() - began)
    move_all(home)
    session().watch.start()
    return times


def move_all_and_send(distance):
    """Seconds of moving all objects with the session watching, to the moment when it has sent them."""
    moved = locations() + numpy.float32(distance)
    began = clock()
    move_all(moved)
    session().tick(budget=float("inf"))
    return clock() - began


def receive_all(target, timeout):
    """Seconds that this Blender is busy from the moment the first object moves until all have moved to x ≥ `target` and it has updated."""
    busy, end = 0.0, clock() + timeout
    while clock() < end:
        if session().apply.idle:
            select.select([session().link.socket], [], [], 0.2)
        before = locations()[:, 0].min()
        began = clock()
        session().tick(budget=float("inf"))
        bpy.context.view_layer.update()
        took = clock() - began
        x = locations()[:, 0]
        if busy or not session().apply.idle or x.min() != before:
            busy += took
        if x.min() >= target and session().apply.idle:
            return busy
    return None


# ---- joining


def join(slug, agent, objects, vertices):
    """Seconds from joining until this many objects and vertices are there and linked."""
    import scenesync

    began = clock()
    scenesync.join(slug, socket=agent)
    while clock() - began < 60:
        session().tick(budget=float("inf"), wait=WAIT)
        if len(bpy.context.scene.collection.all_objects) >= objects and session().apply.idle and _vertices() >= vertices:
            bpy.context.view_layer.update()
            return clock() - began
    return None


def _vertices():
    return max((len(mesh.vertices) for mesh in bpy.data.meshes if mesh.uv_layers), default=0)


# ---- edits of a mesh, and those without an event


def move_vertex_cost(name, rounds):
    mesh = bpy.data.meshes[name]
    session().watch.stop()
    times = []
    for number in range(2 * rounds):
        began = clock()
        mesh.vertices[0].co.z += 1 if number % 2 else -1
        mesh.update()
        bpy.context.view_layer.update()
        times.append(clock() - began)
    session().watch.start()
    return times


def move_vertex(name, seconds=1.5):
    """Seconds for which the edit and what the session does about it hold up Blender: everything that takes longer than a millisecond."""
    mesh = bpy.data.meshes[name]
    mesh.vertices[len(mesh.vertices) // 2].co.z += 0.5
    mesh.update()
    blocked = []
    end = clock() + seconds
    while clock() < end:
        began = clock()
        bpy.context.view_layer.update()
        session().tick(budget=float("inf"))
        blocked.append(clock() - began)
        time.sleep(WAIT)
    return sum(time for time in blocked if time > 0.001)


def pauses(rounds=5, ticks=50):
    """Seconds for which the longest of the session's ticks after a change of the scene's settings holds up Blender, each time."""
    found = []
    for _ in range(rounds):
        bpy.context.scene.frame_end += 1
        times = []
        for _ in range(ticks):
            bpy.context.view_layer.update()
            began = clock()
            session().tick()
            times.append(clock() - began)
        found.append(max(times))
    return found


def set_properties(name, values):
    """A custom property set to each of `values`; [value, when]."""
    item = bpy.data.objects[name]
    times = {}
    for value in values:
        times[value] = clock()
        item["bench"] = value
        run_for(random.uniform(1.2, 1.7))
    return list(times.items())


def property_of(name):
    item = bpy.data.objects[name]
    return lambda: item.get("bench")


def paint(name, values):
    """An image filled with each of `values`; [value, when]."""
    image = bpy.data.images[name]
    pixels = numpy.ones(image.size[0] * image.size[1] * 4, numpy.float32)
    times = {}
    for value in values:
        pixels[0] = value / 255
        times[value] = clock()
        image.pixels.foreach_set(pixels)
        run_for(random.uniform(2.2, 2.7))
    return list(times.items())


def pixel_of(name):
    def read():
        image = bpy.data.images.get(name)
        return round(image.pixels[0] * 255) if image and image.size[0] else None
    return read
