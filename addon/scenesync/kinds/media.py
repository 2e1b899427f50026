# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that datablocks point to, as blobs: the same Blob as long as it is the same file, so that it is hashed once."""

import mimetypes
import os

import bpy

from . import Blob


class Media:
    """The file of one datablock."""

    def __init__(self):
        self.key = None
        self.blob = None

    def of(self, key, data=None):
        """The Blob of the file that `key` stands for; `data()` gives its bytes where they are not in a file of their own."""
        if key != self.key:
            self.put(key, None if key is None else _blob(key, data))
        return self.blob

    def put(self, key, blob):
        self.key, self.blob = key, blob


def _blob(key, data):
    media = mimetypes.guess_type(key[0])[0]
    return Blob(type=media, path=key[0]) if data is None else Blob(data(), media)


def path_key(block):
    """(path, time of change, size) of the file at a datablock's path; None when there is none."""
    if not block.filepath:
        return None
    path = bpy.path.abspath(block.filepath, library=block.library)
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (path, status.st_mtime_ns, status.st_size) if status.st_size and os.path.isfile(path) else None


def harmless(path):
    """A path that stays below the folder of the .blend file, whatever somebody else's says: a user may later unpack or save to it."""
    plain = path.replace("\\", "/")
    if path.startswith("//") and path == plain and ".." not in plain.split("/") and ":" not in plain:
        return path
    name = plain.rstrip("/").rpartition("/")[2].replace(":", "_")
    return "//" + name if name not in ("", ".", "..") else ""
