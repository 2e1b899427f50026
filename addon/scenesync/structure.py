# SPDX-License-Identifier: GPL-3.0-or-later
"""Hierarchy: which object is in which collection, which collection in which, and what to do about cycles.

Asking Blender for the collections of one object costs a look at all of them, so the answers for all are made once and kept until the
structure changes. Honest concurrent edits can make a cycle; in every cycle the edge of the greatest UUID is kept in the scene but not
applied, so that everybody leaves out the same one. An object does not show a collection that it is in.
"""

from .kinds.object import hang, hanging, set_parent_type

LINKING = {"object": ("collections/", "parent", "matrix_parent_inverse"), "collection": ("parents/",)}


class Structure:
    def __init__(self, ctx):
        self.ctx = ctx
        self.cut_parents = {}  # object UUID → how it would hang on the parent that would close a cycle
        self.cut_collections = {}  # collection UUID → {parent UUID}, likewise
        self.cut_instances = {}  # object UUID → UUID of the collection that it would show, if it were not in it
        self.invalidate()

    def invalidate(self):
        self._of_object = None
        self._of_collection = None

    # ---- membership

    def memberships(self):
        """({object: {collections}}, {collection: {collections}}), as last known."""
        self._fill()
        return self._of_object, self._of_collection

    def collections_of(self, uuid):
        self._fill()
        return self._of_object.get(uuid, ())

    def parents_of_collection(self, uuid):
        self._fill()
        return sorted(self._of_collection.get(uuid, set()) | self.cut_collections.get(uuid, set()))

    def changed(self, uuid, collection, member):
        """A membership was written by us: keep the answers without making them anew."""
        if self._of_object is not None:
            _toggle(self._of_object.setdefault(uuid, set()), collection, member)

    def collection_changed(self, uuid, parent, member):
        if self._of_collection is not None:
            _toggle(self._of_collection.setdefault(uuid, set()), parent, member)

    def _fill(self):
        if self._of_object is not None:
            return
        ctx = self.ctx
        self._of_object, self._of_collection = {}, {}
        scene = ctx.scene
        stack = [(scene.collection, ctx.id_of(scene))]
        seen = set()
        while stack:
            collection, uuid = stack.pop()
            if uuid in seen:
                continue
            seen.add(uuid)
            blocks = list(collection.objects)
            for known, block in zip(ctx.identity.known_of(blocks), blocks):
                self._of_object.setdefault(known or ctx.id_of(block), set()).add(uuid)
                shown = block.instance_collection
                if shown is not None:
                    stack.append((shown, ctx.id_of(shown)))
            for child in collection.children:
                child_uuid = ctx.id_of(child)
                self._of_collection.setdefault(child_uuid, set()).add(uuid)
                stack.append((child, child_uuid))

    # ---- parents of objects

    def set_parent(self, block, value, hanging_as):
        """Give an object the parent of this UUID (None: no parent), unless that closes a cycle and this is the edge to leave out."""
        ctx = self.ctx
        uuid = ctx.id_of(block)
        self.cut_parents.pop(uuid, None)
        parent = ctx.block(value, "object") if value is not None else None
        if value is not None and parent is None:
            ctx.want(value, block, "parent")
            return
        cycle = self._cycle(block, parent)
        if not cycle:
            _apply_parent(block, parent)
        elif max(cycle) == uuid:
            _apply_parent(block, None)
            self.cut_parents[uuid] = {"parent": value, **{name: v for name, v in hanging_as.items() if v is not None}}
        else:
            other = ctx.block(max(cycle), "object")
            self.cut_parents[max(cycle)] = hanging(ctx, other)
            _apply_parent(other, None)
            _apply_parent(block, parent)
        self.retry(uuid)

    def _cycle(self, block, parent):
        """The UUIDs in the cycle that block → parent would close."""
        members = [self.ctx.id_of(block)]
        step = parent
        while step is not None:
            if step == block:
                return members
            members.append(self.ctx.id_of(step))
            step = step.parent
        return []

    def retry(self, changed=None):
        """An edge that was left out may fit now."""
        for uuid, fields in list(self.cut_parents.items()):
            block = self.ctx.block(uuid, "object")
            parent = self.ctx.block(fields["parent"], "object")
            if block is not None and block.parent is not None:
                del self.cut_parents[uuid]  # it was given another parent here
            elif uuid != changed and block is not None and parent is not None and not self._cycle(block, parent):
                del self.cut_parents[uuid]
                _apply_parent(block, parent)
                hang(block, fields)

    # ---- collections that objects show

    def show(self, block, collection, value):
        """Let an object show a collection, with the UUID `value`, or None; Blender refuses one that it is in."""
        uuid = self.ctx.id_of(block)
        self.cut_instances.pop(uuid, None)
        block.instance_collection = collection
        if block.instance_collection != collection:
            self.cut_instances[uuid] = value

    def put_into(self, block, collection):
        """Put an object into a collection, which it can no longer show then."""
        if _links(block, collection) or block.instance_collection is None:
            return  # else it is in it already, or shows it
        shown, block.instance_collection = block.instance_collection, None
        if _links(block, collection):
            self.cut_instances[self.ctx.id_of(block)] = self.ctx.id_of(shown)
        else:
            block.instance_collection = shown

    def retry_instances(self):
        """Objects may have left the collections that they are to show."""
        for uuid, value in list(self.cut_instances.items()):
            block, collection = self.ctx.block(uuid, "object"), self.ctx.block(value, "collection")
            if block is None or block.instance_collection is not None:
                del self.cut_instances[uuid]  # or it was given another here
            elif collection is not None:
                self.show(block, collection, value)

    # ---- parents of collections

    def set_collection_parent(self, block, parent, parent_uuid, member):
        uuid = self.ctx.id_of(block)
        self._cut(uuid, parent_uuid, False)
        linked = parent.children.get(block.name) == block
        if member and not linked:
            if self._reaches(block, parent):
                self._cut_collection_cycle(block, parent, uuid, parent_uuid)
            else:
                parent.children.link(block)
        elif linked and not member:
            parent.children.unlink(block)
        self.collection_changed(uuid, parent_uuid, member)
        if not member:
            self._retry_collections()

    def _reaches(self, block, target):
        stack = [block]
        while stack:
            step = stack.pop()
            if step == target:
                return True
            stack.extend(step.children)
        return False

    def _cut_collection_cycle(self, block, parent, uuid, parent_uuid):
        """parent is below block: leave out the edge of the greatest collection on the way down, or this one."""
        path = self._path(block, parent)
        loser = max(range(len(path)), key=lambda i: self.ctx.id_of(path[i]))
        if loser == 0:
            self._cut(uuid, parent_uuid, True)
            return
        above, below = path[loser - 1], path[loser]
        above.children.unlink(below)
        self._cut(self.ctx.id_of(below), self.ctx.id_of(above), True)
        parent.children.link(block)

    def _path(self, block, target):
        stack = [[block]]
        while stack:
            path = stack.pop()
            if path[-1] == target:
                return path
            stack.extend(path + [child] for child in path[-1].children)
        return [block]

    def _cut(self, uuid, parent_uuid, cut):
        _toggle(self.cut_collections.setdefault(uuid, set()), parent_uuid, cut)
        if not self.cut_collections[uuid]:
            del self.cut_collections[uuid]

    def _retry_collections(self):
        for uuid, parents in list(self.cut_collections.items()):
            block = self.ctx.block(uuid, "collection")
            for parent_uuid in list(parents):
                parent = self.ctx.block(parent_uuid, "collection")
                if block is not None and parent is not None and not self._reaches(block, parent):
                    self._cut(uuid, parent_uuid, False)
                    parent.children.link(block)


def _apply_parent(block, parent):
    """Blender resets type and inverse with the parent; they are fields of their own."""
    if block.parent == parent:
        return
    kept, bone, inverse = block.parent_type, block.parent_bone, block.matrix_parent_inverse.copy()
    block.parent = parent
    if parent is not None:
        set_parent_type(block, kept)
        block.parent_bone = bone
        block.matrix_parent_inverse = inverse


def _links(block, collection):
    """Whether Blender links an object to a collection. (To ask first would cost it a look at all objects.)"""
    try:
        collection.objects.link(block)
        return True
    except RuntimeError:
        return False


def _toggle(members, member, present):
    if present:
        members.add(member)
    else:
        members.discard(member)


def split(kind, fields):
    """(fields to write at once, fields that make Blender rebuild its relations)."""
    prefixes = LINKING.get(kind)
    if prefixes is None:
        return fields, {}
    linking = {name: value for name, value in fields.items() if name.startswith(prefixes)}
    return {name: value for name, value in fields.items() if name not in linking}, linking
