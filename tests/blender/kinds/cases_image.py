# SPDX-License-Identifier: Apache-2.0
"""Images, inside Blender."""

import glob
import os
import shutil
import tempfile

import bpy
import harness
import numpy
from scenesync.kinds import KindError
from scenesync.kinds.media import harmless

SCENES = os.environ.get("SCENESYNC_SCENES", os.path.join(harness.ROOT, "..", "shared", "scenes"))


def pixels(image):
    buffer = numpy.empty(len(image.pixels), "f4")
    image.pixels.foreach_get(buffer)
    return buffer


def random(count, seed=1):
    return numpy.random.default_rng(seed).random(count, numpy.float32)


def saved(name="saved.png", seed=1, size=(16, 8), float_buffer=False):
    """A file made by Blender."""
    path = os.path.join(tempfile.mkdtemp(), name)
    image = bpy.data.images.new("saver", *size, alpha=True, float_buffer=float_buffer)
    image.pixels.foreach_set(random(size[0] * size[1] * 4, seed))
    image.file_format = "OPEN_EXR" if float_buffer else "PNG"
    image.filepath_raw = path
    image.save()
    bpy.data.images.remove(image)
    return path


def copied(ctx, fields):
    image = ctx.kinds["image"].create(ctx, "Copy", fields)
    harness.write(ctx, "image", image, fields)
    return image


def same_content(ctx, image):
    """Its copy, which must have its pixels, size, colour space and alpha mode."""
    fields = harness.read(ctx, "image", image)
    harness_again = harness.read(ctx, "image", image)
    assert all(harness.equal(fields[f], harness_again[f]) for f in fields)
    other = copied(ctx, fields)
    assert list(other.size) == list(image.size)
    assert (pixels(other) == pixels(image)).all()
    assert (other.source, other.alpha_mode) == (image.source, image.alpha_mode)
    assert other.colorspace_settings.name == image.colorspace_settings.name
    assert other.is_float == image.is_float
    second = harness.read(ctx, "image", other)
    for field in set(fields) - {"name", "filepath", "size"}:
        a, b = fields[field], second.get(field)
        assert harness.equal(a, b) or field == "file" and a.digest() == b.digest(), field
    return other


def case_files_are_packed():
    ctx = harness.context()
    for path in (saved(), saved("float.exr", float_buffer=True)):
        image = bpy.data.images.load(path)
        image.alpha_mode = "CHANNEL_PACKED"
        other = same_content(ctx, image)
        assert other.packed_file is not None
        assert other.packed_file.data == open(path, "rb").read()
        assert other.filepath == "//" + os.path.basename(path)
        same_content(ctx, other)


def case_images_of_real_scenes():
    paths = sorted(glob.glob(os.path.join(SCENES, "*.png")))
    if not paths:
        print(f"skipped: no scenes in {SCENES}")
        return
    ctx = harness.context()
    for path in paths:
        same_content(ctx, bpy.data.images.load(path))


def case_generated():
    ctx = harness.context()
    for kind in ("BLANK", "UV_GRID", "COLOR_GRID"):
        for float_buffer in (False, True):
            image = bpy.data.images.new("G", 32, 16, float_buffer=float_buffer, alpha=kind != "BLANK")
            image.generated_type = kind
            image.generated_color = (0.25, 0.5, 1, 0.5)
            other = same_content(ctx, image)
            assert other.depth == image.depth


def case_painted_pixels():
    ctx = harness.context()
    for float_buffer in (False, True):
        image = bpy.data.images.new("P", 32, 16, float_buffer=float_buffer)
        image.pixels.foreach_set(random(32 * 16 * 4))
        image.update()
        fields = harness.read(ctx, "image", image)
        assert fields["pixels/32x16x4"].dtype == ("f4" if float_buffer else "u1")
        other = same_content(ctx, image)
        harness.write(ctx, "image", other, {"pixels/32x16x4": None})
        assert (pixels(other) == pixels(bpy.data.images.new("Clean", 32, 16, float_buffer=float_buffer))).all()


def case_what_is_painted_stays_when_another_colour_is_generated():
    """By somebody who did not know of it; who did says that it is gone."""
    ctx = harness.context()
    image = bpy.data.images.new("P", 8, 4)
    image.pixels[7] = 0.5
    image.update()
    before = harness.read(ctx, "image", image)
    harness.write(ctx, "image", image, {"generated_color": [1.0, 0.0, 0.0, 1.0]})
    after = harness.read(ctx, "image", image)
    assert after["generated_color"] == [1.0, 0.0, 0.0, 1.0]
    assert harness.equal(before["pixels/8x4x4"], after.get("pixels/8x4x4"))
    harness.write(ctx, "image", image, {"generated_color": [0.0, 1.0, 0.0, 1.0], "pixels/8x4x4": None})
    assert list(image.pixels[4:8]) == [0.0, 1.0, 0.0, 1.0]


def case_painted_and_scaled():
    ctx = harness.context()
    image = bpy.data.images.new("S", 32, 16)
    image.pixels.foreach_set(random(32 * 16 * 4))
    image.update()
    image.scale(8, 4)
    other = same_content(ctx, image)
    image.pixels.foreach_set(random(8 * 4 * 4))
    image.update()
    image.scale(16, 16)
    harness.write(ctx, "image", other, harness.read(ctx, "image", image))
    assert (pixels(other) == pixels(image)).all() and other.generated_width == image.generated_width


