# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to the open file between leaving a scene and joining it again: edits like any others.

The mirror of the session that left says what Blender and the scene agreed on. It is forgotten with the file: another, or an older copy, has
not been edited by whoever opens it.
"""

import math

import bpy

from .kinds import properties
from .outgoing.diff import changed_fields

_left = None  # (slug, name of the Blender scene, mirror)


def remember(session):
    """The session leaves."""
    global _left
    for (kind_name, uuid), fields in session.outbox.unsent_fields():
        _take_back(session, kind_name, uuid, fields)
    _left = (session.slug, session.ctx.scene.name, session.mirror)
    if forget not in bpy.app.handlers.load_pre:
        bpy.app.handlers.load_pre.append(forget)


def _take_back(session, kind_name, uuid, fields):
    """The scene did not get these: it has not agreed on them."""
    mirror, kind = session.mirror, session.ctx.kinds[kind_name]
    record = mirror.get(kind_name, uuid)
    if kind_name == "transform":
        mirror.transforms.set(uuid, dict.fromkeys(fields, math.nan), remote=False)
    elif record is not None and fields.get("deleted"):
        record.deleted, record.reached = False, True
    elif record is not None and fields.keys() >= {"name", *kind.required} and not kind.singleton:
        del mirror.of_kind(kind_name)[uuid]  # new, or brought back
    elif record is not None:
        record.values.update(dict.fromkeys(fields))


@bpy.app.handlers.persistent
def forget(*_):
    """Another file is about to be opened, or the scene has been joined again."""
    global _left
    _left = None
    if forget in bpy.app.handlers.load_pre:
        bpy.app.handlers.load_pre.remove(forget)


def base(session):
    """The mirror of whoever left this scene in this file, or None."""
    if _left is None or _left[:2] != (session.slug, session.ctx.scene.name):
        return None
    return _left[2]


def send_edits(session, local):
    """What the file, with the shared datablocks `local`, {(kind, UUID)}, has otherwise than when it left is sent, and not
    overwritten by what the scene has."""
    before = base(session)
    forget()
    if before is None:
        return
    for kind_name, records in before.records.items():
        theirs = session.apply.inbox[kind_name]
        for uuid, record in records.items():
            if uuid not in theirs or record.deleted or theirs[uuid].get("deleted"):
                continue
            if (kind_name, uuid) in local:
                values = session.mirror.get(kind_name, uuid).values
                _send(session, kind_name, uuid, properties.with_types(changed_fields(record.values, values), values))
            elif record.reached and not session.ctx.kinds[kind_name].singleton:
                session.mirror.add(kind_name, uuid).deleted = True
                session.outbox.queue(kind_name, uuid, {"deleted": True})
                del theirs[uuid]
    for uuid in before.transforms.rows:
        if session.mirror.known("object", uuid):
            _send(session, "transform", uuid, changed_fields(before.transforms.get(uuid), session.mirror.transforms.get(uuid)))


def _send(session, kind_name, uuid, changes):
    if changes:
        session.outbox.queue(kind_name, uuid, changes)
        theirs = session.apply.inbox[kind_name]
        theirs[uuid] = {name: value for name, value in theirs.get(uuid, {}).items() if name not in changes}
