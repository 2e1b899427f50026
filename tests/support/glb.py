# SPDX-License-Identifier: Apache-2.0
"""A .glb as a reader that knows only the specification sees it: its JSON, accessors as arrays, and where every node is.

    file = Glb(path)
    for node, world in file.nodes(): …      # world: 4×4, column vectors, Y up
    file.accessor(index)                    # numpy, a row per item
"""
import json
import struct

import numpy

TYPES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
ELEMENTS = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
Z_UP = numpy.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], float)  # from glTF's axes to Blender's


class Glb:
    def __init__(self, path):
        with open(path, "rb") as file:
            magic, version, size = struct.unpack("<4sII", file.read(12))
            body = file.read()
        assert (magic, version, size) == (b"glTF", 2, 12 + len(body))
        length = struct.unpack("<I4s", body[:8])[0]
        self.json = json.loads(body[8:8 + length])
        self.binary = body[8 + length + 8:]

    def view(self, index):
        view = self.json["bufferViews"][index]
        return self.binary[view["byteOffset"]:view["byteOffset"] + view["byteLength"]]

    def accessor(self, index):
        accessor = self.json["accessors"][index]
        columns = TYPES[accessor["type"]]
        numbers = numpy.frombuffer(self.view(accessor["bufferView"]), ELEMENTS[accessor["componentType"]], accessor["count"] * columns)
        return numbers.reshape(-1, columns)

    def nodes(self):
        """(node, world matrix) from the roots down."""
        pending = [(index, numpy.eye(4)) for index in self.json["scenes"][self.json["scene"]].get("nodes", [])]
        while pending:
            index, parent = pending.pop(0)
            node = self.json["nodes"][index]
            world = parent @ local(node)
            yield node, world
            pending += [(child, world) for child in node.get("children", [])]

    def places(self):
        """{name: world matrix in Blender's axes} of nodes with names of their own; a camera's or a light's as Blender's objects have it."""
        found = {}
        for node, world in self.nodes():
            lens = "camera" in node or "KHR_lights_punctual" in node.get("extensions", {})
            found[node["name"]] = Z_UP @ world @ (numpy.eye(4) if lens else Z_UP.T)
        return found

    def triangles(self, mesh):
        """Of each primitive that has faces: its material's name and the positions of its triangles' corners, in Blender's axes."""
        for primitive in self.json["meshes"][mesh]["primitives"]:
            if primitive.get("mode", 4) != 4:
                continue
            material = self.json["materials"][primitive["material"]]["name"] if "material" in primitive else None
            points = self.accessor(primitive["attributes"]["POSITION"]) @ Z_UP[:3, :3].T
            yield material, points[self.accessor(primitive["indices"])[:, 0]].reshape(-1, 3, 3)


def local(node):
    matrix = numpy.eye(4)
    x, y, z, w = node.get("rotation", [0, 0, 0, 1])
    matrix[:3, :3] = [[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                      [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                      [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]]
    matrix[:3, :3] *= node.get("scale", [1, 1, 1])
    matrix[:3, 3] = node.get("translation", [0, 0, 0])
    return matrix
