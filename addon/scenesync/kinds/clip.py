# SPDX-License-Identifier: GPL-3.0-or-later
"""Movie clips. Blender packs none: a movie that arrives plays from the agent's cache. Of image sequences only the path travels, and no tracks yet."""

import os

from .. import compat
from . import Blob, Kind
from .image import write_color_space
from .media import Media, path_key
from .values import read_attributes, write_attributes

SETTINGS = ("frame_start", "frame_offset", "display_aspect")
CAMERA = ("sensor_width", "pixel_aspect", "focal_length", "distortion_model", "k1", "k2", "k3", "division_k1", "division_k2")
CAMERA_PREFIX = "camera/"
MISSING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "missing_clip.png")  # shown until the content arrives


class Memory:
    """What is remembered of one clip: values only."""

    def __init__(self):
        self.media = Media()
        self.path = ""  # the path that others gave


class Clip(Kind):
    name = "clip"
    collection = "movieclips"
    everything = True
    sweep = 2.0  # Blender sends no event for edits of clips

    def __init__(self):
        self.memories = {}  # UUID → Memory

    def memory(self, ctx, clip):
        return self.memories.setdefault(ctx.id_of(clip), Memory())

    def remove(self, ctx, clip):
        self.memories.pop(ctx.id_of(clip), None)
        super().remove(ctx, clip)

    # ---- read

    def read(self, ctx, clip):
        memory = self.memory(ctx, clip)
        fields = read_attributes(clip, SETTINGS)
        color_space = clip.colorspace_settings.name
        if color_space:
            fields["color_space"] = compat.COLOR_SPACES.get(color_space, color_space)
        fields.update((CAMERA_PREFIX + name, value) for name, value in read_attributes(clip.tracking.camera, CAMERA).items())
        if clip.filepath == MISSING:
            if memory.path:
                fields["filepath"] = memory.path
            return fields
        fields["source"] = clip.source
        fields["filepath"] = memory.path or clip.filepath
        fields["size"] = list(clip.size)
        file = memory.media.of(path_key(clip)) if clip.source == "MOVIE" else None
        if file is not None:
            fields["file"] = file
        return fields

    # ---- write

    def create(self, ctx, name, fields):
        clip = ctx.data.movieclips.load(MISSING)
        clip.name = name
        return clip

    def write(self, ctx, clip, fields):
        memory = self.memory(ctx, clip)
        if isinstance(fields.get("filepath"), str) and (clip.filepath == MISSING or memory.path):
            memory.path = fields["filepath"]
        file = fields.get("file")
        if isinstance(file, Blob) and file.path and memory.media.of(path_key(clip)) != file:
            clip.filepath = file.path
            memory.media.put(path_key(clip), file)
            ctx.scene.view_layers[0].update()  # Blender looks into the file no sooner, and size and source would come back as an edit
        write_attributes(clip, SETTINGS, {name: value for name, value in fields.items() if value is not None})
        if isinstance(fields.get("color_space"), str):
            write_color_space(clip.colorspace_settings, fields["color_space"])
        camera = {name[len(CAMERA_PREFIX):]: value for name, value in fields.items() if name.startswith(CAMERA_PREFIX) and value is not None}
        write_attributes(clip.tracking.camera, CAMERA, camera)

    def signature(self, ctx, clip):
        values = read_attributes(clip, SETTINGS), read_attributes(clip.tracking.camera, CAMERA)
        return (clip.colorspace_settings.name, path_key(clip), repr(values))
