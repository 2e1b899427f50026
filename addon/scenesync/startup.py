# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new file starts with: nobody's work until somebody has changed it. All that is shared counts: it is compared with what new
datablocks of this Blender hold, but for what Blender's start-up file has otherwise."""

import hashlib
from math import isclose

import numpy

from . import entity
from .kinds import KindError
from .kinds.mesh_topology import FIELDS

OBJECT = {"collections/Collection": True, "empty_display_type": "ARROWS", "lock_rotations_4d": False}
WORLD_GREY = 0.05087608844041824
CUBE = "at/822cef2bf8c1c0e4/"  # its topology
# Which datablocks the file holds, and what of them is not as in a new one. Ids are replaced by names.
START = {
    ("object", "Cube"): OBJECT,
    ("object", "Light"): {
        **OBJECT,
        "color": [0.0, 0.0, 0.0, 0.0],
        "location": [4.076245, 1.005454, 5.903862],
        "rotation_euler": [0.650328, 0.055217, 1.866391],
    },
    ("object", "Camera"): {
        **OBJECT,
        "color": [0.0, 0.0, 0.0, 0.0],
        "display_type": "WIRE",
        "location": [7.358891, -6.925791, 4.958309],
        "rotation_euler": [1.109319, 0.0, 0.814928],
    },
    ("mesh", "Cube"): {
        "topology": CUBE.split("/")[1],
        CUBE + "positions": "7e2e78c06c7dd734",
        CUBE + "uv/UVMap": "a71ca9231617d5b8",
        "bounds": [-1.0, -1.0, -1.0, 1.0, 1.0, 1.0],
        "active_uv": "UVMap",
        "render_uv": "UVMap",
        "uv_order": ["UVMap"],
        "material_count": 1,
        "materials/0": "Material",
        "use_mirror_vertex_groups": False,
    },
    ("light", "Light"): {"energy": 1000.0, "shadow_soft_size": 0.1},
    ("camera", "Camera"): {"clip_end": 100.0, "ortho_scale": 7.314286},
    ("material", "Material"): {"alpha_threshold": 0.0, "display/roughness": 0.5, "line_color": [0.0, 0.0, 0.0, 1.0]},
    ("world", "World"): {"color": [WORLD_GREY] * 3, "nodes/Background/inputs/Color": [WORLD_GREY] * 3 + [1.0]},
    ("collection", "Collection"): {"parents/Scene": True},
}
# What only some versions have otherwise in their start-up file.
SOMETIMES = {
    "ior": 1.45,
    "nodes/Principled BSDF/inputs/IOR": 1.45,
    "nodes/Light Output/location": [80.0, 100.0],
    "sun_shadow_jitter_overblur": 0.0,
    "use_backface_culling_lightprobe_volume": False,
}


def is_untouched(ctx):
    """Whether all that is shared is what Blender starts with, as it was."""
    blocks = [(ctx.kind_of(block), block) for block in ctx.walk() if block != ctx.scene]
    return all((kind.name, block.name) in START for kind, block in blocks) and all(_is_as_it_was(ctx, *block) for block in blocks)


def _is_as_it_was(ctx, kind, block):
    if _has_more(block):
        return False
    try:
        held = _described(ctx, kind, block, block)
    except KindError:
        return False
    made = {**_of_new(ctx, kind, block), **START[kind.name, block.name]}
    return held.keys() == made.keys() and all(_close(value, made[name]) or _close(value, SOMETIMES.get(name)) for name, value in held.items())


def _has_more(block):
    """Whether it has what is somebody's work, though it is not shared."""
    tree = getattr(block, "node_tree", None)
    animated = getattr(block, "animation_data", None) or (tree is not None and tree.animation_data)
    return bool(animated or getattr(block, "modifiers", ()) or getattr(block, "constraints", ()))


def _of_new(ctx, kind, block):
    """What a new datablock holds that is to be like this one."""
    new = _new(getattr(ctx.data, kind.collection), kind, block)
    try:
        if getattr(block, "node_tree", None) is not None:
            if new.node_tree is None:
                new.use_nodes = True
            for node in block.node_tree.nodes:
                ctx.bind_member(new, "nodes", node.name, ctx.member_id(block, "nodes", node.name))
        return _described(ctx, kind, new, block)
    finally:
        ctx.identity.lose(ctx.id_of(new))
        getattr(ctx.data, kind.collection).remove(new)


def _new(blocks, kind, block):
    if kind.name == "object":
        return blocks.new("scenesync", block.data)
    return blocks.new("scenesync", "POINT") if kind.name == "light" else blocks.new("scenesync")


def _described(ctx, kind, block, like):
    """What is shared of `block`, with the names of `like` and of other datablocks in place of ids."""
    fields = entity.read(ctx, kind, ctx.id_of(block), block)
    if kind.name == "object":
        fields.update(ctx.kinds["transform"].read(ctx, block))
    names = {ctx.id_of(other).hex(): other.name for other in ctx.walk()}
    names[ctx.id_of(ctx.scene).hex()] = "Scene"
    if getattr(like, "node_tree", None) is not None:
        names.update((ctx.member_id(like, "nodes", node.name), node.name) for node in like.node_tree.nodes)
    found = {}
    for field, value in fields.items():
        levels = [names.get(level, level) for level in field.split("/")]
        if not _says_nothing(levels, value):
            found["/".join(levels)] = _plain(value, names)
    return found


def _says_nothing(levels, value):
    """Whether this field follows from others, or says of a new datablock that it has none."""
    if levels[0] == "at":
        return levels[-1] in FIELDS or value.size == 0
    return levels == ["name"] or (levels[0] == "collections" and value is False)


def _plain(value, names):
    if isinstance(value, numpy.ndarray):
        return hashlib.sha256(value).hexdigest()[:16]
    return names.get(value.hex(), value) if isinstance(value, bytes) else value


def _close(value, other):
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(_close, value, other))
    if isinstance(value, float) and isinstance(other, float):
        return isclose(value, other, abs_tol=1e-5)
    return value == other
