# SPDX-License-Identifier: Apache-2.0
"""Vertex groups and shape keys of meshes, inside Blender."""

import bpy
import harness
import numpy
from mesh_samples import assert_same, grid, linked, rich


def case_removing_a_layer_leaves_the_vertex_group_of_its_name():
    ctx, mesh = harness.context(), grid()
    for name in ("ant", "cat", "dog", "eel"):
        linked(mesh).vertex_groups.new(name=name)
    at = f"at/{harness.read(ctx, 'mesh', mesh)['topology']}/"
    edits = {
        at + "uv/dog": numpy.arange(len(mesh.loops) * 2, dtype="f4"),
        at + "attributes/point/float/cat": numpy.arange(len(mesh.vertices), dtype="f4"),
        at + "attributes/point/float/eel": numpy.arange(len(mesh.vertices), dtype="f4"),
    }
    for field, value in edits.items():
        harness.write(ctx, "mesh", mesh, {field: value})
    harness.write(ctx, "mesh", mesh, {at + "uv/dog": None, at + "attributes/point/float/cat": None})
    harness.write(ctx, "mesh", mesh, {at + "attributes/point/int/eel": numpy.arange(len(mesh.vertices), dtype="i4")})
    after = harness.read(ctx, "mesh", mesh)
    assert [group.name for group in linked(mesh).vertex_groups] == ["ant", "cat", "dog", "eel"]
    assert not [field for field in edits if field in after]
    assert at + "attributes/point/int/eel" in after


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
    harness.write(ctx, "mesh", mesh, {at + group: numpy.array([3, 0.1, 4, 7.0])})
    assert harness.read(ctx, "mesh", mesh)[at + group].tolist() == [3, numpy.float32(0.1), 4, 1]
    harness.write(ctx, "mesh", mesh, {f"vertex_groups/{group}": None})
    assert not any(group in field for field in harness.read(ctx, "mesh", mesh))


def case_weights_of_large_meshes_are_postponed_not_lost():
    ctx, mesh = harness.context(), grid(size=100)
    group = linked(mesh).vertex_groups.new(name="g")
    group.add([1, 2], 0.5, "REPLACE")
    kind = ctx.kinds["mesh"]
    field = next(f for f in harness.read(ctx, "mesh", mesh) if f.startswith("at/") and "vertex_groups/" in f)
    seen = kind.signature(ctx, mesh)
    memory = kind.memory(ctx, mesh).groups
    memory.looked = (memory.looked[0] + 1000, *memory.looked[1:])  # as if looking had just ended
    group.add([1], 0.25, "REPLACE")
    assert harness.read(ctx, "mesh", mesh)[field].tolist() == [1, 0.5, 2, 0.5]
    assert kind.signature(ctx, mesh) != seen, "the sweep is told to read again"
    assert harness.read(ctx, "mesh", mesh)[field].tolist() == [1, 0.25, 2, 0.5]


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


def case_arrays_of_members_may_come_before_them():
    ctx = harness.context()
    fields = harness.read(ctx, "mesh", rich())
    members = {field: value for field, value in fields.items() if field.startswith(("vertex_groups/", "shape_keys"))}
    mesh = bpy.data.meshes.new("Early")
    harness.write(ctx, "mesh", mesh, {field: value for field, value in fields.items() if field not in members})
    harness.write(ctx, "mesh", mesh, members)
    assert_same(fields, harness.read(ctx, "mesh", mesh))


def case_keys_of_which_nothing_is_said_are_as_the_mesh():
    """Where undo makes a key anew and another's topology holds, nobody has said where its vertices are."""
    ctx, mesh = harness.context(), grid()
    thing = linked(mesh)
    for name in ("Basis", "Up"):
        thing.shape_key_add(name=name, from_mix=False)
    harness.read(ctx, "mesh", mesh)
    other = harness.read(ctx, "mesh", grid("Other", 3))
    harness.write(ctx, "mesh", mesh, {name: value for name, value in other.items() if name == "topology" or name.startswith("at/")})
    for key in mesh.shape_keys.key_blocks:
        assert [point.co for point in key.data] == [vertex.co for vertex in mesh.vertices]
