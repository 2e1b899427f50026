# SPDX-License-Identifier: GPL-3.0-or-later
"""Joining: what the scene has meets what the file has.

An empty scene takes what the file has; one with content gives itself to the file; a file with work of its own is asked. `publish` makes the
scene what the file is, `receive` the file what the scene is, `merge` keeps both.
"""

from . import absence, identity, startup
from .absence import EDITED_TAG, SCENE_TAG
from .kinds.scene import REFERENCES
from .mirror import Mirror, same

UNSENT_TAG = "scenesync_unsent"  # UUIDs of what the file has and the scene may not have yet, as hex
CHOICES = ("publish", "receive", "merge")


class Joining:
    def __init__(self, session):
        self.session = session
        self.done = False
        session.ctx.identity.tagging = False
        self.shared_before = self._shared_before()

    def _shared_before(self):
        """UUIDs that the open file and the scene had when it was last in it: what of them the scene lacks has been deleted since."""
        ctx = self.session.ctx
        if ctx.scene.get(SCENE_TAG) != self.session.slug:
            return set()
        collections = (getattr(ctx.data, kind.collection) for kind in ctx.kinds.values() if kind.collection)
        tags = {identity.read_tag(block) for blocks in collections for block in blocks} - {None}
        unsent = set(str(ctx.scene.get(UNSENT_TAG, "")).split())
        tags = {tag for tag in tags if tag.hex() not in unsent}
        before = absence.base(self.session)
        return tags if before is None else tags.intersection(set().union(*before.records.values()))

    def persist(self):
        """For the next who joins with this file: what is new here is not missing there."""
        scene = self.session.ctx.scene
        unsent = [uuid.hex() for (_, uuid), fields in self.session.outbox.fields.items() if "name" in fields]
        scene.pop(UNSENT_TAG, None)
        if unsent:
            scene[UNSENT_TAG] = " ".join(unsent)

    def joined(self, frame):
        """The agent has sent all it knows."""
        session = self.session
        if self.done:
            return
        self._tell_copies_apart()
        choice = session.content or self._choose(frame)
        if choice in CHOICES:
            self.decide(choice)
        else:
            session.state = "asking"

    def _tell_copies_apart(self):
        """Copies that were made outside of the scene have the same tag: the one that is called as in the scene is the original."""
        ctx, inbox = self.session.ctx, self.session.apply.inbox
        for kind in ctx.kinds.values():
            if not kind.collection:
                continue
            tagged = {}
            for block in getattr(ctx.data, kind.collection):
                if block.library is None:
                    tagged.setdefault(identity.read_tag(block), []).append(block)
            for uuid, blocks in tagged.items():
                name = inbox[kind.name].get(uuid, {}).get("name") if len(blocks) > 1 else None
                original = next((block for block in blocks if block.name == name), None)
                if original is not None:
                    ctx.identity.bind(kind.name, original, uuid)

    def _choose(self, frame):
        """What to do without asking, or None."""
        inbox = self.session.apply.inbox
        remote = inbox["object"]
        if frame.get("empty") or not any(items for kind, items in inbox.items() if kind not in ("scene", "world")):
            return "publish"
        if absence.base(self.session) is not None:
            return "merge"
        local = self._own_work()
        if not local:
            return "merge" if self.shared_before else "receive"
        if not any(uuid in remote for uuid in local) or self._has_edits_of_its_own():
            return None
        return "merge"

    def _has_edits_of_its_own(self):
        """Whether what file and scene both have is not the same, and that may be because the file was edited outside of the scene."""
        session = self.session
        if not absence.is_edited(session.ctx.scene):
            return False
        held = Mirror()
        both = self._in_both(self.session.ctx.shared_keys())
        held.know(session.ctx, both)
        inbox = session.apply.inbox
        return any(
            _differs(held.get(kind_name, uuid).values, inbox[kind_name][uuid])
            or (kind_name == "object" and _differs(held.transforms.get(uuid), inbox["transform"].get(uuid, {})))
            for kind_name, uuid in both
        )

    def _own_work(self):
        """UUIDs of the file's shared objects, unless all is what Blender starts with and as it made it."""
        session = self.session
        objects = [block for block in session.ctx.walk() if session.ctx.kind_of(block).name == "object"]
        if not session.ctx.data.filepath and startup.is_untouched(session.ctx):
            return []
        return [session.ctx.id_of(block) for block in objects]

    def decide(self, choice):
        """Go on with `publish`, `receive` or `merge`."""
        session = self.session
        ctx = session.ctx
        ctx.identity.tagging = True
        ctx.identity.write_tags()
        self._name_world()
        local = ctx.shared_keys()
        if choice == "receive":
            self._let_go()
        if choice == "publish":
            self._publish(local)
        else:
            session.mirror.know(ctx, self._in_both(local))  # what they hold is the base of what is to be written
        if choice == "merge":
            absence.send_edits(session, local)
        absence.forget()
        if choice == "receive":
            self._drop(local)
        elif choice == "merge":
            self._drop({key for key in local if key[1] in self.shared_before})
        ctx.scene[SCENE_TAG] = session.slug
        ctx.scene.pop(EDITED_TAG, None)
        self.done = True
        session.state = "active"
        session.watch.structure = True

    def _name_world(self):
        """The world of the scene is one entity, whoever has made it."""
        ctx = self.session.ctx
        world = ctx.scene.world
        if world is not None and ctx.identity.known(world) is None and identity.read_tag(world) is None:
            ctx.identity.bind("world", world, identity.singleton(self.session.slug, "world"))

    def _publish(self, local):
        """The file wins: what else the scene has is deleted, what both have is overwritten."""
        session = self.session
        for kind_name, items in session.apply.inbox.items():
            for uuid, fields in items.items():
                if (kind_name, uuid) in local:
                    record = session.mirror.add(kind_name, uuid)
                    record.values, record.deleted = fields, True  # so that it is sent whole, without what it does not have
                elif session.ctx.kinds[kind_name].collection and kind_name != "scene":
                    session.outbox.queue(kind_name, uuid, {"deleted": True})
            items.clear()

    def _in_both(self, local):
        """What of this, {(kind, UUID)}, the scene has too."""
        inbox = self.session.apply.inbox
        return {(kind_name, uuid) for kind_name, uuid in local if uuid in inbox[kind_name]}

    def _let_go(self):
        """The scene's camera and world are those of the shared scene, even where that has none."""
        session = self.session
        theirs = session.apply.inbox["scene"].get(session.scene_uuid, {})
        session.apply.put("scene", session.scene_uuid, {name: None for name in REFERENCES if name not in theirs})

    def _drop(self, local):
        """What of this the scene does not have is removed from the file."""
        session = self.session
        ctx = session.ctx
        inbox = session.apply.inbox
        for kind_name in reversed(list(ctx.kinds)):
            for _, uuid in sorted(key for key in local if key[0] == kind_name):
                kind = ctx.kinds[kind_name]
                block = ctx.identity.find(uuid)
                if kind.singleton or uuid in inbox[kind_name] or block is None or block.library is not None:
                    continue
                if kind_name in ("object", "collection") or block.users <= block.use_fake_user:
                    kind.remove(ctx, block)
                    ctx.identity.lose(uuid)


def _differs(held, theirs):
    """Whether a field that somebody has set is another in the file."""
    return any(not same(held.get(name), value) for name, value in theirs.items())
