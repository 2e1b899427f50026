# SPDX-License-Identifier: Apache-2.0
"""Meshes, inside Blender."""

import glob
import os

import bmesh
import bpy
import harness
import numpy
from mesh_samples import array, assert_same, copied, grid, linked, members_by_name, rich, tilted

SCENES = os.environ.get("SCENESYNC_SCENES", os.path.join(harness.ROOT, "..", "shared", "scenes"))


# ---- round trips


def case_everything_comes_back():
    ctx, mesh = harness.context(), rich()
    before = harness.read(ctx, "mesh", mesh)
    again = harness.read(ctx, "mesh", mesh)
    assert_same(before, again, but=())
    for field, value in before.items():
        if isinstance(value, numpy.ndarray):
            assert again[field] is value, f"{field} is read anew though nothing changed"
    other = copied(ctx, before)
    assert_same(members_by_name(before), members_by_name(harness.read(ctx, "mesh", other)))
    assert [m and m.name for m in other.materials] == ["M1", None, "M2"]
    thing = linked(other)
    assert_same(members_by_name(before), members_by_name(harness.read(ctx, "mesh", other)))
    assert [group.name for group in thing.vertex_groups] == ["mask/1", "b", "c"]
    assert [key.name for key in other.shape_keys.key_blocks] == ["Basis", "Up", "Down"]
    assert [layer.name for layer in other.uv_layers][:2] == ["Second/map", "First"]


def case_small_and_empty_meshes():
    ctx = harness.context()
    for vertices, edges in (([], []), ([(1, 2, 3)], []), ([(0, 0, 0), (1, 0, 0)], [(0, 1)])):
        mesh = bpy.data.meshes.new("Small")
        mesh.from_pydata(vertices, edges, [])
        before = harness.read(ctx, "mesh", mesh)
        assert_same(before, harness.read(ctx, "mesh", copied(ctx, before)))


def case_real_scenes():
    files = sorted(glob.glob(os.path.join(SCENES, "*.blend")))
    if not files:
        print(f"skipped: no scenes in {SCENES}")
        return
    for path in files:
        bpy.ops.wm.open_mainfile(filepath=path)
        ctx = harness.context()
        for mesh in list(bpy.data.meshes):
            before = harness.read(ctx, "mesh", mesh)
            assert_same(members_by_name(before), members_by_name(harness.read(ctx, "mesh", copied(ctx, before))))


def case_flags_are_as_blender_tells_them():
    ctx, random = harness.context(), numpy.random.default_rng(5)
    for size in (1, 2, 6):
        mesh = grid(size=size)
        for items, prop, name in ((mesh.edges, "use_seam", "seams"), (mesh.edges, "use_edge_sharp", "sharp_edges"), (mesh.polygons, "use_smooth", "smooth")):
            items.foreach_set(prop, random.random(len(items)) < 0.5)
            setattr(items[-1], prop, True)  # else there is no such array
            assert (array(harness.read(ctx, "mesh", mesh), name) != 0).tolist() == [getattr(item, prop) for item in items], (size, prop)


def case_rebuild_keeps_the_datablock():
    ctx = harness.context()
    mesh, other = rich(), grid()
    linked(other)
    mesh.animation_data_create()
    pointer, key = mesh.as_pointer(), mesh.shape_keys.as_pointer()
    fields = {f: v for f, v in harness.read(ctx, "mesh", other).items() if f == "topology" or f.startswith("at/")}
    harness.write(ctx, "mesh", mesh, fields)
    assert mesh.as_pointer() == pointer and mesh.shape_keys.as_pointer() == key and mesh.animation_data is not None
    assert [m and m.name for m in mesh.materials] == ["M1", None, "M2"]
    thing = next(o for o in bpy.data.objects if o.data == mesh)
    assert [group.name for group in thing.vertex_groups] == ["mask/1", "b", "c"]
    assert all(len(k.data) == len(other.vertices) for k in mesh.shape_keys.key_blocks)
    after = harness.read(ctx, "mesh", mesh)
    assert after["topology"] == fields["topology"]
    for name in ("positions", "edges", "corner_verts", "corner_edges", "face_offsets"):
        assert harness.equal(array(after, name), array(fields, name)), name
    bpy.context.view_layer.update()


# ---- edits


