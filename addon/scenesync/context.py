# SPDX-License-Identifier: GPL-3.0-or-later
"""What kinds are given to work with: identities, the shared scene, and what this Blender can do."""

import bpy

from . import compat, entity, identity, kinds, order, structure
from .kinds.shape_keys import PREFIX as KEYS  # all shape keys of a mesh are a datablock


class Context:
    """See docs/add-a-kind.md. One per session."""

    def __init__(self, slug, scene_name):
        self.slug = slug
        self.kinds = kinds.load()
        self.caps = compat.Caps()
        collections = {name: kind.collection for name, kind in self.kinds.items() if kind.collection}
        self.identity = identity.Identity(bpy.data, collections, self.caps.session_uid, slug)
        self.scene_name = scene_name
        self.wanted = {}  # UUID → {(UUID, kind, field)} to write again when it arrives
        self.writing = None  # (UUID, kind, fields) being written
        self.wants_of = {}  # (UUID, kind, field) → (UUID it waits for, value to write then)
        self.completed = set()  # UUIDs whose waiting fields can be written again, as if they had just arrived
        self.following = set()  # (UUID, kind, field) that the mirror must not take over after the write
        self._kind_of_type = {}
        self.names = entity.Names()
        self.structure = structure.Structure(self)

    @property
    def data(self):
        return bpy.data

    @property
    def scene(self):
        """The shared scene; its name may change, its identity does not."""
        return self.identity.find(identity.singleton(self.slug, "scene")) or bpy.data.scenes.get(self.scene_name) or bpy.data.scenes[0]

    # ---- identities

    def kind_of(self, block):
        """The Kind that holds a datablock, or None when it is of no shared kind."""
        block_type = type(block)
        if block_type not in self._kind_of_type:
            self._kind_of_type[block_type] = next((kind for kind in self.kinds.values() if self._holds(kind, block)), None)
        return self._kind_of_type[block_type]

    def _holds(self, kind, block):
        if kind.collection is None:
            return False
        fixed = bpy.types.BlendData.bl_rna.properties[kind.collection].fixed_type.identifier
        return isinstance(block, getattr(bpy.types, fixed))

    def id_of(self, block):
        """The UUID of a datablock, given one if it had none; None for None and for types that are no shared kind."""
        if block is None:
            return None
        kind = self.kind_of(block)
        if kind is None:
            return None
        return self.identity.id_of(kind.name, block)

    def block(self, value, *kind_names):
        """The datablock of a UUID, or None while it has not arrived or is of another kind."""
        entry = self.identity.entries.get(value)
        if entry is None or (kind_names and entry.kind not in kind_names):
            return None
        return self.identity.find(value)

    def want(self, value, block, field, written=None):
        """Write this field of the entity being written again, or `written`, when the datablock `value` arrives."""
        owner, kind_name, fields = self.writing
        self.unwant(owner, kind_name, field)
        self.wanted.setdefault(value, set()).add((owner, kind_name, field))
        self.wants_of[owner, kind_name, field] = (value, fields.get(field, value) if written is None else written)

    def wanted_no_more(self, block, field):
        """What was to be written when a datablock arrives, now that nobody waits for that; or None."""
        key = (self.id_of(block), self.kind_of(block).name, field)
        _, written = self.wants_of.get(key, (None, None))
        self.unwant(*key)
        return written

    def unwant(self, owner, kind_name, field):
        """A newer value of this field makes an older wish void."""
        if not self.wants_of:
            return
        value, _ = self.wants_of.pop((owner, kind_name, field), (None, None))
        if value is not None:
            waiting = self.wanted[value]
            waiting.discard((owner, kind_name, field))
            if not waiting:
                del self.wanted[value]

    def wanted_by(self, block, field):
        """The UUID that a field of this datablock waits for, or None."""
        return self.wants_of.get((self.id_of(block), self.kind_of(block).name, field), (None, None))[0]

    def waiting_of(self, owner, kind_name):
        """{field: value} of one entity that wait for datablocks."""
        return {key[2]: value for key, (_, value) in self.wants_of.items() if key[:2] == (owner, kind_name)}

    def wait_alike(self, original, copy, kind_name, known):
        """A copy waits for what its original waits for. Returns these {field: value}; those `known` of the copy are not among them, and no
        nodes, which have other ids in every tree."""
        found = {}
        for (owner, owner_kind, field), (target, value) in list(self.wants_of.items()):
            if owner == original and owner_kind == kind_name and field not in known and not field.startswith("nodes/"):
                self.wanted[target].add((copy, kind_name, field))
                self.wants_of[copy, kind_name, field] = (target, value)
                found[field] = value
        return found

    def changed_within(self, block):
        """Call from `write` when others may now refer to more of this datablock (sockets of a group): what waits for it is written again."""
        self.completed.add(self.id_of(block))

    def follow(self, block, field):
        """Call from `write` for another field that has changed in consequence: it goes out as an edit."""
        self.following.add((self.id_of(block), self.kind_of(block).name, field))

    def pop_wanted(self, value):
        """[((UUID, kind, field), value)] that waited for this datablock."""
        return [(key, self.wants_of.pop(key)[1]) for key in self.wanted.pop(value, ())]

    def moves_pointers(self, kind_name, fields):
        """Whether these fields can change which datablocks are used: every value that is a reference, or was one, and what makes a datablock."""
        return any(
            value is None or (isinstance(value, bytes) and len(value) in (0, 16)) or name.startswith(KEYS) for name, value in fields.items()
        )

    # ---- hierarchy

    def collection_block(self, value):
        """The collection of a UUID; the scene's own collection has the scene's UUID."""
        if value == identity.singleton(self.slug, "scene"):
            return self.scene.collection
        return self.block(value, "collection")

    @property
    def cut_parents(self):
        return self.structure.cut_parents

    def set_parent(self, block, value, hanging_as):
        self.structure.set_parent(block, value, hanging_as)

    def set_collection_parent(self, block, parent, parent_uuid, member):
        self.structure.set_collection_parent(block, parent, parent_uuid, member)

    def collections_of(self, block):
        return self.structure.collections_of(self.id_of(block))

    def parents_of_collection(self, block):
        return self.structure.parents_of_collection(self.id_of(block))

    def membership_changed(self, block, collection, member):
        self.structure.changed(self.id_of(block), collection, member)

    # ---- members

    def member_id(self, block, list_name, key):
        """The 8-hex id of one member, made and remembered when new. Use member_ids where the whole list is at hand."""
        owner = self.id_of(block)
        table = self.identity._table(owner, list_name, block)
        if key not in table:
            table[key] = self.identity.new_uuid()[:4].hex()
        return table[key]

    def member_ids(self, block, list_name, keys, forms=()):
        """The ids of all members in order, `keys` being their unique names: stable over rename and over reorder, but not of another form."""
        return self.identity.member_ids(self.id_of(block), list_name, block, list(keys), forms)

    def member_key(self, block, list_name, member):
        """The key (name) of the member with this id, or None."""
        table = self.identity._table(self.id_of(block), list_name, block)
        return next((key for key, value in table.items() if value == member), None)

    def bind_member(self, block, list_name, key, member):
        """After making or renaming a member in `write`: the member called `key` has this id."""
        self.identity.bind_member(self.id_of(block), list_name, block, key, member)

    def has_members(self, block, list_name):
        """Whether any member of this list has an id yet."""
        return bool(self.identity._table(self.id_of(block), list_name, block))

    def order_keys(self, block, list_name, members):
        """The order keys of `members` (ids, in order), as they were wherever the order still stands."""
        known = self._orders(block, list_name)
        known.update(zip(members, order.keys(members, known)))
        return [known[member] for member in members]

    def known_order(self, block, list_name, members):
        """The order keys of `members`, those without one last."""
        known = self._orders(block, list_name)
        return [known.get(member, order.LAST) for member in members]

    def bind_order(self, block, list_name, member, key):
        """This member has this order key, which came from elsewhere."""
        self._orders(block, list_name)[member] = key

    def _orders(self, block, list_name):
        return self.identity._table(self.id_of(block), list_name + " order", block)

    # ---- the shared set

    def shared(self, kind_name):
        """The shared datablocks of a kind."""
        return [block for block in self.walk() if self.kind_of(block).name == kind_name]

    def shared_keys(self):
        """{(kind, UUID)} of what `walk` finds."""
        return {(self.kind_of(block).name, self.id_of(block)) for block in self.walk()}

    def walk(self):
        """Every shared datablock: the scene, what it uses, and the kinds of which everything is shared."""
        seen = {}
        stack = [self.scene]
        for kind in self.kinds.values():
            if kind.everything:
                stack.extend(getattr(self.data, kind.collection))
        while stack:
            block = stack.pop()
            key = block.as_pointer()
            if key in seen:
                continue
            kind = self.kind_of(block)
            if kind is None or not kind.shareable(block):
                continue
            seen[key] = block
            stack.extend(used for used in kind.uses(self, block) if used is not None)
        return list(seen.values())
