# SPDX-License-Identifier: GPL-3.0-or-later
"""Images. A file travels as its bytes and is packed where it arrives, so that its content is there whatever the path; nothing is ever written
to disk. Pixels travel when no file holds them: painted, or written by a script.
"""

import time
import zlib

import numpy

from .. import compat
from . import Blob, Kind, KindError
from .arrays import BYTE, FLOAT, kept
from .media import Media, harmless, path_key
from .rna import put

SETTINGS = ("use_view_as_render", "use_deinterlace", "use_half_precision", "seam_margin")
GENERATED = ("generated_type", "generated_width", "generated_height", "use_generated_float", "generated_color")
FILES = ("FILE", "MOVIE")  # sources whose content is one file
SOURCES = FILES + ("SEQUENCE", "TILED", "GENERATED")
PIXELS, TILES = "pixels/", "tiles/"
MAX_SIDE, MAX_AREA = 65536, 2**28
SHARE = 15  # of the time between two looks at painted pixels, a look takes at most one part in so many


class Memory:
    """What is remembered of one image: values only."""

    def __init__(self):
        self.media = Media()
        self.size = None
        self.alpha = None
        self.pixels = None
        self.looked = (0.0, 0.0, None)  # when, how long it took, what was seen


class Image(Kind):
    name = "image"
    collection = "images"
    everything = True
    sweep = 1.0  # Blender sends no event for written pixels

    def __init__(self):
        self.memories = {}  # UUID → Memory

    def memory(self, ctx, image):
        return self.memories.setdefault(ctx.id_of(image), Memory())

    def shareable(self, image):
        return image.source in SOURCES  # not what the renderer shows

    def remove(self, ctx, image):
        self.memories.pop(ctx.id_of(image), None)
        super().remove(ctx, image)

    # ---- read

    def read(self, ctx, image):
        memory = self.memory(ctx, image)
        fields = {name: getattr(image, name) for name in SETTINGS if hasattr(image, name)}
        fields.update(source=image.source, alpha_mode=image.alpha_mode, filepath=image.filepath)
        color_space = image.colorspace_settings.name
        if color_space:
            fields["color_space"] = compat.COLOR_SPACES.get(color_space, color_space)
        if image.source == "GENERATED":
            self._read_generated(image, fields, memory)
        elif image.source in FILES:
            file = file_of(image, memory)
            if file is not None:
                fields["file"] = file
        elif image.source == "TILED":
            fields.update((f"{TILES}{tile.number}", tile.label) for tile in image.tiles)
        if image.has_data:  # asking for more would load the file
            memory.size = list(image.size)
        if memory.size is not None:
            fields["size"] = list(memory.size)
        if image.is_dirty and image.has_data and image.source != "TILED":
            memory.pixels = kept(memory.pixels, pixels_of(image))
            if memory.pixels is not None:
                fields[pixels_field(image)] = memory.pixels
        return fields

    def _read_generated(self, image, fields, memory):
        fields.update((name, getattr(image, name)) for name in GENERATED[:-1])
        fields["generated_color"] = list(image.generated_color)
        if memory.alpha is None or image.has_data:  # asking makes Blender generate it
            memory.alpha = image.depth in (32, 128)
        fields["generated_alpha"] = memory.alpha

    # ---- write

    def create(self, ctx, name, fields):
        alpha = fields.get("generated_alpha", True)
        width, height = sides(fields, 1, 1)
        return ctx.data.images.new(name, width, height, alpha=bool(alpha), float_buffer=bool(fields.get("use_generated_float", False)))

    def write(self, ctx, image, fields):
        memory = self.memory(ctx, image)
        if fields.get("source") in SOURCES and image.source != fields["source"]:
            image.source = fields["source"]
        sides(fields, image.generated_width, image.generated_height)
        painted = painted_on(image) if image.source == "GENERATED" and not fields.keys().isdisjoint(GENERATED) else None
        for name in SETTINGS + GENERATED:
            if fields.get(name) is not None and hasattr(image, name):
                put(image, name, fields[name])
        if painted is not None and painted[0] == pixels_field(image):
            write_pixels(image, *painted)  # Blender has generated it anew
        if isinstance(fields.get("alpha_mode"), str):
            put(image, "alpha_mode", fields["alpha_mode"])
        if isinstance(fields.get("color_space"), str):
            write_color_space(image.colorspace_settings, fields["color_space"])
        if isinstance(fields.get("filepath"), str):
            put(image, "filepath_raw", harmless(fields["filepath"]))
        if isinstance(fields.get("file"), Blob):
            self._write_file(ctx, image, fields["file"], memory)
        self._write_pixels(ctx, image, fields, memory)

    def undone(self, image, changes):
        """Blender goes on showing the pixels that it generated."""
        if image.source == "GENERATED" and not image.is_dirty and not changes.keys().isdisjoint(GENERATED):
            image.buffers_free()

    def _write_file(self, ctx, image, file, memory):
        """What was painted on it stays: pixels may come before the file under them."""
        if image.source == "MOVIE":
            if file.path:
                image.filepath = file.path  # Blender packs no movies; it plays the one in the cache
                memory.media.put(file_key(image), file)
            return
        if file_of(image, memory) == file and not image.is_dirty:
            return
        painted = painted_on(image)
        data = file.data
        image.pack(data=data, data_len=len(data))
        image.source = "FILE"
        image.buffers_free()
        if painted is not None:
            write_pixels(image, *painted)
        ctx.changed_within(image)

    def _write_pixels(self, ctx, image, fields, memory):
        chosen = {name: value for name, value in fields.items() if name.startswith(PIXELS)}
        for name, value in chosen.items():
            if value is not None and list(image.size) == [0, 0]:
                ctx.want(ctx.id_of(image), image, name)  # the file under them has not arrived
            elif value is not None:
                write_pixels(image, name, value)
        if chosen and all(value is None for value in chosen.values()) and image.is_dirty:
            memory.pixels = None
            _forget_pixels(image)

    # ---- what changed without an event

    def signature(self, ctx, image):
        memory = self.memory(ctx, image)
        when, took, seen = memory.looked
        now = time.monotonic()
        if not image.is_dirty:
            content = None
        elif now - when < took * SHARE:
            content = seen
        else:
            content = pixel_sum(image)
            memory.looked = (now, time.monotonic() - now, content)
        generated = [getattr(image, name) for name in GENERATED[:-1]] + list(image.generated_color)
        return (image.source, image.filepath, image.alpha_mode, image.colorspace_settings.name, file_key(image), image.is_dirty, content, generated)