def case_another_topology_keeps_the_order_of_layers_and_which_are_active():
    for received in (False, True):  # our own mesh, or one that came from another
        ctx, mesh = harness.context(), grid()
        for name in ("eel", "bee", "ant"):
            mesh.uv_layers.new(name=name)
        mesh.uv_layers.active = mesh.uv_layers["bee"]
        mesh.uv_layers["ant"].active_render = True
        for name in ("dog", "cat"):
            mesh.color_attributes.new(name, "FLOAT_COLOR", "POINT")
        mesh.color_attributes.active_color_index = mesh.color_attributes.find("cat")
        mesh.color_attributes.render_color_index = mesh.color_attributes.find("dog")
        before = harness.read(ctx, "mesh", mesh)
        other = copied(ctx, before)
        if received:
            mesh = copied(ctx, before)
        work = bmesh.new()
        work.from_mesh(other)
        bmesh.ops.subdivide_edges(work, edges=work.edges, cuts=1)
        work.to_mesh(other)
        work.free()
        edited = _geometry(ctx, other)
        harness.write(ctx, "mesh", mesh, edited)
        after = harness.read(ctx, "mesh", mesh)
        assert after["topology"] == edited["topology"]
        for field in ("uv_order", "active_uv", "render_uv", "active_color", "render_color"):
            assert after[field] == before[field], (received, field, before[field], after[field])


def _geometry(ctx, mesh):
    """What an edit of a mesh in Edit Mode sends."""
    return {field: value for field, value in harness.read(ctx, "mesh", mesh).items() if field == "topology" or field.startswith("at/")}


def case_maps_that_two_made_at_once_end_in_one_order():
    ctx, orders = harness.context(), []
    for own, theirs in (("cat", "bee"), ("bee", "cat")):
        mesh = grid()
        mesh.uv_layers.new(name="dog")
        harness.read(ctx, "mesh", mesh)
        mesh.uv_layers.new(name=own)
        fields = harness.read(ctx, "mesh", mesh)
        maps = {field: value for field, value in fields.items() if field.endswith("/dog")}
        received = {field.replace("/dog", f"/{theirs}"): value for field, value in maps.items()}
        if own == "cat":  # who added the other one was the later
            received["uv_order"] = ["dog", theirs]
        harness.write(ctx, "mesh", mesh, received)
        harness.read(ctx, "mesh", mesh)
        rebuilt = grid(size=5)
        for name in ("dog", "bee", "cat"):
            rebuilt.uv_layers.new(name=name)
        harness.write(ctx, "mesh", mesh, _geometry(ctx, rebuilt))
        orders.append([layer.name for layer in mesh.uv_layers])
    assert orders == [["dog", "bee", "cat"]] * 2, orders


def case_one_vertex_is_one_array():
    ctx, mesh = harness.context(), rich()
    before = harness.read(ctx, "mesh", mesh)
    mesh.vertices[1].co.x = 9
    after = harness.read(ctx, "mesh", mesh)
    changed = {f for f in after if not harness.equal(before.get(f), after[f])}
    assert changed == {"bounds", f"at/{before['topology']}/positions"}, changed


def case_objects_lose_the_last_slot_with_their_mesh():
    ctx, mesh = harness.context(), grid()
    thing = linked(mesh)
    for count in (2, 1, 0):
        harness.write(ctx, "mesh", mesh, {"material_count": count})
        assert len(thing.material_slots) == len(mesh.materials) == count


def case_faces_stay_with_the_slot_that_is_taken_away():
    """Blender gives them another; whoever took it away says which, or none, as undo does."""
    ctx, mesh = harness.context(), grid(size=4)
    indices = [index % 3 for index in range(len(mesh.polygons))]
    harness.write(ctx, "mesh", mesh, {"material_count": 3})
    mesh.polygons.foreach_set("material_index", indices)
    before = harness.read(ctx, "mesh", mesh)
    for count in (2, 1, 0, 1, 3):
        harness.write(ctx, "mesh", mesh, {"material_count": count})
        assert [face.material_index for face in mesh.polygons] == indices, count
    assert_same(before, harness.read(ctx, "mesh", mesh))


def case_a_slot_taken_away_while_another_fills_it():
    ctx = harness.context()
    material = bpy.data.materials.new("M")
    taken, filled = {"material_count": 0}, {"materials/0": ctx.id_of(material)}
    for edits in ((taken, filled), (filled, taken), ({**taken, **filled},)):
        mesh = grid()
        harness.write(ctx, "mesh", mesh, {"material_count": 1})
        for edit in edits:
            harness.write(ctx, "mesh", mesh, edit)
        assert list(mesh.materials) == [material] and harness.read(ctx, "mesh", mesh)["material_count"] == 0
        harness.write(ctx, "mesh", mesh, {"materials/0": None})
        assert len(mesh.materials) == 0


