# SPDX-License-Identifier: Apache-2.0
"""Movie clips, inside Blender."""

import os
import struct
import tempfile

import bpy
import harness


def avi(width, height, frames):
    """A small uncompressed film, as bytes."""
    def chunk(name, data):
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    def listed(name, data):
        return chunk(b"LIST", name + data)

    size = width * height * 3
    header = struct.pack("<10I16x", 40000, size * 25, 0, 0x10, frames, 0, 1, size, width, height)
    stream = struct.pack("<4s4sIHHIIIIIIIIhhhh", b"vids", b"DIB ", 0, 0, 0, 0, 1, 25, 0, frames, size, 0, 0, 0, 0, width, height)
    picture = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, size, 0, 0, 0, 0)
    about = listed(b"hdrl", chunk(b"avih", header) + listed(b"strl", chunk(b"strh", stream) + chunk(b"strf", picture)))
    pictures = listed(b"movi", b"".join(chunk(b"00db", bytes([40 * frame]) * size) for frame in range(frames)))
    return chunk(b"RIFF", b"AVI " + about + pictures)


def movie():
    path = os.path.join(tempfile.mkdtemp(), "take1.avi")
    with open(path, "wb") as file:
        file.write(avi(16, 8, 5))
    clip = bpy.data.movieclips.load(path)
    assert clip.source == "MOVIE" and list(clip.size) == [16, 8], (clip.source, list(clip.size))
    return clip


def copied(ctx, fields):
    clip = ctx.kinds["clip"].create(ctx, "Copy", fields)
    harness.write(ctx, "clip", clip, fields)
    return clip


def case_everything_comes_back():
    ctx, clip = harness.context(), movie()
    clip.frame_start, clip.frame_offset = 7, 2
    clip.colorspace_settings.name = "Non-Color"
    clip.tracking.camera.sensor_width, clip.tracking.camera.k1 = 22.5, 0.125
    fields = harness.read(ctx, "clip", clip)
    assert fields["size"] == [16, 8]
    other = copied(ctx, fields)
    again = harness.read(ctx, "clip", other)
    assert {f: v for f, v in fields.items() if f != "name"} == {f: v for f, v in again.items() if f != "name"}
    assert open(bpy.path.abspath(other.filepath), "rb").read() == open(clip.filepath, "rb").read()
    signature = ctx.kinds["clip"].signature(ctx, clip)
    assert ctx.kinds["clip"].signature(ctx, clip) == signature
    clip.frame_offset = 9
    assert ctx.kinds["clip"].signature(ctx, clip) != signature


def case_content_may_come_late():
    ctx, clip = harness.context(), movie()
    fields = harness.read(ctx, "clip", clip)
    file = fields.pop("file")
    other = copied(ctx, fields)
    early = harness.read(ctx, "clip", other)
    assert early["filepath"] == fields["filepath"] and "file" not in early and "size" not in early
    harness.write(ctx, "clip", other, {"file": file})
    assert list(other.size) == [16, 8]
    assert harness.read(ctx, "clip", other)["file"] == file


def case_odd_values_do_no_harm():
    ctx, clip = harness.context(), movie()
    before = harness.read(ctx, "clip", clip)
    harness.write(ctx, "clip", clip, {"filepath": "/etc/passwd", "source": "X", "size": [1, 2, 3], "color_space": "none", "file": 3, "camera/k1": None})
    assert harness.read(ctx, "clip", clip) == before
    os.remove(clip.filepath)
    assert "file" not in harness.read(ctx, "clip", clip)
