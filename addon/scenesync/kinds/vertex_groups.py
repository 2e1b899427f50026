# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertex groups: names and order as plain fields, weights as one array of (vertex, weight) pairs per group, so that a group is never half new."""

import time

import numpy

from . import KindError
from .arrays import INT, check, kept, many_objects
from .members import Orders, find, members_in, rename_again, write_existence

PREFIX = "vertex_groups/"
LIST = "vertex_groups"
LARGE = 5000  # vertices
SHARE = 15  # of the time, looking at the weights of a large mesh takes at most one part in so many
PAIR = numpy.dtype("<f8")  # holds a vertex number and a 32-bit weight exactly


class Memory:
    """Of one mesh: what was last read, for while no object uses it; and the weights, to write only what differs."""

    def __init__(self):
        self.names = []
        self.fields = {}
        self.weights = {}  # member id → pairs
        self.orders = Orders()
        self.looked = (0.0, 0.0, None)  # at the weights: when, how long it took, at which groups of which topology
        self.postponed = False  # the last read gave the weights of the one before
        self.due = False  # the next read looks at them
        self.undone = False  # undo may have changed them since

    def demand(self):
        """Let the next read look at weights that the last one did not; whether there are such, or it looks anyway."""
        self.due = self.due or self.postponed
        return self.due

    def postpones(self, what, vertices):
        """Whether to give the weights of last time: looking at those of a large mesh takes long, and Blender does not say whether they changed."""
        when, took, seen = self.looked
        self.postponed = not self.due and vertices >= LARGE and seen == what and time.monotonic() - when < took * SHARE
        return self.postponed


def read(ctx, mesh, shown, user, topology, memory):
    """(plain fields, {group id: pairs}); `shown` is the mesh or, in Edit Mode, a readable copy of it."""
    if user is None:
        vertices = len(shown.vertices)
        return dict(memory.fields), {i: pairs for i, pairs in memory.weights.items() if not pairs.size or pairs[-2] < vertices}
    groups = user.vertex_groups
    memory.names = groups.keys()
    ids = ctx.member_ids(mesh, LIST, memory.names)
    keys = memory.orders.read(ids)
    fields = {}
    for member, group in zip(ids, groups):
        fields[PREFIX + member] = True
        fields[f"{PREFIX}{member}/name"] = group.name
        fields[f"{PREFIX}{member}/order"] = keys[member]
        fields[f"{PREFIX}{member}/lock_weight"] = group.lock_weight
    memory.fields, memory.undone = fields, False
    if not memory.postpones((ids, topology), len(shown.vertices)):
        start = time.monotonic()
        memory.weights = {member: kept(memory.weights.get(member), pairs) for member, pairs in zip(ids, _pairs(shown, len(ids)))}
        end = time.monotonic()
        memory.looked, memory.due = (end, end - start, (ids, topology)), False
    return dict(fields), dict(memory.weights)


def _pairs(mesh, count):
    """The pairs of every group, by ascending vertex: one pass over the mesh in Python, as there is no other way."""
    if not count:
        return []
    vertices, groups, weights = [], [], []
    with many_objects():
        for index, vertex in enumerate(mesh.vertices):
            for item in vertex.groups:
                vertices.append(index)
                groups.append(item.group)
                weights.append(item.weight)
        table = numpy.array((vertices, weights), PAIR).T
    order = numpy.argsort(groups, kind="stable")
    limits = numpy.searchsorted(numpy.array(groups, INT)[order], numpy.arange(count + 1))
    return [table[order[start:end]].reshape(-1) for start, end in zip(limits[:-1], limits[1:])]


def write(ctx, mesh, fields, user, memory):
    """The plain fields."""
    members = members_in(fields, PREFIX)
    memory.orders.take(members)
    for member, values in members.items():
        group = write_existence(ctx, mesh, LIST, user.vertex_groups, member, values)
        if group is not None and isinstance(values.get("lock_weight"), bool):
            group.lock_weight = values["lock_weight"]
    rename_again(ctx, mesh, LIST, user.vertex_groups, members)
    _sort(ctx, mesh, user, memory)


def _sort(ctx, mesh, user, memory):
    """Bring the groups into their order. Blender can only move one by one, or sort by name, so this makes the rest anew where they differ."""
    names = [group.name for group in user.vertex_groups]
    ids = ctx.member_ids(mesh, LIST, names)
    by_id = dict(zip(ids, names))
    wanted = [by_id[member] for member in memory.orders.sort(ids)]
    for place, name in enumerate(wanted):
        if user.vertex_groups[place].name != name:
            _make_last(mesh, user, wanted[place:])
            break
    ctx.member_ids(mesh, LIST, [group.name for group in user.vertex_groups])


def _make_last(mesh, user, names):
    """Make these groups anew at the end, in this order, with the weights and locks that they have."""
    groups = user.vertex_groups
    pairs = _pairs(mesh, len(groups))
    held = {name: (pairs[groups[name].index], groups[name].lock_weight) for name in names}
    for name in names:
        groups.remove(groups[name])
    for name in names:
        group = groups.new(name=name)
        group.lock_weight = held[name][1]
        _add(group, held[name][0].reshape(-1, 2))


def write_weights(ctx, mesh, field, member, pairs, vertices, user, memory):
    """One group's weights; only vertices that differ from what was last read are touched. Whether there is such a group."""
    group = find(ctx, mesh, LIST, user.vertex_groups, member)
    if group is None:
        return False
    new = numpy.empty((0, 2), PAIR) if pairs is None else checked(field, pairs, vertices)
    old = None if memory.undone else memory.weights.get(member)
    if old is None:
        group.remove(range(vertices))
        _add(group, new)
    else:
        old = old.reshape(-1, 2)
        gone = numpy.setdiff1d(old[:, 0], new[:, 0])
        if gone.size:
            group.remove(gone.astype(int).tolist())
        _add(group, new[~_same_weight(new, old)])
    memory.weights[member] = new.reshape(-1)
    return True


def _same_weight(new, old):
    if not old.size or not new.size:
        return numpy.zeros(len(new), bool)
    place = numpy.minimum(numpy.searchsorted(old[:, 0], new[:, 0]), len(old) - 1)
    return (old[place] == new).all(axis=1)


def checked(field, pairs, vertices):
    """(vertex, weight) rows by strictly ascending vertex, or a KindError."""
    rows = check(field, pairs, PAIR, pairs.size if hasattr(pairs, "size") and pairs.size % 2 == 0 else -1).reshape(-1, 2)
    index = rows[:, 0]
    if not numpy.isfinite(rows).all() or (index != numpy.floor(index)).any() or (numpy.diff(index) <= 0).any():
        raise KindError(field, "is not a list of vertices and weights", "send the mesh again")
    if rows.size and (index[0] < 0 or index[-1] >= vertices):
        raise KindError(field, "weighs vertices that the mesh does not have", "send the mesh again")
    rows = rows.copy()
    rows[:, 1] = numpy.clip(rows[:, 1], 0, 1).astype("f4")  # as Blender will hold them
    return rows


def _add(group, rows):
    """Vertices of equal weight go in one call."""
    if not len(rows):
        return
    order = numpy.argsort(rows[:, 1], kind="stable")
    index, weight = rows[order, 0].astype(int).tolist(), rows[order, 1]
    starts = numpy.flatnonzero(numpy.concatenate(([True], numpy.diff(weight) != 0))).tolist()
    for start, end in zip(starts, starts[1:] + [len(index)]):
        group.add(index[start:end], float(weight[start]), "REPLACE")
