# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes. `topology` names how vertices, edges and faces hang together; every array that only fits that topology is `at/<topology>/…`.

`schemas/kinds/mesh.yaml` describes the fields. Arrays that were read before are returned as the same objects while they are equal, so that
comparing them with what was sent costs nothing.
"""

import time
from contextlib import contextmanager
from functools import partial

import bpy
import numpy

from . import Kind, KindError, mesh_layers, mesh_normals, mesh_settings, mesh_topology, shape_keys, vertex_groups
from .arrays import kept, same
from .mesh_users import Users

AT = "at/"
SHARE = 15  # of the time between two looks at silent edits, a look takes at most one part in so many
NEEDED = mesh_topology.FIELDS + ("positions",)  # what a mesh is built from


class Memory:
    """What is remembered of one mesh: values only, no reference into Blender."""

    def __init__(self):
        self.topology = None
        self.name = None
        self.arrays = {}
        self.bounds = None
        self.order = []  # names of the UV maps, in the order wanted
        self.seen_order = []  # and in the order last read
        self.written = False  # since then
        self.plain_layers = set()
        self.names = {}  # active layers that shall be, as soon as they are there
        self.normals = mesh_normals.Memory()
        self.groups = vertex_groups.Memory()
        self.keys = shape_keys.Memory()
        self.slots = mesh_settings.Slots()
        self.coming = None  # name of a topology that has been announced, or seen in a field's name
        self.announced = False
        self.looked = (0.0, 0.0)  # for silent edits: when, and how long it took
        self.arrived = {}  # its arrays, until all that it needs are here
        self.ahead = (None, {})  # the name of one that has yet to be announced while another is coming, and its arrays
        self.early = {}  # arrays that fit, of vertex groups and shape keys that are not here yet

    def recognise(self, topology):
        """The topology's name; hashed only when it is not the one of last time."""
        old = self.topology
        if old is not None and old.counts == topology.counts and all(map(same, old.arrays(), topology.arrays())):
            return self.name
        self.become(topology, topology.name())
        return self.name

    def become(self, topology, name):
        self.topology, self.name = topology, name
        self.normals = mesh_normals.Memory()
        self.early = {}

    def see_order(self, names):
        """The UV maps are in this order. Unless a write has made it so, somebody here wants it."""
        if names != self.seen_order and not self.written:
            self.order = names
        self.seen_order, self.written = names, False

    def announce(self, name):
        """This topology shall be. If it is the one that is here, returns its arrays that came before this."""
        before = self.ahead[1] if name == self.ahead[0] else {}
        if name == self.name:
            self.forget_coming()
            return before
        if name != self.coming:
            self.coming, self.arrived = name, before
        self.announced = True
        return {}

    def gather(self, name, field, values):
        """An array of a topology that is not here yet, or has lost."""
        if name != self.coming and not self.announced:
            self.coming, self.arrived = name, {}
        elif name not in (self.coming, self.ahead[0]):
            self.ahead = (name, {})
        (self.arrived if name == self.coming else self.ahead[1])[field] = values

    def forget_coming(self):
        self.coming, self.announced, self.arrived, self.ahead = None, False, {}, (None, {})

    def waiting(self):
        """[(topology, {name: array})] of what has arrived and cannot be written yet."""
        return [(self.name, self.early), self.ahead, (self.coming, self.arrived)]

    def keep(self, arrays):
        self.arrays = {name: kept(self.arrays.get(name), values) for name, values in arrays.items()}
        return self.arrays


