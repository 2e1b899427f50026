# SPDX-License-Identifier: Apache-2.0
"""Objects, inside Blender."""

import bpy
import harness

INVERSE = [1.0, 0.0, 0.0, 5.0, 0.0, 1.0, 0.0, 6.0, 0.0, 0.0, 1.0, 7.0, 0.0, 0.0, 0.0, 1.0]


def linked(name):
    item = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(item)
    return item


def case_a_parent_that_arrives_after_how_one_hangs_on_it():
    for together in (True, False):
        ctx, child = harness.context(), linked("child")
        uuid = ctx.identity.new_uuid()
        edits = {"parent": uuid, "parent_type": "OBJECT", "matrix_parent_inverse": INVERSE}
        for edit in [edits] if together else [{name: value} for name, value in edits.items()]:
            harness.write(ctx, "object", child, edit)
        assert child.parent is None
        ctx.identity.bind("object", linked("parent"), uuid)
        ctx.completed.add(uuid)
        harness.settle(ctx)
        assert harness.read(ctx, "object", child)["parent"] == uuid
        assert harness.read(ctx, "object", child)["matrix_parent_inverse"] == INVERSE
