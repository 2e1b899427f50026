# SPDX-License-Identifier: Apache-2.0
"""What a Blender holds, as plain values and arrays.

`dump` runs inside Blender and asks bpy alone, never the add-on; difference.py compares.
"""

import re

import dump_file
import numpy

SKIP = {"rna_type", "name", "select", "is_active_output", "internal_links", "inputs", "outputs", "dimensions", "width_hidden", "show_preview"}
SKIP |= {"show_options", "show_texture", "parent", "location_absolute", "bl_icon", "warning_propagation", "is_missing", "hide", "interface"}
OBJECT = (
    "type location rotation_euler rotation_quaternion rotation_axis_angle scale rotation_mode hide_render hide_viewport hide_select display_type "
    "delta_location delta_rotation_euler delta_rotation_quaternion delta_scale show_name show_in_front color pass_index instance_type "
    "empty_display_type empty_display_size lock_location lock_rotation lock_scale"
).split()
LIGHT = "type color energy specular_factor diffuse_factor use_shadow shape size size_y angle spot_size spot_blend shadow_soft_size use_square".split()
CAMERA = (
    "type lens lens_unit ortho_scale clip_start clip_end sensor_width sensor_height sensor_fit shift_x shift_y show_passepartout passepartout_alpha"
).split()
IMAGE = "source alpha_mode is_float".split()
GENERATED = "generated_type generated_color generated_width generated_height".split()
SCENE = "frame_start frame_end frame_step".split()
RENDER = "fps fps_base resolution_x resolution_y resolution_percentage".split()
UNITS = "system scale_length length_unit".split()


# ---- inside Blender


_called = {}  # address → what a datablock is called in this dump, where that is not its name


def dump(path=None, by_tag=False):
    """Everything compared, of the active scene and what it uses; written to `path` where there is one.

    `by_tag`: datablocks are known by the UUID that they are tagged with, as where names clash each Blender has other ones.
    """
    import bpy

    scene = bpy.context.scene
    bpy.context.view_layer.update()
    found = _used(scene)
    _called.clear()
    if by_tag:
        for blocks in (*found.values(), bpy.data.objects):  # what is in no collection may still be a parent
            _called.update((block.as_pointer(), _tag(block)) for block in blocks)
    result = {"scene": {scene.name: _scene(scene)}}
    for kind, blocks in found.items():
        reader = READERS[kind]
        result[kind] = {_name(block): reader(block) for block in blocks}
    if path:
        dump_file.write(path, result)
    return result


def _stands_in(block):
    """Whether this is what an object shows while what it should show has not arrived: one person's own."""
    return block is not None and bool(block.get("scenesync_placeholder"))


def _tag(block):
    """Its UUID, and its name without what a clash has added."""
    return f"{block.get('scenesync', '')[:8]} {re.sub('[.][0-9]{3}$', '', block.name)}"


def _used(scene):
    """{kind: datablocks} of the scene and what it uses, and the file's images, masks and clips."""
    import bpy

    found = {kind: {} for kind in READERS}
    collections = [scene.collection]
    while collections:
        collection = collections.pop()
        for child in list(collection.children) + [o.instance_collection for o in collection.objects if o.instance_collection]:
            if child.name not in found["collection"]:
                found["collection"][child.name] = child
                collections.append(child)
        for item in collection.objects:
            found["object"][item.name] = item
    for item in found["object"].values():
        for kind, blocks in (("mesh", bpy.data.meshes), ("light", bpy.data.lights), ("camera", bpy.data.cameras)):
            if item.data is not None and blocks.get(item.data.name) == item.data and not _stands_in(item.data):
                found[kind][item.data.name] = item.data
        for slot in () if _stands_in(item.data) else item.material_slots:
            if slot.material:
                found["material"][slot.material.name] = slot.material
    for mesh in found["mesh"].values():
        for material in mesh.materials:
            if material:
                found["material"][material.name] = material
    if scene.world:
        found["world"][scene.world.name] = scene.world
    found["image"] = {b.name: b for b in bpy.data.images if b.source != "VIEWER"}
    found["clip"] = {b.name: b for b in bpy.data.movieclips}
    found["mask"] = {b.name: b for b in bpy.data.masks}
    trees = [block.node_tree for kind in ("material", "world") for block in found[kind].values() if block.node_tree]
    while trees:
        for node in trees.pop().nodes:
            group = getattr(node, "node_tree", None)
            if group and not _lost(node) and group.name not in found["node_group"]:
                found["node_group"][group.name] = group
                trees.append(group)
    return {kind: list(blocks.values()) for kind, blocks in found.items()}