def case_painting_on_a_file():
    ctx = harness.context()
    path = saved()
    image = bpy.data.images.load(path)
    other = same_content(ctx, image)
    before = pixels(image)
    image.pixels.foreach_set(random(16 * 8 * 4, 2))
    image.update()
    painted = harness.read(ctx, "image", image)
    harness.write(ctx, "image", other, {f: v for f, v in painted.items() if f.startswith("pixels/")})
    assert (pixels(other) == pixels(image)).all() and not (pixels(other) == before).all()
    image.save()
    after = harness.read(ctx, "image", image)
    assert not any(f.startswith("pixels/") for f in after), "a saved image needs no pixels"
    assert after["file"] != painted["file"]
    harness.write(ctx, "image", other, {"file": after["file"], "pixels/16x8x4": None})
    assert (pixels(other) == pixels(image)).all()


def case_packing_a_generated_image():
    ctx = harness.context()
    image = bpy.data.images.new("P", 16, 8, alpha=True)
    other = same_content(ctx, image)
    image.pixels.foreach_set(random(16 * 8 * 4))
    image.pack()
    fields = harness.read(ctx, "image", image)
    assert fields["source"] == "FILE" and "file" in fields
    harness.write(ctx, "image", other, fields)
    assert (pixels(other) == pixels(image)).all() and other.source == "FILE"


def case_changes_without_events_are_seen():
    ctx = harness.context()
    kind = ctx.kinds["image"]
    path = saved()
    image = bpy.data.images.load(path)
    seen = kind.signature(ctx, image)
    assert kind.signature(ctx, image) == seen
    for change in (
        lambda: image.pixels.foreach_set(random(16 * 8 * 4, 3)),
        lambda: image.pixels.foreach_set(random(16 * 8 * 4, 4)),
        lambda: image.pack(),
        lambda: setattr(image.colorspace_settings, "name", "Non-Color"),
        lambda: setattr(image, "alpha_mode", "NONE"),
    ):
        change()
        kind.memory(ctx, image).looked = (0.0, 0.0, None)
        now = kind.signature(ctx, image)
        assert now != seen, change
        seen = now
    file = bpy.data.images.load(saved("b.png"))
    seen = kind.signature(ctx, file)
    shutil.copy(saved("c.png", 9, (32, 32)), bpy.path.abspath(file.filepath))
    assert kind.signature(ctx, file) != seen


def case_color_spaces_of_other_versions():
    ctx = harness.context()
    image = bpy.data.images.new("C", 4, 4, float_buffer=True)
    fields = harness.read(ctx, "image", image)
    assert fields["color_space"] == "Linear Rec.709"
    other = bpy.data.images.new("D", 4, 4)
    harness.write(ctx, "image", other, {"color_space": "Linear Rec.709"})
    assert other.colorspace_settings.name == image.colorspace_settings.name
    harness.write(ctx, "image", other, {"color_space": "no such thing", "alpha_mode": "no such thing", "source": "VIEWER"})
    assert other.colorspace_settings.name == image.colorspace_settings.name and other.source == "GENERATED"


def case_missing_files_and_viewers():
    ctx = harness.context()
    image = bpy.data.images.new("M", 4, 4)
    image.source = "FILE"
    image.filepath = "//is/not/there.png"
    fields = harness.read(ctx, "image", image)
    assert "file" not in fields and fields["filepath"] == "//is/not/there.png"
    copied(ctx, fields)
    image.filepath = tempfile.mkdtemp()
    assert "file" not in harness.read(ctx, "image", image)
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("Eye", bpy.data.cameras.new("Eye"))
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    scene.render.resolution_x = scene.render.resolution_y = 4
    bpy.ops.render.render()
    viewer = next(image for image in bpy.data.images if image.source == "VIEWER")
    assert viewer not in ctx.shared("image") and image in ctx.shared("image")


def case_paths_stay_below_the_file():
    for path, kept in (
        ("//tex/a.png", "//tex/a.png"),
        ("/etc/passwd", "//passwd"),
        ("//../../a.png", "//a.png"),
        ("C:\\windows\\a.png", "//a.png"),
        ("//C:/a.png", "//a.png"),
        ("\\\\server\\share\\a.png", "//a.png"),
        ("/a/..", ""),
        ("", ""),
    ):
        assert harmless(path) == kept, (path, harmless(path))


def case_hostile_fields_are_refused():
    ctx = harness.context()
    image = bpy.data.images.new("H", 4, 4)
    for fields in (
        {"generated_width": 2**30},
        {"generated_height": -1},
        {"pixels/4x4": numpy.zeros(16, "u1")},
        {"pixels/4x4x4": numpy.zeros(16, "u1")},
        {"pixels/4x4x4": numpy.zeros(64, "i4")},
        {"pixels/-4x-4x4": numpy.zeros(64, "u1")},
        {"pixels/100000x1x4": numpy.zeros(400000, "u1")},
        {"pixels/4x4x1": numpy.zeros(16, "u1")},
    ):
        try:
            harness.write(ctx, "image", image, fields)
        except KindError:
            continue
        raise AssertionError(fields)
    rubbish = harness.kinds.Blob(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    harness.write(ctx, "image", image, {"source": "FILE", "file": rubbish})
    assert list(image.size) == [0, 0]
    harness.read(ctx, "image", image)
