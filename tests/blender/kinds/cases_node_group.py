# SPDX-License-Identifier: Apache-2.0
"""Node groups of all types of trees, inside Blender."""

import random

import bpy
import harness
import node_material as made


def group(tree_type="ShaderNodeTree", name="Group"):
    return bpy.data.node_groups.new(name, tree_type)


def case_every_type_of_node():
    ctx = harness.context()
    types = made.node_types()
    for index, tree_type in enumerate(made.TREES):
        tree = group(tree_type)
        names = made.fill(tree, types, index)
        assert len(names) > 20, tree_type
        made.assert_copies(ctx, "node_group", tree, bytes([index]) * 16)


def case_links_reroutes_and_frames():
    ctx = harness.context()
    tree = group()
    value, math, reroute, frame, inner = (
        tree.nodes.new(name) for name in ("ShaderNodeValue", "ShaderNodeMath", "NodeReroute", "NodeFrame", "NodeFrame")
    )
    inner.parent = frame
    value.parent = inner
    frame.location, inner.location, value.location = (100, 50), (30, 20), (7, -9)
    frame.label_size = 40
    tree.links.new(value.outputs[0], reroute.inputs[0])
    tree.links.new(reroute.outputs[0], math.inputs[1])
    tree.links.new(value.outputs[0], math.inputs[0]).is_muted = True
    made.assert_copies(ctx, "node_group", tree)


def case_many_links_into_one_socket_keep_their_order():
    ctx = harness.context()
    tree = group("GeometryNodeTree")
    join = tree.nodes.new("GeometryNodeJoinGeometry")
    for name in ("GeometryNodeMeshCube", "GeometryNodeMeshCone", "GeometryNodeMeshGrid"):
        tree.links.new(tree.nodes.new(name).outputs[0], join.inputs[0])
    copied = made.assert_copies(ctx, "node_group", tree)
    assert [link.from_node.name for link in copied.links] == [link.from_node.name for link in tree.links]


def case_relinking_is_one_field():
    ctx = harness.context()
    tree = group()
    first, second, math = (tree.nodes.new(name) for name in ("ShaderNodeValue", "ShaderNodeRGB", "ShaderNodeMath"))
    tree.links.new(first.outputs[0], math.inputs[0])
    before = harness.read(ctx, "node_group", tree)
    copied = made.copy(ctx, "node_group", before)
    tree.links.new(second.outputs[0], math.inputs[0])
    after = harness.read(ctx, "node_group", tree)
    changed = {field: value for field, value in after.items() if before.get(field) != value}
    assert len(changed) == 1 and len(before) == len(after), changed
    harness.write(ctx, "node_group", copied, changed)
    made.assert_same_trees(tree, copied)
    harness.write(ctx, "node_group", copied, {field: None for field in changed})
    assert len(copied.links) == 0


def case_one_value_changes_one_socket():
    ctx = harness.context()
    tree = group()
    math = tree.nodes.new("ShaderNodeMath")
    tree.nodes.new("ShaderNodeValue")
    before = harness.read(ctx, "node_group", tree)
    math.inputs[1].default_value = 0.25
    after = harness.read(ctx, "node_group", tree)
    assert [value for field, value in after.items() if before[field] != value] == [0.25]
    field = next(field for field in after if before[field] != after[field])
    assert field.endswith("/inputs/Value_001")
    harness.write(ctx, "node_group", tree, {field: 3})
    assert math.inputs[1].default_value == 3.0


def case_nodes_are_renamed_swapped_and_removed():
    ctx = harness.context()
    tree = group()
    first, second, third = (tree.nodes.new("ShaderNodeMath") for _ in range(3))
    first.name, second.name, third.name = "A", "B", "C"
    before = harness.read(ctx, "node_group", tree)
    copied = made.copy(ctx, "node_group", before)
    ids = {before[field]: field[:len("nodes/12345678")] for field in before if field.endswith("/name") and field.startswith("nodes/")}
    harness.write(ctx, "node_group", copied, {ids["A"] + "/name": "B", ids["B"] + "/name": "A"})
    assert [node.name for node in copied.nodes] == ["B", "A", "C"]
    fields = harness.read(ctx, "node_group", copied)
    assert fields[ids["A"] + "/name"] == "B" and fields[ids["B"] + "/name"] == "A"
    harness.write(ctx, "node_group", copied, {ids["C"]: None, ids["C"] + "/name": None})
    assert [node.name for node in copied.nodes] == ["B", "A"]
    assert not any(field.startswith(ids["C"]) for field in harness.read(ctx, "node_group", copied))


