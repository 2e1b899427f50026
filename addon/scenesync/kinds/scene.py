# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the shared scene: units, frame range, resolution, camera and world."""

from . import Kind
from .values import read_attributes, write_attributes

SCENE = ("frame_start", "frame_end", "frame_step", "use_gravity", "gravity")
UNITS = ("system", "scale_length", "system_rotation", "use_separate", "length_unit", "mass_unit", "time_unit")
RENDER = (
    "fps",
    "fps_base",
    "resolution_x",
    "resolution_y",
    "resolution_percentage",
    "pixel_aspect_x",
    "pixel_aspect_y",
    "film_transparent",
    "frame_map_old",
    "frame_map_new",
)
REFERENCES = {"camera": ("object",), "world": ("world",)}


class Scene(Kind):
    name = "scene"
    collection = "scenes"
    singleton = True

    def uses(self, ctx, block):
        yield block.camera
        yield block.world
        yield from block.collection.children
        yield from block.collection.objects

    def read(self, ctx, block):
        fields = read_attributes(block, SCENE)
        fields.update(("units/" + name, value) for name, value in read_attributes(block.unit_settings, UNITS).items())
        fields.update(("render/" + name, value) for name, value in read_attributes(block.render, RENDER).items())
        for name in ("camera", "world"):
            uuid = ctx.id_of(getattr(block, name))
            if uuid is not None:
                fields[name] = uuid
        return fields

    def create(self, ctx, name, fields):
        return ctx.scene

    def write(self, ctx, block, fields):
        write_attributes(block, SCENE, fields)
        write_attributes(block.unit_settings, UNITS, _without(fields, "units/"))
        write_attributes(block.render, RENDER, _without(fields, "render/"))
        for name in ("camera", "world"):
            if name in fields:
                self._write_reference(ctx, block, name, fields[name])

    def _write_reference(self, ctx, block, name, value):
        target = ctx.block(value, *REFERENCES[name]) if value is not None else None
        if value is not None and target is None:
            ctx.want(value, block, name)
            return
        setattr(block, name, target)

    def remove(self, ctx, block):
        """The scene stays: somebody is in it."""


def _without(fields, prefix):
    return {name[len(prefix):]: value for name, value in fields.items() if name.startswith(prefix)}
