# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's events → what may have changed. Handlers only note; comparing and sending happens in the session's ticks, but for a few objects
that moved: where they are is sent at once.

Blender does not say what changed and is silent about some edits: whatever is listed is compared, an empty or Scene-only call may stand for
anything, also for datablocks that came or went, and sweep.py looks at what no event ever comes for.
"""

from contextlib import contextmanager
from itertools import compress, islice

import bpy
import numpy

MANY = 64  # above this many updates, transforms are compared all at once


class Watch:
    def __init__(self, session):
        self.session = session
        self.dirty = {}  # (kind, UUID) → True, in order
        self.structure = True  # datablocks have come, gone or moved in the hierarchy
        self.anything = False  # an event came that may stand for that, or for any other edit
        self.many_moved = False
        self.undo_begun = False  # until the next tick nothing is what it was
        self.undone = False
        self.handlers = {}

    @property
    def in_doubt(self):
        """Whether it is not known which datablocks there are."""
        return self.structure or self.anything

    # ---- registration

    def start(self):
        names = {
            "depsgraph_update_post": self._depsgraph,
            "undo_pre": self._before_undo,
            "redo_pre": self._before_redo,
            "undo_post": self._after_undo,
            "redo_post": self._after_undo,
            "load_pre": self._load_pre,
            "load_post": self._load_post,
            "save_pre": self._save_pre,
        }
        for name, method in names.items():
            handler = self._guarded(method)
            self.handlers[name] = handler
            getattr(bpy.app.handlers, name).append(handler)

    def stop(self):
        for name, handler in self.handlers.items():
            handlers = getattr(bpy.app.handlers, name)
            if handler in handlers:
                handlers.remove(handler)
        self.handlers.clear()

    def _guarded(self, method):
        """A handler that Blender keeps over file loads and that never raises into Blender."""

        @bpy.app.handlers.persistent
        def handler(*arguments):
            try:
                method(*arguments)
            except Exception as error:
                self.session.failed("handler", error)

        return handler

    @contextmanager
    def overlooking(self, kind_name, uuid):
        """Events of this entity, for this long, are of our making: it has just been read."""
        known = (kind_name, uuid) in self.dirty
        yield
        if not known:
            self.dirty.pop((kind_name, uuid), None)

    # ---- handlers

    def _depsgraph(self, scene, depsgraph=None):
        if depsgraph is None:
            depsgraph = bpy.context.evaluated_depsgraph_get()
        updates = depsgraph.updates
        some = list(islice(updates, MANY + 1))  # Blender looks at every datablock there is whenever it is asked for them
        if not some:
            self.anything = True
        elif len(some) > MANY:
            self._note_many(updates)
        else:
            self._note_some([update.id.original for update in some])

    def _note_some(self, blocks):
        for block in blocks:
            self._note(block)
        known = self.session.ctx.identity.known
        self.session.send_moves([(known(block), block) for block in blocks if isinstance(block, bpy.types.Object)])

    def _note_many(self, updates):
        """Objects that only moved are compared with numpy; the others one by one, but for those that we have just made: a look at the structure,
        which finds them in the scene, is one at them, too."""
        self.many_moved = True
        count = len(updates)
        moved, other = numpy.empty(count, bool), numpy.empty(count, bool)
        updates.foreach_get("is_updated_transform", moved)
        updates.foreach_get("is_updated_geometry", other)
        blocks = [update.id.original for update in compress(updates, (~moved | other).tolist())]
        made = {uuid for uuid, record in self.session.mirror.of_kind("object").items() if not (record.reached or record.deleted)}
        for uuid, block in zip(self.session.ctx.identity.known_of(blocks), blocks):
            if uuid in made:
                self.structure = True
            else:
                self._note(block)

    def _note(self, block):
        session = self.session
        if isinstance(block, bpy.types.Scene):
            self.anything = True
            self.dirty["scene", session.scene_uuid] = True
            return
        kind = session.ctx.kind_of(block)
        if kind is None:
            return
        uuid = session.ctx.identity.known(block)
        if uuid is None:
            self.anything = True
            return
        self.dirty[kind.name, uuid] = True
        if kind.name == "object":
            self.dirty["transform", uuid] = True
        elif kind.name == "collection":
            self.anything = True

    def _before_undo(self, *_):
        """Undo over datablocks that Blender's undo stack does not know crashes Blender: let it know them first."""
        self.undo_begun = True
        self._identify()
        self.session.undo_again = self._push()

    def _before_redo(self, *_):
        """The same; what would have been done again is lost then."""
        self.undo_begun = True
        self.session.undo_again = False
        self._identify()
        self._push()

    def _identify(self):
        """Afterwards what is new now could not be told from what undo has brought back."""
        if self.in_doubt:
            ctx = self.session.ctx
            for block in ctx.walk():
                ctx.id_of(block)

    def _push(self):
        if not self.session.pending_push:
            return False
        self.session.pending_push = False
        if bpy.context.mode != "OBJECT":
            _have_file_noted()
        bpy.ops.ed.undo_push(message="Scenesync")
        return True

    def _after_undo(self, *_):
        self.undone = True

    def _load_pre(self, *_):
        self.session.suspend()

    def _load_post(self, *_):
        self.session.resume()

    def _save_pre(self, *_):
        self.session.persist()


def _have_file_noted():
    """An undo step of Edit Mode holds what is edited and no more; Blender makes one of the whole file before it when a datablock has come or
    gone since the last, but not when another is pointed at."""
    bpy.data.texts.remove(bpy.data.texts.new("Scenesync"))
