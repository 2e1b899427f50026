# SPDX-License-Identifier: GPL-3.0-or-later
"""How a mesh hangs together: edges, corners and faces, its hash, and the two ways in which Blender holds it."""

import hashlib

import bmesh
import numpy

from . import KindError
from .arrays import FLOAT, INT, check, get, get_attribute, put, put_attribute

FIELDS = ("counts", "edges", "corner_verts", "corner_edges", "face_offsets")
INDEX = numpy.dtype("<u4")  # Blender's own type of the classic index arrays: another one is converted number by number
LEAST_CORNERS = 3


class Topology:
    """Five arrays; `edges` has pairs flat, `face_offsets` one more entry than there are faces."""

    def __init__(self, counts, edges, corner_verts, corner_edges, face_offsets):
        self.counts = counts  # [vertices, edges, corners, faces]
        self.edges = edges
        self.corner_verts = corner_verts
        self.corner_edges = corner_edges
        self.face_offsets = face_offsets

    def arrays(self):
        return (self.edges, self.corner_verts, self.corner_edges, self.face_offsets)

    def name(self):
        """16 hex digits that name this topology."""
        digest = hashlib.sha256(numpy.array(self.counts, "<u4").tobytes())
        for values in self.arrays():
            digest.update(values)
        return digest.hexdigest()[:16]

    def count(self, domain):
        vertices, edges, corners, faces = self.counts
        return {"POINT": vertices, "EDGE": edges, "FACE": faces, "CORNER": corners}[domain]


def read(mesh, attributes_only):
    counts = [len(mesh.vertices), len(mesh.edges), len(mesh.loops), len(mesh.polygons)]
    return (_read_attributes if attributes_only else _read_classic)(mesh, counts)


def _read_attributes(mesh, counts):
    _, edges, corners, faces = counts
    pairs = get_attribute(mesh, ".edge_verts", "value", edges * 2, INT)
    verts = get_attribute(mesh, ".corner_vert", "value", corners, INT)
    sides = get_attribute(mesh, ".corner_edge", "value", corners, INT)
    return Topology(counts, pairs, verts, sides, _offsets(mesh, corners, faces))


def _read_classic(mesh, counts):
    _, edges, corners, faces = counts
    pairs = get(mesh.edges, "vertices", edges * 2, INDEX).view(INT)
    verts = get(mesh.loops, "vertex_index", corners, INDEX).view(INT)
    sides = get(mesh.loops, "edge_index", corners, INDEX).view(INT)
    offsets = _offsets(mesh, corners, faces)
    if faces and not numpy.array_equal(numpy.diff(offsets), get(mesh.polygons, "loop_total", faces, INDEX).view(INT)):
        raise KindError("topology", "the faces of this mesh are stored out of order", "enter and leave Edit Mode once")
    return Topology(counts, pairs, verts, sides, offsets)


def _offsets(mesh, corners, faces):
    offsets = numpy.empty(faces + 1, INT)
    offsets[:faces] = get(mesh.polygons, "loop_start", faces, INDEX).view(INT)
    offsets[faces] = corners
    return offsets


# ---- what arrives


def checked(field, values):
    """A Topology of the arrays received, or a KindError: Blender must never see an index that points nowhere."""
    counts = values["counts"]
    if not isinstance(counts, list) or len(counts) != 4 or not all(type(n) is int and 0 <= n < 2**31 for n in counts):
        raise KindError(field + "counts", "is not four counts", "send the mesh again")
    vertices, edges, corners, faces = counts
    found = Topology(
        counts,
        check(field + "edges", values["edges"], INT, edges * 2),
        check(field + "corner_verts", values["corner_verts"], INT, corners),
        check(field + "corner_edges", values["corner_edges"], INT, corners),
        check(field + "face_offsets", values["face_offsets"], INT, faces + 1),
    )
    check(field + "positions", values["positions"], FLOAT, vertices * 3)
    problem = _problem(found)
    if problem:
        raise KindError(field.rstrip("/"), problem, "send the mesh again")
    return found


