# SPDX-License-Identifier: Apache-2.0
"""Materials, inside Blender: node trees, settings, and the summary for tools without nodes."""

import glob
import os
import random

import bpy
import harness
import node_material as made
from scenesync import entity

SCENES = os.environ.get("SCENESYNC_SCENES", os.path.join(harness.ROOT, "..", "shared", "scenes"))
NODES = ("nodes/", "links/")


def material(name="Material"):
    block = bpy.data.materials.new(name)
    block.use_nodes = True
    return block


def shader(block):
    return next(node for node in block.node_tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")


def without_nodes(fields):
    return {field: value for field, value in fields.items() if not field.startswith(NODES)}


def case_every_type_of_shader_node():
    ctx = harness.context()
    block = material()
    block.node_tree.nodes.clear()
    assert len(made.fill(block.node_tree, made.node_types())) > 80
    made.assert_copies(ctx, "material", block)


def case_reading_again_what_was_touched_gives_what_reading_all_gives():
    """For each value of each type of node, with the summary along with it, as others send it."""
    ctx = harness.context()
    block = material()
    made.fill(block.node_tree, made.node_types())
    uuid, kind = ctx.id_of(block), ctx.kinds["material"]
    before = entity.read(ctx, kind, uuid, block)
    values = {name: value for name, value in before.items() if "/inputs/" in name and isinstance(value, float)}
    assert len(values) > 20
    for name, value in values.items():
        changes = {name: value / 2 + 0.125, "roughness": 0.5}
        assert kind.read_part(ctx, block, changes) is not None, "a value is read again without the rest"
        entity.write(ctx, kind, uuid, block, changes)
        before = entity.read_again(ctx, kind, uuid, block, changes, before)
        assert harness.differences({"material": {uuid: before}}, {"material": {uuid: entity.read(ctx, kind, uuid, block)}}) == []
    assert kind.read_part(ctx, block, {"use_nodes": True}) is None, "what may change anything is read whole"


def case_settings():
    ctx = harness.context()
    block = material()
    chance = random.Random(5)
    local = {"name", "use_fake_user", "tag", "use_nodes", "paint_active_slot", "paint_clone_slot", "is_runtime_data", "use_extra_user"}
    made.change_all(block, chance, local)
    made.change_all(block.lineart, chance, set())
    copied = made.assert_copies(ctx, "material", block)
    for name in ("diffuse_color", "metallic", "roughness", "pass_index", "use_backface_culling", "refraction_depth"):
        made.assert_same(block, copied, name)


def case_grease_pencil():
    ctx = harness.context()
    block = bpy.data.materials.new("Ink")
    bpy.data.materials.create_gpencil_data(block)
    block.grease_pencil.color = (0.1, 0.2, 0.3, 0.4)
    block.grease_pencil.mode = "DOTS"
    copied = made.assert_copies(ctx, "material", block)
    assert copied.grease_pencil.mode == "DOTS"


def case_a_material_without_nodes():
    ctx = harness.context()
    block = bpy.data.materials.new("Plain")
    if not ctx.caps.use_nodes:
        return
    block.diffuse_color = (0.1, 0.2, 0.3, 0.5)
    fields = harness.read(ctx, "material", block)
    assert fields["use_nodes"] is False and fields["alpha"] == 0.5
    copied = made.assert_copies(ctx, "material", block)
    assert copied.node_tree is None and not copied.use_nodes


def case_a_tree_that_is_not_used():
    ctx = harness.context()
    block = material()
    if not ctx.caps.use_nodes:
        return
    block.use_nodes = False
    copied = made.assert_copies(ctx, "material", block)
    assert not copied.use_nodes and len(copied.node_tree.nodes) == 2


def case_a_tree_without_nodes():
    ctx = harness.context()
    block = material()
    block.node_tree.nodes.clear()
    copied = made.assert_copies(ctx, "material", block)
    assert len(copied.node_tree.nodes) == 0


def case_a_material_of_a_tool_has_the_nodes_that_blender_makes():
    ctx = harness.context()
    kind = ctx.kinds["material"]
    for given in ({}, {"base_color": [1.0, 0.0, 0.0]}, {"use_nodes": True, "roughness": 0.25}):
        block = kind.create(ctx, "Given", given)
        assert len(block.node_tree.nodes) == 2, given


# ---- the summary


def case_summary_of_values():
    ctx = harness.context()
    block = material()
    shader(block).inputs["Base Color"].default_value = (0.1, 0.2, 0.3, 1.0)
    shader(block).inputs["Metallic"].default_value = 0.75
    shader(block).inputs["Alpha"].default_value = 0.5
    fields = harness.read(ctx, "material", block)
    assert fields["base_color"] == list(shader(block).inputs["Base Color"].default_value)[:3]
    assert fields["metallic"] == 0.75 and fields["alpha"] == 0.5 and fields["roughness"] == 0.5
    assert fields["emission"] in ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]) and "emission_strength" in fields