def _plain(value):
    import bpy

    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bpy.types.ID):
        return ("ID", _name(value))
    if isinstance(value, set):
        return sorted(value)
    if hasattr(value, "to_dict"):
        return _plain_dict(value.to_dict())
    if hasattr(value, "__len__"):
        return [_plain(item) for item in value]
    return None


def _plain_dict(values):
    return {key: _plain_dict(value) if isinstance(value, dict) else _plain(value) for key, value in values.items()}


def _attributes(holder, names):
    return {name: _plain(getattr(holder, name)) for name in names if hasattr(holder, name)}


def _properties(block):
    names = [name for name in block.keys() if not name.startswith("scenesync") and name not in block.bl_rna.properties and name != "_RNA_UI"]
    return {name: (type(block[name]).__name__, _plain(block[name])) for name in names if not hasattr(block[name], "bl_rna")}


def _name(block):
    return None if block is None else _called.get(block.as_pointer(), block.name)


def _scene(scene):
    return {
        **_attributes(scene, SCENE),
        "render": _attributes(scene.render, RENDER),
        "units": _attributes(scene.unit_settings, UNITS),
        "camera": _name(scene.camera),
        "world": _name(scene.world),
        "children": sorted(_name(child) for child in scene.collection.children),
        "objects": sorted(_name(item) for item in scene.collection.objects),
        "properties": _properties(scene),
    }


def _object(item):
    shared = item.type in ("MESH", "LIGHT", "CAMERA") and not _stands_in(item.data)
    fields = {
        **_attributes(item, OBJECT),
        "parent": _name(item.parent),
        "parent_inverse": [list(row) for row in item.matrix_parent_inverse] if item.parent else None,
        "data": _name(item.data) if shared else None,
        "instance": _name(item.instance_collection),
        "materials": [(slot.link, _name(slot.material)) for slot in item.material_slots] if shared else None,
        "groups": [group.name for group in item.vertex_groups] if item.type == "MESH" and shared else None,
        "properties": _properties(item),
    }
    if _composes(item):
        fields["~matrix_world"] = numpy.array(item.matrix_world, numpy.float64)
        fields["~parent_type"] = item.parent_type if item.parent else None
    return fields


def _composes(item):
    """Whether an object's place follows from shared fields alone: no constraints, drivers or bones on the way up."""
    while item is not None:
        animated = item.animation_data is not None and (item.animation_data.drivers or item.animation_data.action or item.animation_data.nla_tracks)
        if item.constraints or animated or item.parent_type not in ("OBJECT",) and item.parent is not None:
            return False
        item = item.parent
    return True


def _mesh(mesh):
    fields = {"materials": [_name(m) for m in mesh.materials], "properties": _properties(mesh)}
    for name, items, attribute, width, dtype in (
        ("positions", mesh.vertices, "co", 3, numpy.float32),
        ("edges", mesh.edges, "vertices", 2, numpy.int32),
        ("corners", mesh.loops, "vertex_index", 1, numpy.int32),
        ("faces", mesh.polygons, "loop_start", 1, numpy.int32),
        ("material_index", mesh.polygons, "material_index", 1, numpy.int32),
        ("smooth", mesh.polygons, "use_smooth", 1, bool),
        ("sharp", mesh.edges, "use_edge_sharp", 1, bool),
        ("seam", mesh.edges, "use_seam", 1, bool),
    ):
        values = numpy.empty(len(items) * width, dtype)
        items.foreach_get(attribute, values)
        fields[name] = values
    for layer in mesh.uv_layers:
        values = numpy.empty(len(layer.data) * 2, numpy.float32)
        layer.data.foreach_get("uv", values)
        fields["uv/" + layer.name] = values
    fields["uv active"] = mesh.uv_layers.active.name if mesh.uv_layers.active else None
    fields["uv rendered"] = [layer.name for layer in mesh.uv_layers if layer.active_render]
    fields["groups"] = [sorted((g.group, g.weight) for g in vertex.groups) for vertex in mesh.vertices]
    _attribute_layers(mesh, fields)
    _shape_keys(mesh, fields)
    if mesh.has_custom_normals:
        fields["!normals"] = _corner_normals(mesh)
    return fields