def _problem(topology):
    vertices, edges, corners, faces = topology.counts
    offsets = topology.face_offsets
    if offsets[0] != 0 or offsets[-1] != corners:
        return "its faces do not cover its corners"
    sizes = numpy.diff(offsets.astype(numpy.int64))
    if faces and sizes.min() < LEAST_CORNERS:
        return "a face has fewer than three corners"
    if not (_within(topology.edges, vertices) and _within(topology.corner_verts, vertices) and _within(topology.corner_edges, edges)):
        return "an index points outside the mesh"
    pairs = topology.edges.reshape(-1, 2)
    if edges and (pairs[:, 0] == pairs[:, 1]).any():
        return "an edge joins a vertex to itself"
    if not _sides_fit(topology, pairs):
        return "a face's edge does not join its corners"
    if _repeats(topology.corner_verts, offsets, sizes):
        return "a face uses a vertex twice"
    return None


def _within(values, count):
    return not values.size or (values.view(INDEX).max() < count)


def _sides_fit(topology, pairs):
    """Whether corner_edges[i] joins corner i with the next corner of its face."""
    if not topology.corner_verts.size:
        return True
    first = topology.corner_verts
    second = numpy.empty_like(first)
    second[:-1] = first[1:]
    second[topology.face_offsets[1:] - 1] = first[topology.face_offsets[:-1]]
    a, b = (end.take(topology.corner_edges) for end in pairs.T)  # three times as fast as to take pairs
    return bool((((a == first) & (b == second)) | ((a == second) & (b == first))).all())


def _repeats(corner_verts, offsets, sizes):
    """Whether a face has a vertex twice, its neighbours being known to differ. Faces of one size are looked at together."""
    kinds = numpy.unique(sizes)
    for size in kinds[kinds > LEAST_CORNERS]:
        if len(kinds) == 1:
            rows = corner_verts.reshape(-1, size)
        else:
            rows = corner_verts[offsets[:-1][sizes == size][:, None] + numpy.arange(size)]
        if size == 4:
            found = (rows[:, 0] == rows[:, 2]) | (rows[:, 1] == rows[:, 3])
        else:
            rows = numpy.sort(rows, axis=1)
            found = rows[:, 1:] == rows[:, :-1]
        if found.any():
            return True
    return False


# ---- building


def build(mesh, topology, positions, attributes_only, data):
    """Give the mesh this topology. It stays the same datablock, with its materials, animation, group and shape key names; shape keys have its
    `positions`."""
    if mesh.shape_keys is None:
        _empty(mesh)
        _fill(mesh, topology, attributes_only)
        return
    scratch = data.meshes.new("scenesync")
    work = bmesh.new()
    try:
        _fill(scratch, topology, attributes_only)
        work.from_mesh(scratch)
        work.to_mesh(mesh)  # only BMesh gives existing shape keys another number of vertices
        for key in mesh.shape_keys.key_blocks:
            put(key.data, "co", numpy.nan_to_num(positions, posinf=0, neginf=0))
    finally:
        work.free()
        data.meshes.remove(scratch, do_unlink=False)


def _empty(mesh):
    """Unlike clear_geometry this keeps vertex group names and animation."""
    work = bmesh.new()
    work.to_mesh(mesh)
    work.free()


def _fill(mesh, topology, attributes_only):
    vertices, edges, corners, faces = topology.counts
    mesh.vertices.add(vertices)
    mesh.edges.add(edges)
    mesh.loops.add(corners)
    mesh.polygons.add(faces)
    put(mesh.polygons, "loop_start", topology.face_offsets[:-1].view(INDEX))
    if attributes_only:
        put_attribute(mesh, ".edge_verts", "value", topology.edges)
        put_attribute(mesh, ".corner_vert", "value", topology.corner_verts)
        put_attribute(mesh, ".corner_edge", "value", topology.corner_edges)
    else:
        put(mesh.polygons, "loop_total", numpy.diff(topology.face_offsets).view(INDEX))
        put(mesh.edges, "vertices", topology.edges.view(INDEX))
        put(mesh.loops, "vertex_index", topology.corner_verts.view(INDEX))
        put(mesh.loops, "edge_index", topology.corner_edges.view(INDEX))
