# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks: layers of splines. A spline's points are two arrays; splines have no names in Blender and are told apart by where they are in memory."""

import math

import numpy

from . import Kind, KindError, mask_points
from .members import Orders, members_in, removed, rename_again, write_existence
from .values import read_attributes, write_attributes

RANGE = ("frame_start", "frame_end")
LAYER = ("hide", "hide_select", "hide_render", "alpha", "blend", "invert", "falloff", "use_fill_holes", "use_fill_overlap", "fill_solver")
SPLINE = ("offset_mode", "weight_interpolation", "use_cyclic", "use_fill", "use_self_intersection_check")
LAYERS, SPLINES = "layers/", "splines/"
LIST = "layers"


class Memory:
    """What is remembered of one mask: values only."""

    def __init__(self):
        self.orders = Orders()
        self.spline_orders = {}  # layer id → Orders
        self.splines = {}  # layer id → {address of a spline: its id}
        self.points = {}  # (layer id, spline id) → points last read or written


class Mask(Kind):
    name = "mask"
    collection = "masks"
    everything = True

    def __init__(self):
        self.memories = {}  # UUID → Memory

    def memory(self, ctx, mask):
        return self.memories.setdefault(ctx.id_of(mask), Memory())

    def remove(self, ctx, mask):
        self.memories.pop(ctx.id_of(mask), None)
        super().remove(ctx, mask)

    def uses(self, ctx, mask):
        for layer in mask.layers:
            for spline in layer.splines:
                yield from (point.parent.id for point in spline.points)

    # ---- read

    def read(self, ctx, mask):
        memory = self.memory(ctx, mask)
        fields = read_attributes(mask, RANGE)
        names = [layer.name for layer in mask.layers]
        ids = ctx.member_ids(mask, LIST, names)
        orders = memory.orders.read(ids)
        for member, layer in zip(ids, mask.layers):
            prefix = LAYERS + member
            fields[prefix] = True
            fields[prefix + "/name"] = layer.name
            fields[prefix + "/order"] = orders[member]
            fields.update((f"{prefix}/{name}", value) for name, value in read_attributes(layer, LAYER).items())
            self._read_splines(ctx, mask, member, layer, memory, fields)
        box = bounds(mask, ctx.scene.render)
        if box is not None:
            fields["bounds_px"] = box
        return fields

    def _read_splines(self, ctx, mask, member, layer, memory, fields):
        ids = spline_ids(ctx, mask, member, layer, memory)
        orders = memory.spline_orders.setdefault(member, Orders()).read(ids)
        for spline_id, spline in zip(ids, layer.splines):
            prefix = f"{LAYERS}{member}/{SPLINES}{spline_id}"
            fields[prefix] = True
            fields[prefix + "/order"] = orders[spline_id]
            fields.update((f"{prefix}/{name}", value) for name, value in read_attributes(spline, SPLINE).items())
            found = mask_points.read(ctx, spline, memory.points.get((member, spline_id)))
            memory.points[member, spline_id] = found["points"]
            fields.update((f"{prefix}/{name}", value) for name, value in found.items())

    # ---- write

    def write(self, ctx, mask, fields):
        memory = self.memory(ctx, mask)
        write_attributes(mask, RANGE, {name: value for name, value in fields.items() if value is not None})
        layers = members_in(fields, LAYERS)
        for member in memory.orders.take(layers):
            self._write_layer(ctx, mask, member, layers[member], memory)
        rename_again(ctx, mask, LIST, mask.layers, layers)
        self._sort(ctx, mask, memory)
        mask.update_tag()

    def _write_layer(self, ctx, mask, member, values, memory):
        layer = write_existence(ctx, mask, LIST, mask.layers, member, values)
        if layer is None:
            return
        write_attributes(layer, LAYER, {name: value for name, value in values.items() if value is not None})
        self._write_splines(ctx, mask, member, layer, values, memory)

    def _write_splines(self, ctx, mask, member, layer, values, memory):
        orders = memory.spline_orders.setdefault(member, Orders())
        known = {value: address for address, value in _known(ctx, mask, member, layer, memory).items()}
        splines = members_in(values, SPLINES)
        for spline_id in orders.take(splines):
            own = splines[spline_id]
            spline = next((s for s in layer.splines if s.as_pointer() == known.get(spline_id)), None)
            if removed(own):
                if spline is not None:
                    layer.splines.remove(spline)
                continue
            if spline is None:
                if "" not in own and "points" not in own:
                    continue
                spline = layer.splines.new()
                memory.splines[member][spline.as_pointer()] = spline_id
            write_attributes(spline, SPLINE, {name: value for name, value in own.items() if value is not None})
            mask_points.write(ctx, mask, spline, f"{LAYERS}{member}/{SPLINES}{spline_id}", own)
            if own.get("points") is not None:
                memory.points[member, spline_id] = own["points"]
        spline_ids(ctx, mask, member, layer, memory)

    def _sort(self, ctx, mask, memory):
        """Bring the layers into their order. Blender moves them only by an operator of an editor, so the rest is made anew where it differs."""
        names = [layer.name for layer in mask.layers]
        ids = ctx.member_ids(mask, LIST, names)
        wanted = memory.orders.sort(ids)
        same = next((place for place in range(len(ids)) if ids[place] != wanted[place]), len(ids))
        if same == len(ids):
            return
        keys = dict(memory.orders.keys)
        fields = self.read(ctx, mask)
        memory.orders.keys = keys
        for member in wanted[same:]:
            mask.layers.remove(mask.layers[names[ids.index(member)]])
            memory.splines.pop(member, None)
        for member in wanted[same:]:
            self._write_layer(ctx, mask, member, members_in(fields, LAYERS)[member], memory)


