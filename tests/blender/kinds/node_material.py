# SPDX-License-Identifier: Apache-2.0
"""What the cases about node trees share: nodes of every type with values that are not the default, and copies made from fields."""

import random

import bpy
import harness

TREES = ("ShaderNodeTree", "GeometryNodeTree", "CompositorNodeTree", "TextureNodeTree")


def copy(ctx, kind_name, fields, uuid=b"c" * 16):
    """A second datablock made from the fields of the first."""
    block = ctx.kinds[kind_name].create(ctx, "Copy", dict(fields))
    ctx.identity.bind(kind_name, block, uuid)
    harness.write(ctx, kind_name, block, {**fields, "name": "Copy"})
    harness.settle(ctx)
    return block


def differences(a, b):
    """Readable differences between the fields of two datablocks, names of the datablocks aside."""
    return [line for line in harness.differences({"": {b"": {**a, "name": ""}}}, {"": {b"": {**b, "name": ""}}})]


def assert_copies(ctx, kind_name, block, uuid=b"c" * 16):
    """Reading is stable, and a copy made from what was read reads the same. Returns the copy."""
    fields = harness.read(ctx, kind_name, block)
    assert differences(fields, harness.read(ctx, kind_name, block)) == []
    made = copy(ctx, kind_name, fields, uuid)
    found = differences(fields, harness.read(ctx, kind_name, made))
    assert found == [], "\n".join(found[:20])
    trees = [getattr(each, "node_tree", None) or each for each in (block, made)]
    if isinstance(trees[0], bpy.types.NodeTree):
        assert_same_trees(*trees)
    return made


# What belongs to the editor of one user, or follows from the rest.
LOCAL = {
    "select", "show_preview", "show_options", "show_texture", "width_hidden", "active_index", "active_input_index", "active_item_index",
    "active_main_index", "active_generation_index", "inspection_index", "location_absolute", "tile_order", "layer", "layer_name", "view",
    "is_active_output", "ui_shortcut",
}


def assert_same_trees(a, b):
    """Compares what Blender holds, without the code that is under test."""
    assert [node.name for node in a.nodes] == [node.name for node in b.nodes]
    for node, other_node in zip(a.nodes, b.nodes):
        for prop in node.bl_rna.properties:
            if prop.type not in {"POINTER", "COLLECTION"} and prop.identifier not in LOCAL and not prop.is_readonly:
                assert_same(node, other_node, prop.identifier)
        for sockets, others in ((node.inputs, other_node.inputs), (node.outputs, other_node.outputs)):
            assert [socket.name for socket in sockets] == [socket.name for socket in others], node.name
            for socket, other_socket in zip(sockets, others) if node.bl_idname != "NodeReroute" else ():
                if hasattr(socket, "default_value") and (not socket.is_output or node.bl_idname.endswith(("NodeValue", "NodeRGB"))):
                    assert_same(socket, other_socket, "default_value")
    assert links(a) == links(b)


def assert_same(a, b, name):
    value, found = getattr(a, name), getattr(b, name)
    if hasattr(value, "__len__") and not isinstance(value, (str, set)):
        value, found = list(value), list(found)
    assert value == found, f"{a!r}.{name}: {value!r} != {found!r}"


def links(tree):
    """Links as places, sorted."""
    def place(sockets, socket):
        return list(sockets).index(socket)

    return sorted(
        (link.from_node.name, place(link.from_node.outputs, link.from_socket), link.to_node.name, place(link.to_node.inputs, link.to_socket), link.is_muted)
        for link in tree.links
    )


def node_types():
    """Names of all node types that this Blender has, by looking at its RNA."""
    found = []
    for name in dir(bpy.types):
        rna = getattr(getattr(bpy.types, name), "bl_rna", None)
        base = rna.base if rna is not None else None
        while base is not None and base.identifier != "Node":
            base = base.base
        if base is not None:
            found.append(name)
    return found


def fill(tree, types, seed=0):
    """One node of each type that the tree takes, all of it set to something else than the default."""
    chance = random.Random(seed)
    made = []
    for name in types:
        try:
            node = tree.nodes.new(name)
        except RuntimeError:
            continue
        if not node.name:
            tree.nodes.remove(node)  # a base class, of no use to anyone
            continue
        made.append(node.name)
        node.location = (chance.uniform(-500, 500), chance.uniform(-500, 500))
        node.label = f"label {name}"
        node.mute = chance.random() < 0.3
        change_all(node, chance, skip=set(bpy.types.Node.bl_rna.properties.keys()) | {"is_active_output", "active_index", "active_input_index"})
        if hasattr(node, "color_ramp"):
            change_ramp(node.color_ramp, chance)
        for mapping in (getattr(node, "mapping", None), getattr(node, "curve", None)):
            if hasattr(mapping, "curves"):
                mapping.curves[0].points.new(0.25, chance.random())
                mapping.update()
    for name in made:
        for socket in (*tree.nodes[name].inputs, *tree.nodes[name].outputs):
            if hasattr(socket, "default_value"):
                change(socket, "default_value", chance)
    return made


def change_all(struct, chance, skip):
    for prop in struct.bl_rna.properties:
        if prop.identifier not in skip and not prop.is_readonly and prop.type not in {"POINTER", "COLLECTION"}:
            change(struct, prop.identifier, chance)


def change(struct, name, chance):
    """Another value, if there is one."""
    prop = struct.bl_rna.properties[name]
    value = getattr(struct, name)
    try:
        if prop.type == "BOOLEAN":
            setattr(struct, name, not value if isinstance(value, bool) else [not flag for flag in value])
        elif prop.type == "ENUM" and not prop.is_enum_flag:
            setattr(struct, name, chance.choice(prop.enum_items.keys() or [value]))
        elif prop.type == "STRING":
            setattr(struct, name, f"text {chance.randrange(100)}")
        elif prop.type in {"INT", "FLOAT"}:
            setattr(struct, name, [other(number, chance) for number in value] if hasattr(value, "__len__") else other(value, chance))
    except (TypeError, AttributeError, ValueError):
        pass  # read-only for this node, or items that depend on what it points to


def other(number, chance):
    return number + chance.randrange(1, 5) if isinstance(number, int) else number + chance.random()


def change_ramp(ramp, chance):
    ramp.elements.new(0.3).color = [chance.random() for _ in range(4)]
    ramp.elements.new(0.6)
    ramp.interpolation = "CONSTANT"