def _attribute_layers(mesh, fields):
    for layer in mesh.attributes:
        if layer.name.startswith(".") or layer.name in ("position", "custom_normal", "material_index", "sharp_face", "sharp_edge"):
            continue
        if layer.data_type in ("FLOAT_COLOR", "BYTE_COLOR"):
            fields["attribute/" + layer.name] = _layer(layer, "color", 4, numpy.float32)
        elif layer.data_type == "FLOAT":
            fields["attribute/" + layer.name] = _layer(layer, "value", 1, numpy.float32)
        elif layer.data_type == "INT":
            fields["attribute/" + layer.name] = _layer(layer, "value", 1, numpy.int32)
        elif layer.data_type == "FLOAT_VECTOR":
            fields["attribute/" + layer.name] = _layer(layer, "vector", 3, numpy.float32)


def _layer(layer, attribute, width, dtype):
    values = numpy.empty(len(layer.data) * width, dtype)
    layer.data.foreach_get(attribute, values)
    return values


def _shape_keys(mesh, fields):
    if mesh.shape_keys is None:
        return
    for key in mesh.shape_keys.key_blocks:
        values = numpy.empty(len(key.data) * 3, numpy.float32)
        key.data.foreach_get("co", values)
        fields["key/" + key.name] = values
        fields["key value/" + key.name] = [key.value, key.slider_min, key.slider_max, key.mute, _name(key.relative_key)]


def _corner_normals(mesh):
    if hasattr(mesh, "calc_normals_split"):
        mesh.calc_normals_split()
    values = numpy.empty(len(mesh.loops) * 3, numpy.float32)
    (mesh.corner_normals if hasattr(mesh, "corner_normals") else mesh.loops).foreach_get("vector" if hasattr(mesh, "corner_normals") else "normal", values)
    return values


def _material(material):
    names = "diffuse_color metallic roughness use_nodes blend_method alpha_threshold use_backface_culling pass_index".split()
    return {**_attributes(material, names), "tree": _tree(material.node_tree), "properties": _properties(material)}


def _world(world):
    return {**_attributes(world, ("color", "use_nodes")), "tree": _tree(world.node_tree), "properties": _properties(world)}


def _node_group(group):
    if hasattr(group, "interface"):
        items = group.interface.items_tree
        interface = [(i.item_type, i.name, getattr(i, "in_out", None), getattr(i, "socket_type", None), _plain(getattr(i, "default_value", None))) for i in items]
    else:
        interface = [
            (s.name, s.bl_socket_idname, _plain(getattr(s, "default_value", None))) for sockets in (group.inputs, group.outputs) for s in sockets
        ]
    return {"interface": interface, "tree": _tree(group), "properties": _properties(group)}


def _tree(tree):
    if tree is None:
        return None
    keys = {socket.as_pointer(): key for node in tree.nodes for sockets in (node.inputs, node.outputs) for socket, key in _socket_keys(node, sockets)}
    links = [(k.from_node, k.from_socket, k.to_node, k.to_socket) for k in tree.links]
    return {
        "nodes": {node.name: _node(node) for node in tree.nodes},
        "links": sorted(
            (a.name, keys[s.as_pointer()], b.name, keys[t.as_pointer()]) for a, s, b, t in links if not _lost(a) and not _lost(b)
        ),
    }


def _socket_keys(node, sockets):
    """(socket, what it is called in a dump): by place where Blender invents the identifiers, as in groups."""
    invented = hasattr(node, "node_tree") or node.bl_idname in ("NodeGroupInput", "NodeGroupOutput")
    return [(socket, f"{index} {socket.name}" if invented else socket.identifier) for index, socket in enumerate(sockets)]


def _lost(node):
    """A group whose library is not there has no sockets but those that Blender remembers."""
    group = getattr(node, "node_tree", None)
    return group is not None and group.bl_idname == "NodeTreeUndefined" or node.bl_idname == "ShaderNodeGroup" and group is None


