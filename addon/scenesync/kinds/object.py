# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects: what they are, what they show, where they hang in the hierarchy and in which collections they are."""

import bpy

from .. import identity
from . import Kind, KindError
from .values import read_attributes, set_attribute, write_attributes

ATTRIBUTES = (
    "hide_render",
    "hide_viewport",
    "hide_select",
    "display_type",
    "show_name",
    "show_axis",
    "show_wire",
    "show_all_edges",
    "show_texture_space",
    "show_bounds",
    "display_bounds_type",
    "show_in_front",
    "show_transparent",
    "color",
    "pass_index",
    "instance_type",
    "show_instancer_for_render",
    "show_instancer_for_viewport",
    "use_instance_vertices_rotation",
    "use_instance_faces_scale",
    "instance_faces_scale",
    "empty_display_type",
    "empty_display_size",
    "empty_image_offset",
    "empty_image_depth",
    "empty_image_side",
    "show_empty_image_orthographic",
    "show_empty_image_perspective",
    "show_empty_image_only_axis_aligned",
    "use_empty_image_alpha",
    "lock_location",
    "lock_rotation",
    "lock_scale",
    "lock_rotation_w",
    "lock_rotations_4d",
    "delta_location",
    "delta_rotation_euler",
    "delta_rotation_quaternion",
    "delta_scale",
    "visible_camera",
    "visible_diffuse",
    "visible_glossy",
    "visible_transmission",
    "visible_volume_scatter",
    "visible_shadow",
    "is_holdout",
    "is_shadow_catcher",
    "use_camera_lock_parent",
)
ROTATIONS = ("rotation_euler", "rotation_quaternion", "rotation_axis_angle")
PARENT = ("parent", "parent_type", "parent_bone", "parent_vertices", "matrix_parent_inverse")
COLLECTIONS = "collections/"
SLOTS = "slots/"

# How to make the datablock that stands in for one that has not arrived, or is of a kind that is not shared.
STAND_INS = {
    "MESH": ("meshes", ()),
    "LIGHT": ("lights", ("POINT",)),
    "CAMERA": ("cameras", ()),
    "ARMATURE": ("armatures", ()),
    "CURVE": ("curves", ("CURVE",)),
    "SURFACE": ("curves", ("SURFACE",)),
    "FONT": ("curves", ("FONT",)),
    "META": ("metaballs", ()),
    "LATTICE": ("lattices", ()),
    "SPEAKER": ("speakers", ()),
    "LIGHT_PROBE": ("lightprobes", ("CUBE",)),
    "VOLUME": ("volumes", ()),
    "CURVES": ("hair_curves", ()),
    "POINTCLOUD": ("pointclouds", ()),
    "GPENCIL": ("grease_pencils", ()),
    "GREASEPENCIL": ("grease_pencils_v3", ()),
}


