# SPDX-License-Identifier: Apache-2.0
"""Meshes to test with, inside Blender, and how they are compared."""

import bmesh
import bpy
import harness
import numpy


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


def tilted(mesh, amount):
    normals = numpy.zeros((len(mesh.loops), 3), "f4")
    normals[:, 0] = amount
    normals[:, 2] = 1
    return (normals / numpy.linalg.norm(normals, axis=1)[:, None]).astype("f4").reshape(-1)