def _node(node):
    if _lost(node):
        return {"location": list(node.location)}
    fields = {"parent": _name(node.parent)}
    for prop in node.bl_rna.properties:
        constant = prop.identifier.startswith("bl_") and prop.identifier != "bl_idname"
        if prop.identifier in SKIP or constant or prop.is_readonly or prop.type == "COLLECTION":
            continue
        fields[prop.identifier] = _plain(getattr(node, prop.identifier))
    for side in ("inputs", "outputs"):
        for socket, key in _socket_keys(node, getattr(node, side)):
            if hasattr(socket, "default_value"):
                fields[f"{side}/{key}"] = _plain(socket.default_value)
    if getattr(node, "color_ramp", None):
        fields["ramp"] = [(e.position, list(e.color)) for e in node.color_ramp.elements]
    if getattr(node, "mapping", None) and hasattr(node.mapping, "curves"):
        fields["curves"] = [[(list(p.location), p.handle_type) for p in curve.points] for curve in node.mapping.curves]
    return fields


def _light(light):
    return {**_attributes(light, LIGHT), "properties": _properties(light)}


def _camera(camera):
    dof = _attributes(camera.dof, "use_dof focus_distance aperture_fstop aperture_blades".split())
    return {**_attributes(camera, CAMERA), "dof": dof, "focus": _name(camera.dof.focus_object), "properties": _properties(camera)}


def _image(image):
    fields = {**_attributes(image, IMAGE), "colorspace": image.colorspace_settings.name, "properties": _properties(image)}
    if image.source in ("FILE", "GENERATED"):
        fields["size"] = list(image.size)
        if image.size[0]:
            values = numpy.empty(len(image.pixels), numpy.float32)
            image.pixels.foreach_get(values)
            fields["pixels"] = values
    if fields.pop("source") == "GENERATED":  # a file may arrive packed
        fields.update(_attributes(image, GENERATED))
    return fields


def _mask(mask):
    layers = {}
    for layer in mask.layers:
        splines = {str(place): _spline(spline) for place, spline in enumerate(layer.splines)}
        layers[layer.name] = {**_attributes(layer, ("alpha", "blend", "invert", "falloff", "use_fill_holes")), "splines": splines}
    return {"layers": layers, "order": mask.layers.keys(), "frames": [mask.frame_start, mask.frame_end], "properties": _properties(mask)}


def _spline(spline):
    """Handles that Blender computes it rounds anew whenever one of their points is written."""
    handles, points = [], []
    for point in spline.points:
        sides = ((point.handle_left, point.handle_left_type), (point.handle_right, point.handle_right_type))
        free = [list(handle) if handle_type == "FREE" else handle_type for handle, handle_type in sides]
        handles += [number for handle, _ in sides for number in handle]
        feather = [(item.u, item.weight) for item in point.feather_points]
        points.append((list(point.co), free, point.handle_type, point.weight, feather, _mask_parent(point.parent)))
    fields = _attributes(spline, ("use_cyclic", "use_fill", "offset_mode", "weight_interpolation"))
    return {**fields, "points": points, "~handles": numpy.array(handles)}


def _mask_parent(parent):
    """Without one, Blender has a type of datablock there that it does not know itself, and says so when asked for it."""
    return None if parent.id is None else [_name(parent.id), parent.id_type, parent.type, parent.parent, parent.sub_parent]


def _clip(clip):
    lens = _attributes(clip.tracking.camera, "sensor_width pixel_aspect focal_length distortion_model k1 k2 k3 division_k1 division_k2".split())
    fields = {"lens": lens, **_attributes(clip, ("frame_start", "frame_offset", "display_aspect")), "properties": _properties(clip)}
    if clip.source == "MOVIE":  # of image sequences only the path is shared
        fields.update(size=list(clip.size), colorspace=clip.colorspace_settings.name)
    return fields


def _collection(collection):
    return {
        **_attributes(collection, ("hide_render", "hide_viewport", "hide_select", "color_tag", "instance_offset")),
        "children": sorted(_name(child) for child in collection.children),
        "objects": sorted(_name(item) for item in collection.objects),
        "properties": _properties(collection),
    }


READERS = {
    "collection": _collection,
    "object": _object,
    "mesh": _mesh,
    "light": _light,
    "camera": _camera,
    "material": _material,
    "world": _world,
    "node_group": _node_group,
    "image": _image,
    "mask": _mask,
    "clip": _clip,
}
