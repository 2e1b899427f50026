# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to the open file between leaving a scene and joining it again: edits like any others.

The mirror of the session that left says what Blender and the scene agreed on. It is forgotten with the file; of one that is saved with edits
which the scene has not got only that is kept, in the file, so that who joins with it is asked.
"""

import math

import bpy

from . import identity
from .context import Context
from .kinds import properties
from .mirror import Mirror
from .outgoing.diff import changed_fields

SCENE_TAG = "scenesync_scene"  # on a Blender scene: the shared scene that it was in
EDITED_TAG = "scenesync_edited"  # on a Blender scene: the file was saved with edits that the shared scene has not got
_left = None  # (slug, name of the Blender scene, mirror)
_present = None  # gives the present session


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
    inbox = session.apply.inbox
    for kind_name, uuid, changes in _edits(before, session.mirror, local, session.ctx.kinds):
        theirs = inbox[kind_name]
        if kind_name == "transform":
            _send(session, kind_name, uuid, changes)
        elif uuid not in theirs or theirs[uuid].get("deleted"):
            continue
        elif changes is not None:
            _send(session, kind_name, uuid, changes)
        else:
            session.mirror.add(kind_name, uuid).deleted = True
            session.outbox.queue(kind_name, uuid, {"deleted": True})
            del theirs[uuid]


def _edits(before, now, local, kinds):
    """(kind, UUID, {field: value}, or None where it is gone) of what is not as the mirror `before` has it, as far as the mirror `now` knows it.
    `local`, {(kind, UUID)}, is what the file has."""
    for kind_name, records in before.records.items():
        for uuid, record in records.items():
            known = now.get(kind_name, uuid)
            if record.deleted:
                continue
            if (kind_name, uuid) not in local:
                if record.reached and not kinds[kind_name].singleton:
                    yield kind_name, uuid, None
            elif known is not None:
                yield kind_name, uuid, properties.with_types(changed_fields(record.values, known.values), known.values)
    for uuid in before.transforms.rows:
        if now.known("object", uuid):
            yield "transform", uuid, changed_fields(before.transforms.get(uuid), now.transforms.get(uuid))


def _send(session, kind_name, uuid, changes):
    if changes:
        session.outbox.queue(kind_name, uuid, changes)
        theirs = session.apply.inbox[kind_name]
        theirs[uuid] = {name: value for name, value in theirs.get(uuid, {}).items() if name not in changes}


# ---- files that are edited while nobody is in the scene


def is_edited(scene, saving=False):
    """Whether the open file has edits that the shared scene, which this Blender scene was in, has not got, as far as that can be told: where
    there is no window, Blender does not say whether anything has been done since the file was opened."""
    if _left is None or _left[:2] != (scene.get(SCENE_TAG), scene.name):
        return EDITED_TAG in scene or (saving if bpy.app.background else bpy.data.is_dirty)
    slug, name, before = _left
    ctx = Context(slug, name)
    ctx.identity.tagging = False
    ctx.identity.bind("scene", scene, identity.singleton(slug, "scene"))
    local = ctx.shared_keys()
    now = Mirror()
    now.know(ctx, local)
    if any(not before.known(*key) for key in local):
        return True
    return any(changes is None or changes for _, _, changes in _edits(before, now, local, ctx.kinds))


def watch_files(session):
    """Note in files that are saved whether they are edited; `session` gives the present session, or None."""
    global _present
    _present = session
    bpy.app.handlers.save_pre.append(note_edited)


def ignore_files():
    bpy.app.handlers.save_pre.remove(note_edited)


@bpy.app.handlers.persistent
def note_edited(*_):
    """A file is about to be saved."""
    for scene in bpy.data.scenes:
        present = _present()
        shared = present is not None and present.state == "active" and present.ctx.scene == scene
        if SCENE_TAG in scene and not shared and is_edited(scene, saving=True):
            scene[EDITED_TAG] = True