# ---- which spline is which


def spline_ids(ctx, mask, member, layer, memory):
    """The ids of a layer's splines, in order, made for new ones; those of vanished splines are forgotten."""
    known = _known(ctx, mask, member, layer, memory)
    ids = [known.get(spline.as_pointer()) or ctx.identity.new_uuid()[:4].hex() for spline in layer.splines]
    memory.splines[member] = {spline.as_pointer(): value for spline, value in zip(layer.splines, ids)}
    name = f"splines {member}"
    for place, value in enumerate(ids):
        ctx.bind_member(mask, name, str(place), value)
    ctx.member_ids(mask, name, [str(place) for place in range(len(ids))])
    return ids


def _known(ctx, mask, member, layer, memory):
    """{address: id}. After an undo or a reload no address is known, and the places of last time count."""
    known = memory.splines.setdefault(member, {})
    addresses = [spline.as_pointer() for spline in layer.splines]
    if addresses and not any(address in known for address in addresses):
        name = f"splines {member}"
        known.update((address, ctx.member_id(mask, name, str(place))) for place, address in enumerate(addresses))
    return known


# ---- for other tools


def bounds(mask, render):
    """[left, bottom, right, top] in pixels of the scene's frame, of all points and handles that are rendered; None when there are none."""
    corners = [mask_points.box(spline) for layer in mask.layers if not layer.hide_render for spline in layer.splines if len(spline.points)]
    if not corners:
        return None
    width, height = (side * render.resolution_percentage / 100 for side in (render.resolution_x, render.resolution_y))
    longer = max(width, height)  # masks are square: their shorter side reaches beyond the frame
    table = numpy.array(corners, "f8") - 0.5
    left, bottom = table[:, :2].min(axis=0)
    right, top = table[:, 2:].max(axis=0)
    edges = (left * longer + width / 2, bottom * longer + height / 2, right * longer + width / 2, top * longer + height / 2)
    if not all(math.isfinite(edge) for edge in edges):
        raise KindError("bounds_px", "the mask has points that are not finite", "move them")
    return [math.floor(edges[0]), math.floor(edges[1]), math.ceil(edges[2]), math.ceil(edges[3])]
