# SPDX-License-Identifier: Apache-2.0
"""Masks, inside Blender."""

import os
import tempfile

import bpy
import harness
import numpy
from scenesync.kinds import KindError


def mask_with_all():
    mask = bpy.data.masks.new("Mask")
    mask.frame_start, mask.frame_end = 3, 77
    for name, count in (("Second", 3), ("First", 1)):
        layer = mask.layers.new(name=name)
        layer.alpha, layer.blend, layer.invert, layer.falloff = 0.25, "DIFFERENCE", True, "SHARP"
        layer.use_fill_overlap = layer.hide_render = name == "First"
        for number in range(count):
            spline = layer.splines.new()
            spline.points.add(4)
            spline.use_cyclic, spline.offset_mode, spline.weight_interpolation = number == 0, "SMOOTH", "EASE"
            for place, point in enumerate(spline.points):
                point.co = (0.25 + number / 8, place / 8)
                point.handle_left_type = point.handle_right_type = ("FREE", "AUTO", "VECTOR", "ALIGNED", "ALIGNED_DOUBLESIDE")[place]
                point.handle_left, point.handle_right = (0.2, place / 8), (0.3, place / 8 + 0.1)
                point.weight = place / 3
    for _ in range(2):  # Blender computes all handles but the free ones
        mask.update_tag()
        bpy.context.view_layer.update()
    return mask


def copied(ctx, fields):
    mask = ctx.kinds["mask"].create(ctx, "Copy", fields)
    harness.write(ctx, "mask", mask, fields)
    return mask


def same(a, b, but=("name",)):
    lines = [f"{f}: {a.get(f)!r} != {b.get(f)!r}" for f in sorted(set(a) | set(b)) if f not in but and not harness.equal(a.get(f), b.get(f))]
    assert not lines, "\n".join(lines)


def case_everything_comes_back():
    ctx, mask = harness.context(), mask_with_all()
    fields = harness.read(ctx, "mask", mask)
    same(fields, harness.read(ctx, "mask", mask), but=())
    other = copied(ctx, fields)
    same(fields, harness.read(ctx, "mask", other))
    assert [layer.name for layer in other.layers] == ["Second", "First"]
    point = other.layers["Second"].splines[1].points[1]
    assert list(point.co) == [0.375, 0.125] and point.handle_left_type == "AUTO" and point.weight == numpy.float32(1 / 3)
    bpy.context.view_layer.update()
    same(fields, harness.read(ctx, "mask", other))


def case_single_edits():
    ctx, mask = harness.context(), mask_with_all()
    other = copied(ctx, harness.read(ctx, "mask", mask))
    before = harness.read(ctx, "mask", mask)

    def sent():
        """What changed in `mask`, written to `other`."""
        nonlocal before
        after = harness.read(ctx, "mask", mask)
        changed = {f: after.get(f) for f in set(before) | set(after) if not harness.equal(before.get(f), after.get(f))}
        harness.write(ctx, "mask", other, changed)
        before = after
        same(after, harness.read(ctx, "mask", other))
        return changed

    layer = mask.layers["Second"]
    layer.splines[1].points[2].co.x = 0.9
    assert all(f.endswith("/points") or f == "bounds_px" for f in sent())
    layer.splines[0].points.add(2)
    sent()
    layer.splines[0].points.remove(layer.splines[0].points[0])
    sent()
    layer.splines.remove(layer.splines[0])
    assert sum(value is not None for value in sent().values()) <= 1, "the other splines keep their ids"
    layer.splines.new()
    sent()
    layer.name = "Renamed"
    assert [f.rpartition("/")[2] for f in sent()] == ["name"]
    mask.layers.new(name="Third")
    sent()
    mask.layers.remove(mask.layers["First"])
    sent()
    layer = mask.layers["Renamed"]
    layer.blend, mask.frame_end = "LIGHTEN", 99
    assert len(sent()) == 2


def case_layers_are_reordered():
    ctx, mask = harness.context(), mask_with_all()
    before = harness.read(ctx, "mask", mask)
    member = next(f.split("/")[1] for f, v in before.items() if f.count("/") == 2 and f.endswith("/name") and v == "Second")
    harness.write(ctx, "mask", mask, {f"layers/{member}/order": "zz"})
    assert [layer.name for layer in mask.layers] == ["First", "Second"]
    same({**before, f"layers/{member}/order": "zz"}, harness.read(ctx, "mask", mask))


def case_bounds_are_pixels():
    ctx = harness.context()
    mask = bpy.data.masks.new("Box")
    assert "bounds_px" not in harness.read(ctx, "mask", mask)
    render = bpy.context.scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 400, 200, 50
    spline = mask.layers.new(name="L").splines.new()
    spline.points.add(1)
    for point, place in zip(spline.points, ((0.25, 0.5), (0.75, 0.625))):
        point.co = point.handle_left = point.handle_right = place
    assert harness.read(ctx, "mask", mask)["bounds_px"] == [50, 50, 150, 75]


def clip():
    path = os.path.join(tempfile.mkdtemp(), "clip.png")
    image = bpy.data.images.new("c", 8, 8)
    image.filepath_raw, image.file_format = path, "PNG"
    image.save()
    return bpy.data.movieclips.load(path)


def case_parents_wait_for_their_clip():
    ctx, mask, movie = harness.context(), mask_with_all(), clip()
    track = movie.tracking.tracks.new(name="T1", frame=1)
    parent = mask.layers["Second"].splines[1].points[2].parent
    parent.id_type, parent.id, parent.parent = "MOVIECLIP", movie, track.name
    fields = harness.read(ctx, "mask", mask)
    assert movie in list(ctx.kinds["mask"].uses(ctx, mask))
    other = copied(ctx, fields)
    same(fields, harness.read(ctx, "mask", other))
    parents = next(f for f in fields if f.endswith("/parents"))
    harness.write(ctx, "mask", other, {parents: None})
    assert parents not in harness.read(ctx, "mask", other)
    harness.write(ctx, "mask", other, {parents: {"2": {"clip": b"x" * 16}}})
    assert b"x" * 16 in ctx.wanted


def case_hostile_fields():
    ctx, mask = harness.context(), mask_with_all()
    before = harness.read(ctx, "mask", mask)
    spline = next(f[: -len("/points")] for f in before if f.endswith("/points"))
    for name, value in (
        ("points", numpy.zeros(0, "f4")),
        ("points", numpy.zeros(8, "f4")),
        ("points", numpy.full(7, numpy.nan, "f4")),
        ("points", numpy.zeros(7, "f8")),
        ("points", numpy.zeros(7 * 200000, "f4")),
        ("handle_types", numpy.zeros(4, "f4")),
        ("feather", numpy.zeros(4, "f4")),
    ):
        try:
            harness.write(ctx, "mask", mask, {f"{spline}/{name}": value})
        except KindError:
            continue
        raise AssertionError(name)
    layer = spline.split("/")[1]
    harness.write(ctx, "mask", mask, {
        f"{spline}/handle_types": numpy.full(400, 250, "u1"),
        f"{spline}/feather": numpy.array([1e9, 0, 0], "f4"),
        "layers/12345678/alpha": 1.0,
        f"layers/{layer}/splines/12345678/use_cyclic": True,
        f"layers/{layer}/blend": "NO_SUCH",
        "layers/": 1,
    })
    same(before, harness.read(ctx, "mask", mask))
