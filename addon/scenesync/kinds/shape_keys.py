# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape keys of a mesh: settings as plain fields, each key's positions as an array below at/<topology>/."""

from contextlib import suppress

import bpy
import numpy

from .arrays import FLOAT, check, get, kept, put
from .members import Orders, find, members_in, removed, rename, rename_again
from .values import read_attributes, set_attribute

PREFIX = "shape_keys/"
LIST = "shape_keys"
SETTINGS = ("slider_min", "slider_max", "value", "mute", "lock_shape", "interpolation", "vertex_group")
RELATIVE, TIME = "shape_keys_relative", "shape_keys_time"


class Memory:
    def __init__(self):
        self.orders = Orders()
        self.positions = {}  # member id → array last read
        self.relative = {}  # member id → id of the key it is relative to, which has not arrived

    def coming(self):
        return {_relative_to(member): target for member, target in self.relative.items()}

    def superseded(self, fields):
        self.relative = {member: target for member, target in self.relative.items() if _relative_to(member) not in fields}


def _relative_to(member):
    return f"{PREFIX}{member}/relative_to"


def read(ctx, mesh, vertices, memory):
    """(plain fields, {key id: positions})."""
    keys = mesh.shape_keys
    if keys is None:
        ctx.member_ids(mesh, LIST, [])
        return {}, {}
    blocks = keys.key_blocks
    names = [block.name for block in blocks]
    ids = dict(zip(names, ctx.member_ids(mesh, LIST, names)))
    order = memory.orders.read(list(ids.values()))
    fields = {RELATIVE: keys.use_relative, TIME: keys.eval_time}
    positions = {}
    for block in blocks:
        member = ids[block.name]
        fields.update((f"{PREFIX}{member}/{name}", value) for name, value in read_attributes(block, SETTINGS).items())
        fields[PREFIX + member] = True
        fields[f"{PREFIX}{member}/name"] = block.name
        fields[f"{PREFIX}{member}/order"] = order[member]
        if block.relative_key is not None:
            fields[_relative_to(member)] = ids[block.relative_key.name]
        if len(block.data) == vertices:
            positions[member] = kept(memory.positions.get(member), get(block.data, "co", vertices * 3, FLOAT))
    memory.positions = positions
    return fields, dict(positions)


def write(ctx, mesh, fields, user, memory):
    """The plain fields."""
    members = members_in(fields, PREFIX)
    for member in memory.orders.take(members):
        _write_existence(ctx, mesh, member, members[member], user)
    if mesh.shape_keys is not None:
        rename_again(ctx, mesh, LIST, mesh.shape_keys.key_blocks, members)
    _sort(ctx, mesh, user, memory)
    for member, values in members.items():
        _write_settings(ctx, mesh, member, values, memory)
    _write_relative(ctx, mesh, memory)
    keys = mesh.shape_keys
    if keys is not None and isinstance(fields.get(RELATIVE), bool):
        keys.use_relative = fields[RELATIVE]
    if keys is not None and isinstance(fields.get(TIME), (int, float)):
        keys.eval_time = fields[TIME]


def key_block(ctx, mesh, member):
    keys = mesh.shape_keys
    return None if keys is None else find(ctx, mesh, LIST, keys.key_blocks, member)


def _write_existence(ctx, mesh, member, values, user):
    block = key_block(ctx, mesh, member)
    if removed(values):
        if block is not None:
            user.shape_key_remove(block)
        return
    wanted = values.get("name")
    if not isinstance(wanted, str):
        return
    if block is None:
        block = user.shape_key_add(name=wanted, from_mix=False)
    rename(ctx, mesh, LIST, mesh.shape_keys.key_blocks, member, block, wanted)


def _sort(ctx, mesh, user, memory):
    """Bring the keys into their order; Blender moves only the active one, one place at a time."""
    keys = mesh.shape_keys
    if keys is None:
        return
    names = [block.name for block in keys.key_blocks]
    by_id = dict(zip(ctx.member_ids(mesh, LIST, names), names))
    wanted = [by_id[member] for member in memory.orders.sort(by_id)]
    if wanted == names:
        return
    active = user.active_shape_key_index
    for place, name in enumerate(wanted):
        for _ in range(keys.key_blocks.find(name) - place):
            user.active_shape_key_index = keys.key_blocks.find(name)
            with bpy.context.temp_override(object=user, active_object=user):
                bpy.ops.object.shape_key_move(type="UP")
    user.active_shape_key_index = active
    ctx.member_ids(mesh, LIST, [block.name for block in keys.key_blocks])


def _write_settings(ctx, mesh, member, values, memory):
    block = key_block(ctx, mesh, member)
    if block is None:
        return
    for name in SETTINGS:
        if name in values and hasattr(block, name):
            set_attribute(block, name, values[name])
    if "relative_to" in values:
        memory.relative[member] = values["relative_to"]


def _write_relative(ctx, mesh, memory):
    for member, target in list(memory.relative.items()):
        block = key_block(ctx, mesh, member)
        other = key_block(ctx, mesh, target) if isinstance(target, str) else None
        if block is not None and other is not None:
            block.relative_key = other
            del memory.relative[member]


def write_positions(ctx, mesh, field, member, values, vertices):
    """Whether there is such a key."""
    block = key_block(ctx, mesh, member)
    if block is None or values is None:
        return block is not None
    values = check(field, values, FLOAT, vertices * 3)
    if len(block.data) == vertices:
        put(block.data, "co", numpy.nan_to_num(values, posinf=0, neginf=0))
        with suppress(AttributeError):
            mesh.shape_keys.update_tag()
    return True