def case_edits_of_layers_apply_alone():
    ctx, mesh = harness.context(), rich()
    before = harness.read(ctx, "mesh", mesh)
    at = f"at/{before['topology']}/"
    edits = {
        at + "positions": before[at + "positions"] + numpy.float32(1),
        at + "uv/First": before[at + "uv/First"] * numpy.float32(0.5),
        at + "smooth": numpy.array([0, 1, 1], "u1"),
        at + "seams": None,
        at + "attributes/point/float/new": numpy.arange(len(mesh.vertices), dtype="f4"),
        at + "attributes/face/int/INT FACE": None,
        at + "attributes/edge/float/crease_edge": None,
        at + "attributes/point/float/bevel_weight_vert": None,
        at + "attributes/point/float/crease_vert": numpy.full(len(mesh.vertices), 0.5, "f4"),
        "active_uv": "First",
        "render_uv": "First",
    }
    for field, value in edits.items():
        harness.write(ctx, "mesh", mesh, {field: value})
    after = harness.read(ctx, "mesh", mesh)
    for field, value in edits.items():
        assert harness.equal(after.get(field), value), field
    assert_same(before, after, but=(*edits, "bounds", "uv_order"))


def case_layers_may_be_called_like_a_vertex_group():
    ctx, mesh = harness.context(), grid()
    linked(mesh).vertex_groups.new(name="dog")
    linked(mesh).vertex_groups.new(name="cat")
    at = f"at/{harness.read(ctx, 'mesh', mesh)['topology']}/"
    edits = {
        at + "uv/dog": numpy.arange(len(mesh.loops) * 2, dtype="f4"),
        at + "attributes/point/float/cat": numpy.arange(len(mesh.vertices), dtype="f4"),
    }
    for field, value in edits.items():
        harness.write(ctx, "mesh", mesh, {field: value})
    after = harness.read(ctx, "mesh", mesh)
    for field, value in edits.items():
        assert harness.equal(after.get(field), value), field


def case_an_attribute_may_be_called_like_a_map():
    ctx, mesh = harness.context(), grid()
    if ctx.caps.mesh_attributes_only:
        return  # there a map is an attribute
    mesh.attributes.new("dog", "FLOAT", "POINT").data[1].value = 5
    mesh.uv_layers.new(name="dog").data[1].uv = (6, 7)
    before = harness.read(ctx, "mesh", mesh)
    layers = [field for field in before if field.endswith("/dog")]
    assert len(layers) == 2
    for first, second in (layers, layers[::-1]):
        other = copied(ctx, {f: v for f, v in before.items() if f != second})
        harness.write(ctx, "mesh", other, {second: before[second]})
        assert_same(before, harness.read(ctx, "mesh", other))


def case_of_layers_called_alike_the_same_stays():
    ctx, kept = harness.context(), set()
    for forms in (("face", "point"), ("point", "face")):
        mesh = grid()
        at = f"at/{harness.read(ctx, 'mesh', mesh)['topology']}/attributes/"
        sizes = {"face": len(mesh.polygons), "point": len(mesh.vertices)}
        for form in forms:
            harness.write(ctx, "mesh", mesh, {f"{at}{form}/float/dog": numpy.zeros(sizes[form], "f4")})
        kept.add(mesh.attributes["dog"].domain)
        # who changes the form sends both, and then it changes
        harness.write(ctx, "mesh", mesh, {f"{at}face/float/dog": numpy.zeros(sizes["face"], "f4"), f"{at}point/float/dog": None})
        assert mesh.attributes["dog"].domain == "FACE"
    assert len(kept) == 1


def case_layers_that_joined_objects_have_called_alike():
    ctx, meshes = harness.context(), [grid(), grid()]
    meshes[0].uv_layers.new(name="dog")
    for mesh in meshes:
        mesh.attributes.new("cat", "FLOAT", "FACE" if mesh == meshes[0] else "POINT").data[2].value = 5
    meshes[1].attributes.new("dog", "FLOAT", "POINT").data[1].value = 7
    things = [linked(mesh) for mesh in meshes]
    with bpy.context.temp_override(active_object=things[0], object=things[0], selected_editable_objects=things):
        bpy.ops.object.join()
    before = harness.read(ctx, "mesh", meshes[0])
    assert len({layer.name for layer in meshes[0].attributes}) == len(meshes[0].attributes)
    assert_same(before, harness.read(ctx, "mesh", copied(ctx, before)))


