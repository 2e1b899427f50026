# SPDX-License-Identifier: Apache-2.0
"""Meshes, inside Blender."""

import glob
import os

import bmesh
import bpy
import harness
import numpy
from scenesync.kinds import KindError, mesh_topology

SCENES = os.environ.get("SCENESYNC_SCENES", os.path.join(harness.ROOT, "..", "shared", "scenes"))


# ---- meshes to work with


def grid(name="Grid", size=6):
    mesh = bpy.data.meshes.new(name)
    work = bmesh.new()
    bmesh.ops.create_grid(work, x_segments=size, y_segments=size, size=1.0, calc_uvs=False)
    work.to_mesh(mesh)
    work.free()
    return mesh


def ragged(name="Ragged"):
    """A triangle, a quad, a pentagon, a loose edge and a loose vertex."""
    corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (2, 0, 0), (2, 1, 0), (3, 0.5, 0), (2.5, 2, 0), (5, 0, 0), (6, 0, 0), (7, 7, 7)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [(8, 9)], [(0, 1, 2), (1, 4, 5, 3), (5, 4, 6, 7, 3)][:2] + [(4, 6, 7, 5)])
    return mesh


def linked(mesh):
    thing = bpy.data.objects.new(mesh.name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def rich():
    """A mesh with one of everything."""
    mesh = ragged("Rich")
    thing = linked(mesh)
    mesh.uv_layers.new(name="Second/map")
    mesh.uv_layers.new(name="First")
    random = numpy.random.default_rng(1)
    for layer in mesh.uv_layers:
        layer.data.foreach_set("uv", random.random(len(mesh.loops) * 2, numpy.float32))
    types = mesh.attributes.bl_rna.functions["new"].parameters["type"].enum_items.keys()
    for data_type in types:
        for domain in ("POINT", "EDGE", "FACE", "CORNER"):
            fill(mesh.attributes.new(f"{data_type} {domain}", data_type, domain).name, mesh, random)
    add_weights(mesh, random)
    mesh.polygons.foreach_set("use_smooth", [True, False, True])
    mesh.polygons.foreach_set("material_index", [0, 2, 1])
    for edge in list(mesh.edges)[::2]:
        edge.use_seam = True
    for edge in list(mesh.edges)[::3]:
        edge.use_edge_sharp = True
    for name in ("mask/1", "b", "c"):
        thing.vertex_groups.new(name=name)
    thing.vertex_groups["b"].add([0, 3, 10], 0.3, "REPLACE")
    thing.vertex_groups["b"].add([4], 0.7, "REPLACE")
    thing.vertex_groups["c"].add([3], 1.0, "REPLACE")
    thing.vertex_groups["c"].lock_weight = True
    for name in ("Basis", "Up", "Down"):
        thing.shape_key_add(name=name, from_mix=False)
    keys = mesh.shape_keys.key_blocks
    keys["Up"].data[2].co.z = 4
    keys["Down"].relative_key = keys["Up"]
    keys["Down"].slider_min, keys["Down"].slider_max, keys["Down"].value = -2, 3, 2.5
    keys["Down"].vertex_group = "b"
    keys["Up"].mute = True
    for name in ("M1", None, "M2"):
        mesh.materials.append(bpy.data.materials.new(name) if name else None)
    mesh.use_mirror_x = True
    mesh.use_auto_texspace = False
    mesh.texspace_size = (1, 2, 3)
    return mesh


def add_weights(mesh, random):
    """Creases and bevel weights: attributes, or what they were before they were that."""
    for name, collection, prop in (("crease_edge", "edges", "crease"), ("bevel_weight_edge", "edges", "bevel_weight"), ("bevel_weight_vert", "vertices", "bevel_weight")):
        items = getattr(mesh, collection)
        values = random.random(len(items), numpy.float32)
        if hasattr(items[0], prop):
            items.foreach_set(prop, values)
        else:
            mesh.attributes.new(name, "FLOAT", "EDGE" if collection == "edges" else "POINT").data.foreach_set("value", values)


def fill(name, mesh, random):
    layer = mesh.attributes[name]
    for item in layer.data:
        if hasattr(item, "vector"):
            item.vector = random.random(len(item.vector))
        elif hasattr(item, "color_srgb"):
            item.color_srgb = random.integers(0, 256, 4) / 255
        elif isinstance(item.value, (bytes, str)):
            item.value = type(item.value)() + (b"k\xc3\xa4se" if isinstance(item.value, bytes) else "käse")
        elif isinstance(item.value, bool):
            item.value = bool(random.integers(2))
        elif isinstance(item.value, int):
            item.value = int(random.integers(-100, 100))
        elif isinstance(item.value, float):
            item.value = random.random()
        elif hasattr(item.value, "row"):
            item.value = random.random((4, 4)).tolist()
        elif isinstance(item.value[0], int):
            item.value = random.integers(-100, 100, 2).tolist()
        else:
            item.value = random.random(4).tolist()


# ---- helpers


def copied(ctx, fields, name="Copy"):
    mesh = ctx.kinds["mesh"].create(ctx, name, fields)
    harness.write(ctx, "mesh", mesh, fields)
    return mesh


def members_by_name(fields):
    """Fields with the members called by their names, as their ids are random and order keys may be others."""
    names = {field.split("/")[1]: value for field, value in fields.items() if field.endswith("/name") and field.count("/") == 2}
    renamed = {"/".join(names.get(level, level) for level in field.split("/")): value for field, value in fields.items()}
    return {f: names.get(v, v) if f.endswith("relative_to") else v for f, v in renamed.items() if not f.endswith("/order")}


def assert_same(a, b, but=("name",)):
    lines = [
        f"{field}: {a.get(field)!r} != {b.get(field)!r}"
        for field in sorted(set(a) | set(b))
        if field not in but and not harness.equal(a.get(field), b.get(field))
    ]
    assert not lines, "\n".join(lines)


def array(fields, name):
    return fields[f"at/{fields['topology']}/{name}"]


def refused(ctx, mesh, fields, word):
    before = harness.read(ctx, "mesh", mesh)
    try:
        harness.write(ctx, "mesh", mesh, fields)
    except KindError as error:
        assert word in str(error), error
    else:
        raise AssertionError(f"{word}: not refused")
    mesh.validate()
    assert_same(before, harness.read(ctx, "mesh", mesh))


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


def case_one_vertex_is_one_array():
    ctx, mesh = harness.context(), rich()
    before = harness.read(ctx, "mesh", mesh)
    mesh.vertices[1].co.x = 9
    after = harness.read(ctx, "mesh", mesh)
    changed = {f for f in after if not harness.equal(before.get(f), after[f])}
    assert changed == {"bounds", f"at/{before['topology']}/positions"}, changed


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


def case_weights_change_by_difference():
    ctx, mesh = harness.context(), rich()
    before = harness.read(ctx, "mesh", mesh)
    at = f"at/{before['topology']}/vertex_groups/"
    group = next(f.split("/")[1] for f, v in before.items() if f.startswith("vertex_groups/") and v == "b")
    assert before[at + group].tolist() == [0, numpy.float32(0.3), 3, numpy.float32(0.3), 4, numpy.float32(0.7), 10, numpy.float32(0.3)]
    new = numpy.array([3, 0.5, 4, numpy.float32(0.7), 5, 0.25])
    harness.write(ctx, "mesh", mesh, {at + group: new, f"vertex_groups/{group}/name": "renamed"})
    after = harness.read(ctx, "mesh", mesh)
    assert after[at + group].tolist() == new.tolist()
    assert after[f"vertex_groups/{group}/name"] == "renamed"
    assert_same(before, after, but=(at + group, f"vertex_groups/{group}/name", *(f for f in before if f.endswith("/vertex_group"))))
    harness.write(ctx, "mesh", mesh, {f"vertex_groups/{group}": None})
    assert not any(group in field for field in harness.read(ctx, "mesh", mesh))


def case_members_are_reordered_and_removed():
    ctx, mesh = harness.context(), rich()
    before = harness.read(ctx, "mesh", mesh)
    for prefix, last in (("vertex_groups/", "mask/1"), ("shape_keys/", "Up")):
        member = next(f.split("/")[1] for f, v in before.items() if f.startswith(prefix) and f.endswith("/name") and v == last)
        harness.write(ctx, "mesh", mesh, {f"{prefix}{member}/order": "zz"})
    thing = next(o for o in bpy.data.objects if o.data == mesh)
    assert [group.name for group in thing.vertex_groups] == ["b", "c", "mask/1"]
    assert [key.name for key in mesh.shape_keys.key_blocks] == ["Basis", "Down", "Up"]
    after = harness.read(ctx, "mesh", mesh)
    assert_same(before, after, but=[f for f in before if f.endswith("/order")])
    keys = {f.split("/")[1] for f in after if f.startswith("shape_keys/")}
    harness.write(ctx, "mesh", mesh, {f"shape_keys/{key}": None for key in keys})
    assert mesh.shape_keys is None


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
    seen = kind.signature(ctx, mesh)
    assert kind.signature(ctx, mesh) == seen
    if ctx.caps.mesh_edits_fire:
        return
    for change in (
        lambda: mesh.vertices.foreach_set("co", numpy.arange(len(mesh.vertices) * 3, dtype="f4")),
        lambda: mesh.uv_layers["First"].data.foreach_set("uv", numpy.arange(len(mesh.loops) * 2, dtype="f4")),
        lambda: next(o for o in bpy.data.objects if o.data == mesh).vertex_groups.new(name="silent"),
    ):
        change()
        kind.memory(ctx, mesh).looked = (0.0, 0.0, None)
        now = kind.signature(ctx, mesh)
        assert now != seen
        seen = now


# ---- custom normals


def tilted(mesh, amount):
    normals = numpy.zeros((len(mesh.loops), 3), "f4")
    normals[:, 0] = amount
    normals[:, 2] = 1
    return (normals / numpy.linalg.norm(normals, axis=1)[:, None]).astype("f4").reshape(-1)


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


# ---- hostile peers


def case_bad_topologies_are_refused():
    ctx, mesh = harness.context(), grid()
    good = harness.read(ctx, "mesh", ragged())
    at = f"at/{good['topology']}/"
    good = {f: v for f, v in good.items() if f == "topology" or f.startswith(at)}
    vertices, edges, corners, faces = good[at + "counts"]

    def but(name, place, value, word):
        values = good[at + name].copy()
        values[place] = value
        refused(ctx, mesh, renamed({**good, at + name: values}, at), word)

    for name, limit in (("edges", vertices), ("corner_verts", vertices), ("corner_edges", edges)):
        for value in (limit, -1, 2**31 - 1, -(2**31)):
            but(name, 2, value, "outside")
    but("edges", slice(0, 2), 1, "itself")
    but("corner_edges", 0, 5, "join")
    but("face_offsets", 1, 1, "three")
    but("face_offsets", 1, 2**31 - 1, "three")
    but("face_offsets", 0, 1, "cover")
    but("face_offsets", -1, corners + 1, "cover")
    for name in ("edges", "corner_verts", "corner_edges", "face_offsets", "positions"):
        refused(ctx, mesh, {**good, at + name: good[at + name][:-1]}, "numbers")
        refused(ctx, mesh, {**good, at + name: good[at + name].astype("f8")}, "array of")
    for counts in ([vertices], [2**31, 0, 0, 0], [-1, 0, 0, 0], "no", [1.5, 0, 0, 0]):
        refused(ctx, mesh, {**good, at + "counts": counts}, "count")
    refused(ctx, mesh, {**good, at + "counts": [vertices, edges, corners, faces - 1]}, "numbers")
    wrong = {"topology": "0" * 16, **{f"at/{'0' * 16}/{f[len(at):]}": v for f, v in good.items() if f.startswith(at)}}
    refused(ctx, mesh, wrong, "not those of this topology")


def renamed(fields, at):
    """The same under the hash that its arrays really have, as a hostile peer would."""
    part = {f[len(at):]: v for f, v in fields.items() if f.startswith(at)}
    topology = mesh_topology.Topology(part["counts"], part["edges"], part["corner_verts"], part["corner_edges"], part["face_offsets"])
    name = topology.name()
    return {"topology": name, **{f"at/{name}/{f}": v for f, v in part.items()}}


def case_bad_layers_are_refused():
    ctx, mesh = harness.context(), rich()
    at = f"at/{harness.read(ctx, 'mesh', mesh)['topology']}/"
    group = next(f.split("/")[-1] for f in harness.read(ctx, "mesh", mesh) if f.startswith(at + "vertex_groups/"))
    points = len(mesh.vertices)
    for field, value, word in (
        ("positions", numpy.zeros(points * 3 + 1, "f4"), "numbers"),
        ("positions", numpy.zeros(points * 3, "f8"), "array"),
        ("positions", [0.0], "array"),
        ("uv/First", numpy.zeros(1, "f4"), "numbers"),
        ("uv/.corner_vert", numpy.zeros(len(mesh.loops) * 2, "f4"), "name"),
        ("material_index", numpy.full(len(mesh.polygons), -1, "i4"), "outside"),
        ("material_index", numpy.full(len(mesh.polygons), 40000, "i4"), "outside"),
        ("attributes/point/float/position", numpy.zeros(points, "f4"), "name"),
        ("attributes/corner/int/.corner_vert", numpy.zeros(len(mesh.loops), "i4"), "name"),
        ("attributes/point/float/crease_edge", numpy.zeros(points, "f4"), "name"),
        ("attributes/moon/float/x", numpy.zeros(points, "f4"), "domain"),
        ("attributes/point/float", numpy.zeros(points, "f4"), "not attributes"),
        ("attributes/point/int8/x", numpy.full(points, 500, "i4"), "outside"),
        ("attributes/point/string/x", numpy.zeros(points + 1, "u1"), "string"),
        ("custom_normals", numpy.zeros(5, "f4"), "numbers"),
        ("custom_normals", numpy.full(len(mesh.loops) * 3, numpy.nan, "f4"), "finite"),
        (f"vertex_groups/{group}", numpy.array([points, 1.0]), "vertices"),
        (f"vertex_groups/{group}", numpy.array([-1, 1.0]), "vertices"),
        (f"vertex_groups/{group}", numpy.array([1.0, 1.0, 1.0]), "numbers"),
        (f"vertex_groups/{group}", numpy.array([3, 1.0, 1, 1.0]), "list"),
        (f"vertex_groups/{group}", numpy.array([0.5, 1.0]), "list"),
        (f"vertex_groups/{group}", numpy.array([1, numpy.nan]), "list"),
        (f"shape_keys/{next(iter(ctx.kinds['mesh'].memory(ctx, mesh).keys.positions))}", numpy.zeros(4, "f4"), "numbers"),
    ):
        refused(ctx, mesh, {at + field: value}, word)


def case_odd_values_do_no_harm():
    ctx, mesh = harness.context(), rich()
    before = harness.read(ctx, "mesh", mesh)
    at = f"at/{before['topology']}/"
    harness.write(ctx, "mesh", mesh, {
        "topology": 7,
        "at/": 1,
        "at/ffffffffffffffff/positions": numpy.zeros(3, "f4"),
        "materials/99999999999": b"0" * 16,
        "materials/x": b"0" * 16,
        "material_count": True,
        "uv_order": "First",
        "active_uv": "none",
        "vertex_groups/12345678/lock_weight": True,
        at + "vertex_groups/12345678": numpy.zeros(2),
        at + "shape_keys/12345678": numpy.zeros(2, "f4"),
        at + "unknown": 3,
        "shape_keys/12345678/relative_to": "12345678",
    })
    bpy.context.view_layer.update()
    after = harness.read(ctx, "mesh", mesh)
    assert_same(before, after, but=("material_count", *(f for f in before if f.startswith("materials/"))))
    positions = before[at + "positions"].copy()
    positions[:3] = numpy.nan, numpy.inf, 1
    harness.write(ctx, "mesh", mesh, {at + "positions": positions})
    assert list(mesh.vertices[0].co) == [0, 0, 1]
