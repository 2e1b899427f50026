# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mesh has besides geometry: settings, material slots, references, and which of its layers are active."""

from . import mesh_layers
from .values import read_attributes, write_attributes

SETTINGS = (
    "use_auto_smooth",
    "auto_smooth_angle",
    "remesh_mode",
    "remesh_voxel_size",
    "remesh_voxel_adaptivity",
    "use_remesh_fix_poles",
    "use_remesh_preserve_volume",
    "use_remesh_preserve_paint_mask",
    "use_remesh_preserve_sculpt_face_sets",
    "use_remesh_preserve_vertex_colors",
    "use_remesh_preserve_attributes",
    "use_mirror_x",
    "use_mirror_y",
    "use_mirror_z",
    "use_mirror_topology",
    "use_mirror_vertex_groups",
    "radial_symmetry",
    "use_auto_texspace",
)
TEXTURE_SPACE = ("texspace_location", "texspace_size")  # Blender computes them while use_auto_texspace is on
REFERENCES = {"texture_mesh": "mesh", "texco_mesh": "mesh"}
SLOTS, SLOT_COUNT = "materials/", "material_count"
MAX_SLOTS = 32767
ORDER, PLAIN_LAYERS = "uv_order", "plain_layers/"
UV_NAMES = ("active_uv", "render_uv")
COLOR_NAMES = {"active_color": "active_color_index", "render_color": "render_color_index"}
LAYER_NAMES = UV_NAMES + tuple(COLOR_NAMES)


class Slots:
    """How many material slots a mesh shall have. Who takes a slot away while another fills it leaves one that is filled and not counted:
    it is shown everywhere, in whatever order the two arrive, and goes when it is emptied."""

    def __init__(self):
        self.count = None
        self._seen = 0

    def read(self, mesh):
        """The count; another one where slots were added or taken away here."""
        if self.count is None or self._shown(mesh) != len(mesh.materials):
            self.count = len(mesh.materials)
        return self.count

    def has_more(self, mesh):
        """Whether there are more than when this was asked last."""
        before, self._seen = self._seen, len(mesh.materials)
        return self._seen > before

    def settle(self, mesh):
        """Give the mesh as many slots as it shall have."""
        count = self._shown(mesh)
        if count < len(mesh.materials):
            with mesh_layers.keeping_material_index(mesh):
                _take_away(mesh.materials, count)
        while len(mesh.materials) < count:
            mesh.materials.append(None)

    def _shown(self, mesh):
        return max([self.count] + [index + 1 for index, material in enumerate(mesh.materials) if material is not None])


def _take_away(materials, count):
    if count == 0:
        materials.clear()  # after `pop` of the last one objects would keep a slot that the mesh does not have
    while len(materials) > count:
        materials.pop(index=len(materials) - 1)


def read(ctx, mesh, slots):
    fields = read_attributes(mesh, SETTINGS)
    if not mesh.use_auto_texspace:
        fields.update(read_attributes(mesh, TEXTURE_SPACE))
    fields[SLOT_COUNT] = slots.read(mesh)
    _tell_of_more(ctx, mesh, slots)
    for index, material in enumerate(mesh.materials):
        if material is not None and ctx.id_of(material):
            fields[f"{SLOTS}{index}"] = ctx.id_of(material)
    for name in REFERENCES:
        value = ctx.id_of(getattr(mesh, name))
        if value is not None:
            fields[name] = value
    return fields


def write(ctx, mesh, fields, slots):
    _write_slots(ctx, mesh, fields, slots)
    _write_references(ctx, mesh, fields)
    write_attributes(mesh, SETTINGS, fields)
    if not mesh.use_auto_texspace:
        write_attributes(mesh, TEXTURE_SPACE, fields)


def _write_slots(ctx, mesh, fields, slots):
    count = fields.get(SLOT_COUNT)
    given = {field: value for field, value in fields.items() if field.startswith(SLOTS)}
    if type(count) is not int and not given:
        return
    slots.read(mesh)
    if type(count) is int:
        slots.count = min(max(count, 0), MAX_SLOTS)
    for field, value in given.items():
        index = field[len(SLOTS):]
        if index.isdecimal() and int(index) < MAX_SLOTS:
            _write_slot(ctx, mesh, int(index), field, value)
    slots.settle(mesh)
    _tell_of_more(ctx, mesh, slots)


def _tell_of_more(ctx, mesh, slots):
    """Objects may wait for a slot."""
    if slots.has_more(mesh):
        ctx.changed_within(mesh)


def _write_slot(ctx, mesh, index, field, value):
    material = None if value is None else ctx.block(value, "material")
    if value is not None and material is None:
        ctx.want(value, mesh, field)
    while material is not None and len(mesh.materials) <= index:
        mesh.materials.append(None)
    if index < len(mesh.materials) and mesh.materials[index] != material:
        mesh.materials[index] = material


def _write_references(ctx, mesh, fields):
    for name, kind in REFERENCES.items():
        if name in fields:
            value = fields[name]
            block = None if value is None else ctx.block(value, kind)
            if value is not None and block is None:
                ctx.want(value, mesh, name)
            setattr(mesh, name, block)


# ---- which layers are active


def read_active(mesh):
    maps, colors, fields = mesh.uv_layers, mesh.color_attributes, {}
    if maps.active is not None:
        fields["active_uv"] = maps.active.name
    for layer in maps:
        if layer.active_render:
            fields["render_uv"] = layer.name
    for field, prop in COLOR_NAMES.items():
        index = getattr(colors, prop)
        if 0 <= index < len(colors):
            fields[field] = colors[index].name
    return fields


def read_layer_names(mesh, attributes_only, fields):
    fields[ORDER] = [layer.name for layer in mesh.uv_layers]
    fields.update(read_active(mesh))
    if not attributes_only:
        for attribute in mesh.attributes:
            if mesh_layers.is_map(attribute):
                fields[PLAIN_LAYERS + mesh_layers.encode_level(attribute.name)] = True


def write_layer_names(mesh, wanted):
    """Make layers active; those that are there are taken off `wanted`."""
    maps, colors = mesh.uv_layers, mesh.color_attributes
    for name in [name for name, layer in wanted.items() if layer is None or (name in UV_NAMES and layer in maps)]:
        layer = maps.get(wanted.pop(name) or "")
        if layer is None:
            continue
        if name == "active_uv":
            maps.active = layer
        else:
            layer.active_render = True
    for name, prop in COLOR_NAMES.items():
        index = colors.find(wanted.get(name) or "")
        if index >= 0:
            del wanted[name]
            if getattr(colors, prop) != index:
                setattr(colors, prop, index)
