# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertex groups and shape keys belong to a mesh, but Blender shows and changes them only through an object that uses it."""

from contextlib import contextmanager


class Users:
    """Which object uses a mesh: names, looked up again when they no longer fit."""

    def __init__(self):
        self.names = {}  # address of a mesh → name of an object

    def find(self, data, mesh):
        """An object that uses the mesh, or None."""
        found = self._remembered(data, mesh)
        if found is None and is_used(mesh):
            self.names = {block.data.as_pointer(): block.name for block in data.objects if block.type == "MESH"}
            found = self._remembered(data, mesh)
        return found

    def _remembered(self, data, mesh):
        name = self.names.get(mesh.as_pointer())
        block = None if name is None else data.objects.get(name)
        return block if block is not None and block.data == mesh else None

    @contextmanager
    def object_of(self, data, mesh):
        """An object that uses the mesh; where there is none, one that is gone again afterwards."""
        found = self.find(data, mesh)
        if found is not None:
            yield found
            return
        scratch = data.objects.new("scenesync", mesh)
        try:
            yield scratch
        finally:
            data.objects.remove(scratch, do_unlink=False)


def is_used(mesh):
    return mesh.users > mesh.use_fake_user