class Object(Kind):
    name = "object"
    collection = "objects"

    def shareable(self, block):
        return True

    def uses(self, ctx, block):
        yield block.data
        yield block.parent
        yield block.instance_collection
        for slot in block.material_slots:
            if slot.link == "OBJECT":
                yield slot.material

    def read(self, ctx, block):
        fields = read_attributes(block, ATTRIBUTES)
        fields["type"] = block.type
        fields["rotation_mode"] = block.rotation_mode
        self._read_data(ctx, block, fields)
        fields.update(self.read_links(ctx, block))
        for index, slot in enumerate(block.material_slots):
            if slot.link == "OBJECT":
                fields[f"{SLOTS}{index}"] = ctx.id_of(slot.material) or b""
        return fields

    def read_links(self, ctx, block):
        fields = {COLLECTIONS + collection.hex(): True for collection in ctx.collections_of(block)}
        if not fields:  # that nothing is said of collections means the scene's own
            fields[COLLECTIONS + identity.singleton(ctx.slug, "scene").hex()] = False
        self._read_parent(ctx, block, fields)
        return fields

    def _read_data(self, ctx, block, fields):
        data = block.data
        if data is not None and not data.get(identity.PLACEHOLDER_TAG):
            _put(fields, "data", ctx.id_of(data))
        cut = ctx.structure.cut_instances
        shown = ctx.id_of(block.instance_collection)
        _put(fields, "instance_collection", cut.get(ctx.id_of(block)) if cut and shown is None else shown)

    def _read_parent(self, ctx, block, fields):
        if ctx.cut_parents:
            fields.update(ctx.cut_parents.get(ctx.id_of(block), ()))
        if block.parent is not None:
            fields.update(hanging(ctx, block))

    def decided_by(self, name, changes):
        """Being in no collection is not said for itself: whoever took it out of its last says it."""
        if name.startswith(COLLECTIONS) and changes.get(name) is False:
            return next((other for other in changes if other.startswith(COLLECTIONS) and other != name), name)
        return super().decided_by(name, changes)

    # ---- create

    def create(self, ctx, name, fields):
        return bpy.data.objects.new(name, self._data(ctx, fields))

    def _data(self, ctx, fields):
        """The datablock to make an object of `fields` with: its type can never change afterwards."""
        kind = fields.get("type", "EMPTY")
        data = ctx.block(fields.get("data"))
        if data is not None and (kind != "EMPTY" or isinstance(data, bpy.types.Image)):
            return data
        return stand_in(kind)

    # ---- write

    def write(self, ctx, block, fields):
        write_attributes(block, ATTRIBUTES, fields)
        if fields.get("rotation_mode"):
            self._write_rotation_mode(block, fields["rotation_mode"])
        if "data" in fields:
            self._write_data(ctx, block, fields["data"])
        if "instance_collection" in fields:
            self._write_instance(ctx, block, fields["instance_collection"])
        self._write_parent(ctx, block, fields)
        for field, value in fields.items():
            if field.startswith(COLLECTIONS):
                self._write_membership(ctx, block, field, value)
            elif field.startswith(SLOTS):
                self._write_slot(ctx, block, field, value)

    def _write_rotation_mode(self, block, mode):
        """Blender converts the rotation when the mode changes; the sender's rotation comes by itself, so keep ours."""
        kept = {name: list(getattr(block, name)) for name in ROTATIONS}
        set_attribute(block, "rotation_mode", mode)
        for name, value in kept.items():
            setattr(block, name, value)

    def _write_data(self, ctx, block, value):
        data = ctx.block(value) if value is not None else None
        if data is None:
            if value is not None:
                ctx.want(value, block, "data")
            data = stand_in(block.type)
        if block.data == data:
            return
        try:
            block.data = data
        except (TypeError, RuntimeError, ValueError) as error:
            raise KindError("data", str(error)) from None

    def _write_instance(self, ctx, block, value):
        collection = ctx.block(value, "collection") if value is not None else None
        if value is not None and collection is None:
            ctx.want(value, block, "instance_collection")
        ctx.structure.show(block, collection, value)

    def _write_parent(self, ctx, block, fields):
        wanted = {name: fields[name] for name in PARENT if name in fields}
        if not wanted:
            return
        cut = ctx.cut_parents.get(ctx.id_of(block))
        if cut is not None and "parent" not in wanted:
            cut.update(wanted)
            return
        if "parent" in wanted:
            wanted = {**self._undone_hanging(ctx, block, cut), **wanted}
            ctx.set_parent(block, wanted.pop("parent"), wanted)
        coming = ctx.wanted_by(block, "parent")
        if coming is not None:
            for name, value in wanted.items():
                ctx.want(coming, block, name, value)
        elif block.parent is not None:
            hang(block, wanted)

    def _undone_hanging(self, ctx, block, cut):
        """How it was to hang on a parent that it could not have yet."""
        waiting = {name: ctx.wanted_no_more(block, name) for name in PARENT[1:]}
        return {**(cut or {}), **{name: value for name, value in waiting.items() if value is not None}}

    def _write_membership(self, ctx, block, field, value):
        uuid = _hex(field, COLLECTIONS)
        collection = ctx.collection_block(uuid)
        if collection is None:
            if value:
                ctx.want(uuid, block, field)
            ctx.membership_changed(block, uuid, False)  # it may have been in one that has just been removed here
            return
        if value:
            ctx.structure.put_into(block, collection)
        else:
            try:
                collection.objects.unlink(block)
            except RuntimeError:
                pass  # it is no longer in it
        ctx.membership_changed(block, uuid, bool(value))

    def _write_slot(self, ctx, block, field, value):
        try:
            index = int(field[len(SLOTS):])
        except ValueError:
            raise KindError(field, "a slot is a number") from None
        if not 0 <= index < len(block.material_slots):
            data = ctx.wanted_by(block, "data") or ctx.id_of(block.data)
            if index >= 0 and value is not None and data:
                ctx.want(data, block, field)  # which has as many later
            return
        slot = block.material_slots[index]
        if value is None:
            slot.link = "DATA"
            return
        material = ctx.block(value, "material") if value else None
        if value and material is None:
            ctx.want(value, block, field)
        slot.link = "OBJECT"
        slot.material = material


def hanging(ctx, block):
    """How an object hangs on its parent."""
    fields = {
        "parent": ctx.id_of(block.parent),
        "parent_type": block.parent_type,
        "matrix_parent_inverse": [number for row in block.matrix_parent_inverse for number in row],
    }
    if block.parent_type == "BONE":
        fields["parent_bone"] = block.parent_bone
    elif block.parent_type in {"VERTEX", "VERTEX_3"}:
        fields["parent_vertices"] = list(block.parent_vertices)
    return fields


def hang(block, fields):
    """Apply the fields of `hanging` but the parent itself."""
    inverse = fields.get("matrix_parent_inverse") or [number for row in block.matrix_parent_inverse for number in row]
    if fields.get("parent_type"):
        set_parent_type(block, fields["parent_type"])
    write_attributes(block, ("parent_bone", "parent_vertices"), fields)
    set_attribute(block, "matrix_parent_inverse", inverse)


def set_parent_type(block, value):
    """What is not possible with the parent that is here (a stand-in) is kept in the scene. Blender resets the inverse."""
    try:
        block.parent_type = value
    except TypeError:
        block.parent_type = "OBJECT"


def stand_in(kind):
    """The one placeholder datablock for objects of this type; None for empties."""
    if kind not in STAND_INS:
        return None
    collection_name, arguments = STAND_INS[kind]
    blocks = getattr(bpy.data, collection_name, None)
    if blocks is None:
        return None
    name = f".scenesync {kind}"
    block = blocks.get(name)
    if block is None or not block.get(identity.PLACEHOLDER_TAG):
        block = _new_stand_in(blocks, name, arguments)
        block[identity.PLACEHOLDER_TAG] = True
    return block


def _new_stand_in(blocks, name, arguments):
    if blocks.bl_rna.functions["new"].parameters.get("type") is None:
        arguments = ()
    return blocks.new(name, *arguments)


def _put(fields, name, value):
    if value is not None:
        fields[name] = value


def _hex(field, prefix):
    try:
        value = bytes.fromhex(field[len(prefix):])
    except ValueError:
        value = b""
    if len(value) != 16:
        raise KindError(field, "not the UUID of a collection")
    return value