class Mesh(Kind):
    name = "mesh"
    collection = "meshes"
    sweep = 2.0  # Blender 3.4 sends no event for foreach_set and new vertex groups; and weights may have been postponed

    def __init__(self):
        self.memories = {}  # UUID → Memory
        self.users = Users()

    def memory(self, ctx, mesh):
        value = ctx.id_of(mesh)
        found = self.memories.get(value)
        if found is None:
            if len(self.memories) > 2 * len(ctx.data.meshes) + 64:
                self.memories = {known: memory for known, memory in self.memories.items() if ctx.block(known, "mesh")}
            found = self.memories[value] = Memory()
        return found

    def uses(self, ctx, mesh):
        yield from mesh.materials
        for name in mesh_settings.REFERENCES:
            yield getattr(mesh, name)

    def remove(self, ctx, mesh):
        self.memories.pop(ctx.id_of(mesh), None)
        super().remove(ctx, mesh)

    # ---- read

    def read(self, ctx, mesh):
        memory = self.memory(ctx, mesh)
        fields = mesh_settings.read(ctx, mesh, memory.slots)
        user = self.users.find(ctx.data, mesh)
        if not mesh.is_editmode:
            mesh_layers.tell_apart(mesh)
        with _readable(mesh, user) as shown:
            topology = mesh_topology.read(shown, ctx.caps.mesh_attributes_only)
            name = memory.recognise(topology)
            fields["topology"] = name
            arrays = self._read_arrays(ctx, mesh, shown, memory, user, fields)
            mesh_settings.read_layer_names(shown, ctx.caps.mesh_attributes_only, fields)
        memory.see_order(fields[mesh_settings.ORDER])
        positions = memory.arrays.get("positions")
        arrays = memory.keep(arrays)
        if arrays["positions"] is not positions or memory.bounds is None:
            memory.bounds = bounds(arrays["positions"])
        fields["bounds"] = list(memory.bounds)
        prefix = f"{AT}{name}/"
        fields[prefix + "counts"] = list(topology.counts)
        fields.update((prefix + field, values) for field, values in arrays.items())
        return fields

    def _read_arrays(self, ctx, mesh, shown, memory, user, fields):
        topology, vertices = memory.topology, memory.topology.counts[0]
        arrays = {name: getattr(topology, name) for name in mesh_topology.FIELDS[1:]}
        arrays.update(mesh_layers.read(shown, topology, ctx.caps.mesh_attributes_only))
        arrays.update(mesh_normals.read(shown, topology, memory.normals))
        plain, weights = self._read_groups(ctx, mesh, shown, memory, user)
        fields.update(plain)
        arrays.update((vertex_groups.PREFIX + member, pairs) for member, pairs in weights.items())
        plain, positions = shape_keys.read(ctx, mesh, vertices, memory.keys)
        fields.update(plain)
        arrays.update((shape_keys.PREFIX + member, values) for member, values in positions.items())
        return arrays

    def _read_groups(self, ctx, mesh, shown, memory, user):
        """While no object uses a mesh, what was last read of them holds, unless undo has come since."""
        if user is not None or not memory.groups.undone:
            return vertex_groups.read(ctx, mesh, shown, user, memory.name, memory.groups)
        with self.users.object_of(ctx.data, mesh) as scratch:
            return vertex_groups.read(ctx, mesh, mesh, scratch, memory.name, memory.groups)

    def after_undo(self, ctx):
        """Let `read` look at all vertex groups and weights."""
        for memory in self.memories.values():
            memory.groups.due = memory.groups.undone = True

    def coming(self, uuid):
        """The topology whose arrays have not all arrived, those that have, and what waits for layers, vertex groups and shape keys."""
        memory = self.memories.get(uuid)
        if memory is None:
            return {}
        fields = {**memory.names, **memory.keys.coming()}
        for topology, arrays in memory.waiting():
            fields.update((f"{AT}{topology}/{name}", values) for name, values in arrays.items())
        return {**fields, "topology": memory.coming} if memory.announced else fields

    def superseded(self, uuid, fields):
        memory = self.memories.get(uuid)
        if memory is None:
            return
        if "topology" in fields:
            memory.forget_coming()
        for name in memory.names.keys() & fields.keys():
            del memory.names[name]
        for topology, arrays in memory.waiting():
            for name in [name for name in arrays if f"{AT}{topology}/{name}" in fields]:
                del arrays[name]
        memory.keys.superseded(fields)

    def decided_by(self, name, changes):
        """Arrays go with the topology that they fit."""
        return "topology" if name.startswith("at/") and "topology" in changes else super().decided_by(name, changes)

    def signature(self, ctx, mesh):
        memory = self.memory(ctx, mesh)
        if memory.groups.demand():
            return None
        when, took = memory.looked
        now = time.monotonic()
        if ctx.caps.mesh_edits_fire or mesh.is_editmode or now - when < took * SHARE:
            return ()
        user = self.users.find(ctx.data, mesh)
        edited = mesh_layers.classic_edited(mesh, memory.arrays) or (user is not None and user.vertex_groups.keys() != memory.groups.names)
        memory.looked = (now, time.monotonic() - now)
        return None if edited else ()

    # ---- write

    def write(self, ctx, mesh, fields):
        if mesh.is_editmode:
            raise KindError("topology", "the mesh is being edited", "leave Edit Mode")
        memory = self.memory(ctx, mesh)
        memory.written = True
        problems = Problems()
        with problems.caught():
            mesh_settings.write(ctx, mesh, fields, memory.slots)
        memory.plain_layers.update(
            mesh_layers.decode_level(field[len(mesh_settings.PLAIN_LAYERS):])
            for field, value in fields.items()
            if field.startswith(mesh_settings.PLAIN_LAYERS) and value
        )
        if isinstance(fields.get(mesh_settings.ORDER), list):
            memory.order = fields[mesh_settings.ORDER]
        if "topology" in fields or any(field.startswith(AT) for field in fields) or _about_members(fields):
            self._write_geometry(ctx, mesh, fields, memory, problems)
        memory.names.update((name, value) for name, value in fields.items() if name in mesh_settings.LAYER_NAMES)
        mesh_settings.write_layer_names(mesh, memory.names)
        problems.raise_first()

    def _write_geometry(self, ctx, mesh, fields, memory, problems):
        memory.recognise(mesh_topology.read(mesh, ctx.caps.mesh_attributes_only))
        arrays, rebuilt = {}, False
        with problems.caught():
            arrays, rebuilt = self._settle_topology(ctx, mesh, fields, memory)
        plain_groups = {name: value for name, value in fields.items() if name.startswith(vertex_groups.PREFIX)}
        plain_keys = {name: value for name, value in fields.items() if name.startswith(shape_keys.PREFIX[:-1])}
        if plain_groups or plain_keys or any(name.startswith((vertex_groups.PREFIX, shape_keys.PREFIX)) for name in arrays):
            orphan = self.users.find(ctx.data, mesh) is None
            with self.users.object_of(ctx.data, mesh) as user, problems.caught():
                vertex_groups.write(ctx, mesh, plain_groups, user, memory.groups)
                shape_keys.write(ctx, mesh, plain_keys, user, memory.keys)
                self._write_members(ctx, mesh, arrays, user, memory, problems)
                if orphan:  # what read reports while no object uses it
                    vertex_groups.read(ctx, mesh, mesh, user, memory.name, memory.groups)
        self._write_layers(ctx, mesh, arrays, memory, problems)
        if rebuilt:  # Blender 3.4 draws loose edges only when told
            mesh.update(calc_edges_loose=True)
        elif arrays:
            mesh.update()
        with problems.caught():
            normals = {name: values for name, values in arrays.items() if name.startswith(mesh_normals.DIRECTIONS)}
            mesh_normals.write(mesh, memory.topology, normals, memory.normals, ctx.caps.exact_custom_normals, partial(self._operator, ctx))

    def _settle_topology(self, ctx, mesh, fields, memory):
        """Build what is complete. Returns the arrays (below at/<topology>/) to write to what is there now, and whether it was built anew."""
        arrays = dict(memory.announce(fields["topology"])) if isinstance(fields.get("topology"), str) else {}
        for field, values in fields.items():
            if not field.startswith(AT):
                continue
            topology, _, name = field[len(AT):].partition("/")
            if topology == memory.name and not (memory.coming and memory.announced):
                arrays[name] = values
            else:
                memory.gather(topology, name, values)
        if not memory.announced or any(memory.arrived.get(name) is None for name in NEEDED):
            return {name: values for name, values in arrays.items() if name not in mesh_topology.FIELDS}, False
        return self._build(ctx, mesh, memory), True

    def _build(self, ctx, mesh, memory):
        name, arrived = memory.coming, memory.arrived
        memory.forget_coming()
        topology = mesh_topology.checked(f"{AT}{name}/", arrived)
        if topology.name() != name:
            raise KindError("topology", "the arrays are not those of this topology", "send the mesh again")
        memory.names = {**mesh_settings.read_active(mesh), **memory.names}
        mesh_topology.build(mesh, topology, arrived["positions"], ctx.caps.mesh_attributes_only, ctx.data)
        memory.become(topology, name)
        memory.groups.weights = {}
        memory.groups.due = True
        plain = {field: None for field in mesh_layers.PLAIN}  # what says nothing is absent
        plain.update((field, values) for field, values in arrived.items() if field not in mesh_topology.FIELDS)
        return plain

    def _write_layers(self, ctx, mesh, arrays, memory, problems):
        layers = [name for name in arrays if name in mesh_layers.PLAIN or name.startswith((mesh_layers.UV, mesh_layers.ATTRIBUTE))]
        places = {name: place for place, name in enumerate(memory.order)}
        layers.sort(key=lambda field: (places.get(mesh_layers.decode_level(field.rpartition("/")[2]), len(places)), field))
        layers.sort(key=lambda field: arrays[field] is not None)  # what is removed makes room for a name
        operator = partial(self._operator, ctx)
        for name in layers:
            with problems.caught():
                mesh_layers.write(mesh, memory.topology, name, arrays[name], ctx.caps.mesh_attributes_only, memory.plain_layers, operator)

    def _write_members(self, ctx, mesh, arrays, user, memory, problems):
        """Weights and positions; those of members that are not here yet wait for them."""
        vertices = memory.topology.counts[0]
        waiting, memory.early = {**memory.early, **arrays}, {}
        for name, values in waiting.items():
            with problems.caught():
                there = True
                if name.startswith(vertex_groups.PREFIX):
                    member = name[len(vertex_groups.PREFIX):]
                    there = vertex_groups.write_weights(ctx, mesh, name, member, values, vertices, user, memory.groups)
                elif name.startswith(shape_keys.PREFIX):
                    there = shape_keys.write_positions(ctx, mesh, name, name[len(shape_keys.PREFIX):], values, vertices)
                if not there and values is not None:
                    memory.early[name] = values

    def _operator(self, ctx, mesh, name):
        """For the few things that Blender does only by an operator: some look for the mesh, some for an object."""
        with self.users.object_of(ctx.data, mesh) as user:
            with bpy.context.temp_override(mesh=mesh, object=user, active_object=user):
                getattr(bpy.ops.mesh, name)()


class Problems:
    """The first error is raised at the end, so that one bad layer does not keep the others away."""

    def __init__(self):
        self.first = None

    @contextmanager
    def caught(self):
        try:
            yield
        except KindError as error:
            self.first = self.first or error

    def raise_first(self):
        if self.first:
            raise self.first


def bounds(positions):
    """[least x, y, z, greatest x, y, z]."""
    if not positions.size:
        return [0.0] * 6
    columns = numpy.ascontiguousarray(positions.reshape(-1, 3).T)  # numpy reduces rows some thirty times faster than columns
    return columns.min(axis=1).tolist() + columns.max(axis=1).tolist()


def _about_members(fields):
    return any(field.startswith((vertex_groups.PREFIX, shape_keys.PREFIX[:-1])) for field in fields)


@contextmanager
def _readable(mesh, user):
    """The mesh, or in Edit Mode a copy of what the session last brought up to date: there Blender hides all layers of the mesh itself."""
    if not mesh.is_editmode or user is None:
        yield mesh
        return
    try:
        yield user.to_mesh()
    finally:
        user.to_mesh_clear()