class Image:
    """Stands for the UUIDs of images, whichever kinds there are."""

    def __init__(self, ctx):
        self.image = bpy.data.images.new("Texture", 4, 4)
        ctx.identity.bind("image", self.image, b"i" * 16)


def textured(block, image):
    """Base colour from an image, roughness and metallic from channels of it, normal through a normal map; reroutes between."""
    tree = block.node_tree
    texture, split, bump, way = (
        tree.nodes.new(name) for name in ("ShaderNodeTexImage", "ShaderNodeSeparateColor", "ShaderNodeNormalMap", "NodeReroute")
    )
    texture.image = image
    tree.links.new(texture.outputs["Color"], way.inputs[0])
    texture.outputs["Color"].default_value = (0.5, 0.25, 0, 1)
    for source, target in (
        (way.outputs[0], shader(block).inputs["Base Color"]),
        (texture.outputs["Color"], split.inputs[0]),
        (split.outputs[1], shader(block).inputs["Roughness"]),
        (texture.outputs["Alpha"], shader(block).inputs["Alpha"]),
        (texture.outputs["Color"], bump.inputs["Color"]),
        (bump.outputs[0], shader(block).inputs["Normal"]),
    ):
        tree.links.new(source, target)
    bump.inputs["Strength"].default_value = 0.5


def case_summary_of_images():
    ctx = harness.context()
    image = Image(ctx).image
    block = material()
    textured(block, image)
    fields = harness.read(ctx, "material", block)
    uuid = ctx.id_of(image)
    assert fields["base_color_image"] == uuid and "base_color" not in fields and "base_color_channel" not in fields
    assert fields["roughness_image"] == uuid and fields["roughness_channel"] == "G" and "roughness" not in fields
    assert fields["alpha_channel"] == "A" and fields["normal_image"] == uuid and fields["normal_strength"] == 0.5
    made.assert_copies(ctx, "material", block)


def case_summary_of_other_shaders():
    ctx = harness.context()
    block = material()
    tree = block.node_tree
    output = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial")
    glow, mix, color = (tree.nodes.new(name) for name in ("ShaderNodeEmission", "ShaderNodeMixShader", "ShaderNodeRGB"))
    color.outputs[0].default_value = (0.25, 0.5, 0.75, 1.0)
    tree.links.new(color.outputs[0], glow.inputs["Color"])
    tree.links.new(glow.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])
    fields = harness.read(ctx, "material", block)
    assert fields["emission"] == [0.25, 0.5, 0.75] and fields["emission_strength"] == 1.0
    made.assert_copies(ctx, "material", block)


def case_a_tool_sets_the_summary():
    ctx = harness.context()
    block = material()
    ctx.id_of(block)
    harness.read(ctx, "material", block)
    harness.write(ctx, "material", block, {"base_color": [0.25, 0.5, 0.75], "metallic": 1, "roughness": 0.125})
    inputs = shader(block).inputs
    assert list(inputs["Base Color"].default_value) == [0.25, 0.5, 0.75, 1.0]
    assert inputs["Metallic"].default_value == 1.0 and inputs["Roughness"].default_value == 0.125
    followed = {field for _, kind, field in ctx.following if kind == "material"}
    fields = harness.read(ctx, "material", block)
    assert {fields[field] if isinstance(fields[field], float) else tuple(fields[field]) for field in followed} == {
        (0.25, 0.5, 0.75, 1.0), 1.0, 0.125,
    }