def case_a_renamed_node_keeps_its_id():
    ctx = harness.context()
    tree = group()
    nodes = [tree.nodes.new("ShaderNodeMath") for _ in range(3)]
    before = harness.read(ctx, "node_group", tree)
    nodes[1].name = "Other"
    after = harness.read(ctx, "node_group", tree)
    assert set(after) == set(before)
    assert [value for field, value in after.items() if before[field] != value] == ["Other"]


def case_what_is_unknown_is_passed_over():
    ctx = harness.context()
    tree = group()
    node = tree.nodes.new("ShaderNodeMath")
    fields = harness.read(ctx, "node_group", tree)
    path = next(field for field in fields if field.startswith("nodes/"))[:len("nodes/12345678")]
    harness.write(ctx, "node_group", tree, {
        path + "/inputs/FromTheFuture": 1.0,
        path + "/props/from_the_future": "X",
        path + "/props/operation": "OPERATION_OF_THE_FUTURE",
        "nodes/ffffffff": "ShaderNodeFromTheFuture",
        "nodes/ffffffff/inputs/Value": 2.0,
        "links/0123456789abcdef": {"from_node": "ffffffff", "from_socket": "Value", "to_node": path[6:], "to_socket": "Value"},
        "links/0123456789abcdee": {"from_node": 5},
    })
    assert harness.read(ctx, "node_group", tree) == fields
    assert len(tree.nodes) == 1 and node.operation == "ADD"


# ---- interfaces


def add_socket(tree, name, in_out, socket_type):
    if hasattr(tree, "interface"):
        return tree.interface.new_socket(name, in_out=in_out, socket_type=socket_type)
    return (tree.inputs if in_out == "INPUT" else tree.outputs).new(socket_type, name)


def sockets(tree, in_out):
    """Names of the sockets of an interface, in order."""
    if hasattr(tree, "interface"):
        return [item.name for item in tree.interface.items_tree if item.item_type == "SOCKET" and item.in_out == in_out]
    return [item.name for item in (tree.inputs if in_out == "INPUT" else tree.outputs)]


def interface_group():
    tree = group(name="Inner")
    for name, socket_type in (("Same", "NodeSocketFloat"), ("Same", "NodeSocketColor"), ("Shader", "NodeSocketShader"), ("V", "NodeSocketVector")):
        add_socket(tree, name, "INPUT", socket_type)
    add_socket(tree, "Out", "OUTPUT", "NodeSocketShader")
    item = next(iter(tree.interface.items_tree if hasattr(tree, "interface") else tree.inputs))
    item.description = "says what"
    start, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    tree.links.new(start.outputs["Shader"], end.inputs["Out"])
    return tree


def case_interface():
    ctx = harness.context()
    tree = interface_group()
    number = next(item for item in (tree.interface.items_tree if hasattr(tree, "interface") else tree.inputs) if item.name == "Same")
    number.min_value, number.max_value, number.default_value = -5, 7, 6.5
    copied = made.assert_copies(ctx, "node_group", tree)
    assert sockets(copied, "INPUT") == ["Same", "Same", "Shader", "V"] and sockets(copied, "OUTPUT") == ["Out"]


def case_an_item_is_moved():
    ctx = harness.context()
    tree = interface_group()
    before = harness.read(ctx, "node_group", tree)
    copied = made.copy(ctx, "node_group", before)
    if hasattr(tree, "interface"):
        item = next(item for item in tree.interface.items_tree if item.name == "V")
        tree.interface.move(item, min(item.position for item in tree.interface.items_tree if item.in_out == "INPUT"))
    else:
        tree.inputs.move(3, 0)
    assert sockets(tree, "INPUT")[0] == "V"
    after = harness.read(ctx, "node_group", tree)
    changed = {field: value for field, value in after.items() if before.get(field) != value}
    assert [field.rpartition("/")[2] for field in changed] == ["order"], changed
    harness.write(ctx, "node_group", copied, changed)
    assert sockets(copied, "INPUT") == sockets(tree, "INPUT")
    assert harness.read(ctx, "node_group", copied)[next(iter(changed))] == next(iter(changed.values()))


def case_panels():
    ctx = harness.context()
    tree = group()
    if not hasattr(tree, "interface"):
        return
    outer, inner = tree.interface.new_panel("Panel"), tree.interface.new_panel("Panel", default_closed=True)
    add_socket(tree, "Free", "INPUT", "NodeSocketFloat")
    for panel in (outer, inner):
        tree.interface.new_socket("In panel", in_out="INPUT", socket_type="NodeSocketColor", parent=panel)
    copied = made.assert_copies(ctx, "node_group", tree)
    shape = [[(item.name, item.item_type, item.parent.name) for item in each.interface.items_tree] for each in (tree, copied)]
    assert shape[0] == shape[1]


