# SPDX-License-Identifier: Apache-2.0
"""Inside Blender: what one version has, given to another and back.  … --python exchange.py -- make OUT | pass IN OUT | check IN."""

import glob
import os
import pickle
import sys

import bpy
import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]

import cases_mask  # noqa: E402
import cases_mesh  # noqa: E402
import harness  # noqa: E402
import mesh_samples  # noqa: E402


def main(action, *files):
    empty()
    if action == "make":
        save(files[0], make())
    elif action == "pass":
        given = load(files[0])
        # As the agent would: what this Blender does not know is passed on untouched.
        save(files[1], {name: (kind, {**given[name][1], **fields}) for name, (kind, fields) in taken(given).items()})
    else:
        check(load(files[0]))
    print("done", flush=True)


def empty():
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def make():
    """{name: (kind, fields)} of meshes and masks of this Blender."""
    ctx = harness.context()
    found = {
        "rich": ("mesh", harness.read(ctx, "mesh", mesh_samples.rich())),
        "mask": ("mask", harness.read(ctx, "mask", cases_mask.mask_with_all())),
    }
    grid = mesh_samples.grid()
    topology = harness.read(ctx, "mesh", grid)["topology"]
    harness.write(ctx, "mesh", grid, {"use_auto_smooth": True, f"at/{topology}/smooth": numpy.ones(len(grid.polygons), "u1")})
    harness.write(ctx, "mesh", grid, {f"at/{topology}/custom_normals": mesh_samples.tilted(grid, 0.4)})
    found["normals"] = ("mesh", harness.read(ctx, "mesh", grid))
    for path in sorted(glob.glob(os.path.join(cases_mesh.SCENES, "*.blend"))):
        bpy.ops.wm.open_mainfile(filepath=path)
        ctx = harness.context()
        for mesh in bpy.data.meshes:
            found[f"{os.path.basename(path)} {mesh.name}"] = ("mesh", harness.read(ctx, "mesh", mesh))
    empty()
    # References lead nowhere here, and the original is compared as this Blender holds it: without them.
    return {name: (kind, {f: v for f, v in fields.items() if not f.startswith("materials/")}) for name, (kind, fields) in found.items()}


def taken(given):
    """What this Blender makes of it."""
    ctx = harness.context()
    found = {}
    for name, (kind, fields) in given.items():
        block = ctx.kinds[kind].create(ctx, name, fields)
        harness.write(ctx, kind, block, {f: v for f, v in fields.items() if f != "name"})
        found[name] = (kind, {**harness.read(ctx, kind, block), "name": fields["name"]})
    return found


def check(given):
    """Back where it came from, everything is as it was."""
    original, returned = given["original"], taken(given["returned"])
    for name, (kind, fields) in original.items():
        again = returned[name][1]
        if kind == "mesh":
            fields, again = mesh_samples.members_by_name(fields), mesh_samples.members_by_name(again)
        mesh_samples.assert_same(fields, again, but=("name", "uv_order"))


# numpy 1 and 2 do not read each other's pickled arrays.


def save(path, value):
    with open(path, "wb") as file:
        pickle.dump(_packed(value), file)


def load(path):
    with open(path, "rb") as file:
        return _unpacked(pickle.load(file))


def _packed(value):
    if isinstance(value, dict):
        return {key: _packed(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_packed(item) for item in value)
    return ("array", value.dtype.str, value.tobytes()) if isinstance(value, numpy.ndarray) else value


def _unpacked(value):
    if isinstance(value, dict):
        return {key: _unpacked(item) for key, item in value.items()}
    if isinstance(value, tuple) and value[0] == "array":
        return numpy.frombuffer(value[2], value[1])
    return tuple(_unpacked(item) for item in value) if isinstance(value, tuple) else value


if __name__ == "__main__":
    main(*sys.argv[sys.argv.index("--") + 1:])