def case_the_summary_does_not_touch_a_tree_that_comes_with_it():
    ctx = harness.context()
    block = material()
    fields = harness.read(ctx, "material", block)
    rough = next(field for field in fields if field.endswith("/inputs/Roughness"))
    harness.write(ctx, "material", block, {rough: 0.25, "roughness": 0.75})
    assert shader(block).inputs["Roughness"].default_value == 0.25 and not ctx.following


def case_a_tool_makes_a_material():
    """Nodes that nobody has named have the same ids in every Blender, and values for them find them."""
    given = {"name": "Made", "base_color": [0.5, 0.25, 0.125], "roughness": 0.25}
    seen = []
    for _ in range(2):
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        ctx = harness.context()
        block = made.copy(ctx, "material", given)
        assert list(shader(block).inputs["Base Color"].default_value)[:3] == given["base_color"]
        seen.append(harness.read(ctx, "material", block))
    assert made.differences(*seen) == []
    rough = next(field for field in seen[0] if field.endswith("/inputs/Roughness"))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    block = made.copy(harness.context(), "material", {**given, rough: 0.625})
    assert shader(block).inputs["Roughness"].default_value == 0.625


def case_sockets_have_one_name_in_all_versions():
    ctx = harness.context()
    block = material()
    fields = harness.read(ctx, "material", block)
    names = {field.rpartition("/")[2] for field in fields if "/inputs/" in field}
    assert {"Specular IOR Level", "Transmission Weight", "Coat Weight", "Coat Roughness", "Emission Color", "Sheen Weight", "Subsurface Weight"} <= names
    assert not names & {"Specular", "Transmission", "Clearcoat", "Emission", "Sheen", "Subsurface"}
    level = next(field for field in fields if field.endswith("/inputs/Coat Weight"))
    harness.write(ctx, "material", block, {level: 0.375})
    assert 0.375 in [socket.default_value for socket in shader(block).inputs if socket.name in {"Clearcoat", "Coat Weight", "Weight"} and socket.type == "VALUE"]


# ---- real files


def case_scenes():
    """Every material, node group, world, light and camera of the scenes."""
    files = sorted(glob.glob(os.path.join(SCENES, "*.blend")))
    if not files:
        print(f"skipped: no scenes in {SCENES}")
    for file in files:
        bpy.ops.wm.open_mainfile(filepath=file)
        ctx = harness.context()
        lost = [block for block in ctx.walk() if isinstance(block, bpy.types.NodeTree) and block.bl_idname == "NodeTreeUndefined"]
        assert lost == [], "groups of libraries that are missing are nothing to share"
        before = entities(ctx)
        ctx = harness.replay(before)
        found = harness.differences(resolvable(before, before), resolvable(entities(ctx, before), before))
        assert found == [], f"{file}:\n" + "\n".join(found[:10])


KINDS = ("node_group", "material", "world", "light", "camera")


def entities(ctx, known=None):
    """{kind: {uuid: fields}} of what the file itself holds; of `known` only, if given."""
    found = {}
    for name in KINDS:
        blocks = [block for block in getattr(bpy.data, ctx.kinds[name].collection) if block.library is None]
        blocks = {ctx.id_of(block): block for block in blocks}
        found[name] = {uuid: harness.read(ctx, name, block) for uuid, block in blocks.items() if known is None or uuid in known[name]}
    return found


def resolvable(values, known):
    """Without references to what is not replayed here: images, objects, groups of libraries that are missing."""
    there = {uuid for kind in known.values() for uuid in kind}
    return {
        name: {
            uuid: {field: value for field, value in fields.items() if not isinstance(value, bytes) or value in there}
            for uuid, fields in entities.items()
        }
        for name, entities in values.items()
    }