def case_users_of_a_group_come_before_its_sockets():
    """The user of a group is written first, then the group, then one more socket with a value of its own in the user."""
    ctx = harness.context()
    inner, outer = interface_group(), group(name="Outer")
    node, shader, end = (outer.nodes.new(name) for name in ("ShaderNodeGroup", "ShaderNodeEmission", "ShaderNodeAddShader"))
    node.node_tree = inner
    node.inputs[0].default_value = 0.75
    outer.links.new(shader.outputs[0], node.inputs["Shader"])
    outer.links.new(node.outputs[0], end.inputs[1])
    fields = [harness.read(ctx, "node_group", tree) for tree in (inner, outer)]
    ids = [ctx.id_of(tree) for tree in (inner, outer)]
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    ctx = harness.context()
    inner, outer = (ctx.kinds["node_group"].create(ctx, "There", each) for each in fields)
    ctx.identity.bind("node_group", inner, ids[0])
    ctx.identity.bind("node_group", outer, ids[1])
    harness.write(ctx, "node_group", outer, fields[1])
    harness.write(ctx, "node_group", inner, fields[0])
    harness.settle(ctx)
    for tree, wanted in zip((inner, outer), fields):
        assert made.differences(wanted, harness.read(ctx, "node_group", tree)) == []
    assert outer.nodes["Group"].inputs[0].default_value == 0.75 and len(outer.links) == 2


def case_a_large_group_comes_in_parts():
    """An entity over the limit travels in parts by the first two levels of its paths, in any order: links before nodes, sockets after links."""
    ctx = harness.context()
    tree = interface_group()
    frame, math = tree.nodes.new("NodeFrame"), tree.nodes.new("ShaderNodeMath")
    math.parent = frame
    tree.links.new(tree.nodes["Group Input"].outputs[0], math.inputs[1])
    if hasattr(tree, "interface"):
        tree.interface.new_socket("Inside", in_out="INPUT", socket_type="NodeSocketInt", parent=tree.interface.new_panel("Panel"))
    fields = harness.read(ctx, "node_group", tree)
    parts = {}
    for field, value in fields.items():
        parts.setdefault("/".join(field.split("/")[:2]), {})[field] = value
    for seed in range(8):
        copied = made.copy(ctx, "node_group", {"tree_type": fields["tree_type"]}, bytes([seed]) * 16)
        for part in random.Random(seed).sample(sorted(parts), len(parts)):
            harness.write(ctx, "node_group", copied, parts[part])
            harness.settle(ctx)
        assert made.differences(fields, harness.read(ctx, "node_group", copied)) == []


def case_a_socket_changes_its_type():
    ctx = harness.context()
    tree = interface_group()
    if not hasattr(tree, "interface"):
        return
    copied = made.copy(ctx, "node_group", harness.read(ctx, "node_group", tree))
    item = next(item for item in tree.interface.items_tree if item.name == "V")
    item.socket_type = "NodeSocketInt"
    fields = harness.read(ctx, "node_group", tree)
    before = harness.read(ctx, "node_group", copied)
    harness.write(ctx, "node_group", copied, {field: value for field, value in fields.items() if before.get(field) != value and field != "name"})
    assert made.differences(fields, harness.read(ctx, "node_group", copied)) == []


# ---- zones and lists of items


def case_zones():
    ctx = harness.context()
    tree = group("GeometryNodeTree")
    if not hasattr(bpy.types, "GeometryNodeRepeatInput"):
        return
    start, end = tree.nodes.new("GeometryNodeRepeatInput"), tree.nodes.new("GeometryNodeRepeatOutput")
    start.pair_with_output(end)
    end.repeat_items.clear()
    for socket_type, name in (("FLOAT", "A"), ("INT", "B"), ("GEOMETRY", "C"), ("VECTOR", "D")):
        end.repeat_items.new(socket_type, name)
    end.repeat_items.remove(end.repeat_items[0])
    switch = tree.nodes.new("GeometryNodeMenuSwitch")
    switch.enum_items.clear()
    for name in ("One", "Two", "Three"):
        switch.enum_items.new(name)
    switch.inputs["Menu"].default_value = "Two"
    capture = tree.nodes.new("GeometryNodeCaptureAttribute")
    capture.capture_items.new("VECTOR", "Where")
    tree.links.new(start.outputs["C"], end.inputs["C"])
    start.inputs["B"].default_value = 5
    copied = made.assert_copies(ctx, "node_group", tree)
    assert copied.nodes[start.name].paired_output == copied.nodes[end.name]
    assert [item.name for item in copied.nodes[switch.name].enum_items] == ["One", "Two", "Three"]