def case_arrays_may_come_one_by_one():
    ctx = harness.context()
    fields = harness.read(ctx, "mesh", rich())
    parts = [{f: v} for f, v in fields.items() if f == "topology" or f.startswith("at/") and "groups" not in f and "keys" not in f]
    for sequence in (parts, parts[::-1]):
        mesh = bpy.data.meshes.new("Late")
        for part in sequence:
            harness.write(ctx, "mesh", mesh, part)
        after = harness.read(ctx, "mesh", mesh)
        for part in parts:
            for field, value in part.items():
                assert harness.equal(after.get(field), value), field


def case_edit_mode_is_read():
    ctx, mesh = harness.context(), rich()
    thing = next(o for o in bpy.data.objects if o.data == mesh)
    bpy.context.view_layer.objects.active = thing
    before = harness.read(ctx, "mesh", mesh)
    bpy.ops.object.mode_set(mode="EDIT")
    assert_same(before, harness.read(ctx, "mesh", mesh))
    work = bmesh.from_edit_mesh(mesh)
    work.verts.ensure_lookup_table()
    work.verts[10].co.x = 70
    thing.update_from_editmode()
    during = harness.read(ctx, "mesh", mesh)
    assert array(during, "positions")[30] == 70
    bpy.ops.object.mode_set(mode="OBJECT")
    assert array(harness.read(ctx, "mesh", mesh), "positions")[30] == 70


def case_silent_edits_are_seen():
    ctx, mesh = harness.context(), rich()
    kind = ctx.kinds["mesh"]
    harness.read(ctx, "mesh", mesh)
    assert kind.signature(ctx, mesh) == (), "what has been read is not read again"
    if ctx.caps.mesh_edits_fire:
        return
    for change in (
        lambda: mesh.vertices.foreach_set("co", numpy.arange(len(mesh.vertices) * 3, dtype="f4")),
        lambda: mesh.uv_layers["First"].data.foreach_set("uv", numpy.arange(len(mesh.loops) * 2, dtype="f4")),
        lambda: next(o for o in bpy.data.objects if o.data == mesh).vertex_groups.new(name="silent"),
    ):
        change()
        kind.memory(ctx, mesh).looked = (0.0, 0.0)
        assert kind.signature(ctx, mesh) is None
        harness.read(ctx, "mesh", mesh)
        kind.memory(ctx, mesh).looked = (0.0, 0.0)
        assert kind.signature(ctx, mesh) == ()


# ---- custom normals


def case_custom_normals_do_not_drift():
    ctx, mesh = harness.context(), grid()
    linked(mesh)
    fields = harness.read(ctx, "mesh", mesh)
    at = f"at/{fields['topology']}/"
    harness.write(ctx, "mesh", mesh, {"use_auto_smooth": True, at + "smooth": numpy.ones(len(mesh.polygons), "u1")})
    wanted = tilted(mesh, 0.4)
    harness.write(ctx, "mesh", mesh, {at + "custom_normals": wanted})
    first = harness.read(ctx, "mesh", mesh)
    assert harness.equal(first[at + "custom_normals"], wanted), "rounding came back as an edit"
    for turn in range(10):
        other = copied(ctx, first, f"Copy {turn}")
        first = harness.read(ctx, "mesh", other)
        assert numpy.abs(first[at + "custom_normals"] - wanted).max() == 0
    mesh.vertices[0].co.z = 0.5
    mesh.update()
    moved = harness.read(ctx, "mesh", mesh)[at + "custom_normals"].reshape(-1, 3)
    same = (moved == wanted.reshape(-1, 3)).all(axis=1)
    assert same.any() and not same.all(), "only the corners around the moved vertex are others"
    harness.write(ctx, "mesh", mesh, {at + "custom_normals": None})
    assert not mesh.has_custom_normals
    assert at + "custom_normals" not in harness.read(ctx, "mesh", mesh)


def case_custom_normals_reach_blender():
    ctx, mesh = harness.context(), grid()
    fields = harness.read(ctx, "mesh", mesh)
    at = f"at/{fields['topology']}/"
    harness.write(ctx, "mesh", mesh, {"use_auto_smooth": True, at + "smooth": numpy.ones(len(mesh.polygons), "u1")})
    harness.write(ctx, "mesh", mesh, {at + "custom_normals": tilted(mesh, 0.4)})
    stranger = harness.context()  # remembers nothing of what was set
    values = harness.read(stranger, "mesh", mesh)[at + "custom_normals"]
    assert numpy.abs(values - tilted(mesh, 0.4)).max() < 2e-2
    if ctx.caps.exact_custom_normals:
        other = copied(stranger, harness.read(stranger, "mesh", mesh))
        assert harness.equal(harness.read(harness.context(), "mesh", other)[at + "custom_normals"], values)