def sides(fields, width, height):
    """Width and height to generate, or a KindError for a size that Blender should not be given."""
    width, height = fields.get("generated_width", width), fields.get("generated_height", height)
    if type(width) is not int or type(height) is not int or not 0 <= width <= MAX_SIDE or not 0 <= height <= MAX_SIDE or width * height > MAX_AREA:
        raise KindError("generated_width", f"{width!r} x {height!r} is no size of an image", f"at most {MAX_AREA} pixels")
    return max(width, 1), max(height, 1)


# ---- files


def file_key(image):
    """What changes whenever the image's file does, its path first; None when there is none."""
    packed = image.packed_file
    if packed is not None:
        return image.filepath, packed.as_pointer(), packed.size
    return path_key(image) if image.source in FILES else None


def file_of(image, memory):
    packed = image.packed_file
    return memory.media.of(file_key(image), None if packed is None else lambda: packed.data)


def write_color_space(settings, name):
    """A colour space by its name here or in other Blenders; one that is not here is left to those who have it."""
    here = [name] + [old for old, new in compat.COLOR_SPACES.items() if new == name]
    for candidate in here:
        if put(settings, "name", candidate):
            return


# ---- pixels


def floats_of(image):
    buffer = numpy.empty(len(image.pixels), FLOAT)
    if buffer.size:
        image.pixels.foreach_get(buffer)
    return buffer


def pixels_of(image):
    """Bytes of an image of bytes, floats of one of floats, from the lower left; None when there are none."""
    values = floats_of(image)
    if not values.size:
        return None
    if image.is_float:
        return values
    values *= numpy.float32(255)
    values += numpy.float32(0.5)
    return values.astype(BYTE)


def pixels_field(image):
    return f"{PIXELS}{image.size[0]}x{image.size[1]}x{image.channels}"


def painted_on(image):
    """(field, pixels) of what was painted on an image, or None."""
    return (pixels_field(image), pixels_of(image)) if image.is_dirty and image.has_data else None


def pixel_sum(image):
    return zlib.adler32(floats_of(image))


def write_pixels(image, field, values):
    try:
        width, height, channels = (int(number) for number in field[len(PIXELS):].split("x"))
    except ValueError:
        raise KindError(field, "is not pixels/<width>x<height>x<channels>") from None
    if not isinstance(values, numpy.ndarray) or values.dtype not in (BYTE, FLOAT):
        raise KindError(field, "is not an array of bytes or floats", "send the image again")
    if width < 1 or height < 1 or max(width, height) > MAX_SIDE or values.size != width * height * channels:
        raise KindError(field, f"has {values.size} numbers", "send the image again")
    if list(image.size) != [width, height]:
        image.scale(width, height)
    if len(image.pixels) != values.size:
        raise KindError(field, f"has {channels} channels where this image has {image.channels}", "convert the image")
    values = values.reshape(-1)
    image.pixels.foreach_set(values if values.dtype == FLOAT else values.astype(FLOAT) / numpy.float32(255))
    image.update()


def _forget_pixels(image):
    """Back to what the file or the generator gives."""
    if image.source == "GENERATED":
        image.generated_type = image.generated_type
    else:
        image.buffers_free()
