# SPDX-License-Identifier: Apache-2.0
"""What a hostile peer could send as a mesh, inside Blender."""

import bpy
import harness
import numpy
from mesh_samples import assert_same, grid, ragged, rich
from scenesync.kinds import KindError, mesh_topology


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
