# SPDX-License-Identifier: GPL-3.0-or-later
"""Which datablock is which entity.

The authority is a map from Blender's session uid (where there is none, the address) to the UUID. An ID property holds the UUID over save and
reload; every copy of a datablock keeps it, so on a collision the datablock that is already in the map owns the UUID. Linked data is named by
library, type and name, and never written. No reference to a datablock is kept for longer than a tick: `find` looks where it was last and
verifies the key.
"""

import functools
import json
import uuid

TAG = "scenesync"
MANY_LOOKS = 128  # finding one datablock costs Blender a walk over all; from so many on they are all looked at once
MEMBERS_TAG = "scenesync_members"
PLACEHOLDER_TAG = "scenesync_placeholder"


def namespace(slug):
    return uuid.uuid5(uuid.NAMESPACE_URL, "scenesync:" + slug)


@functools.lru_cache(maxsize=64)
def singleton(slug, kind):
    """The UUID (16 bytes) of the scene's only entity of this kind."""
    return uuid.uuid5(namespace(slug), kind).bytes


def read_tag(block):
    """The UUID persisted in a datablock, or None."""
    text = block.get(TAG)
    if not isinstance(text, str) or len(text) != 32:
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


def write_tag(block, value):
    """Persist a UUID; linked data is never written."""
    if block.library is None and read_tag(block) != value:
        block[TAG] = value.hex()


class Entry:
    """What is known of one datablock."""

    __slots__ = ("kind", "key", "name", "index")

    def __init__(self, kind, key, name):
        self.kind = kind
        self.key = key  # None: it is gone, but undo may bring it back
        self.name = name
        self.index = -1  # where in bpy.data it was seen last


class Identity:
    def __init__(self, data, collections, use_session_uid, slug=""):
        self.data = data  # bpy.data
        self.collections = collections  # {kind: attribute of bpy.data}
        self.use_session_uid = use_session_uid
        self.slug = slug
        self.tagging = True  # not while it is open whether the file's datablocks come into the scene: a tag says that they have been there
        self.keys = {}  # key → UUID
        self.entries = {}  # UUID → Entry
        self.seen = None  # UUID → datablock, within a tick
        self.sure = set()  # addresses of which it was verified within a tick that they are still those of their entities
        self.looks = {}  # collection → how often one of its datablocks was looked for in this tick
        self.copied = {}  # UUID of a copy → that of its original, until the copy is published
        self.members = {}  # (UUID, list name) → {key: member id}
        self.gone = {}  # the same of members that are there no longer: undo can bring them back
        self.forms = {}  # (UUID, list name) → {member id: its form, as far as it was told}
        self.new_uuid = lambda: uuid.uuid4().bytes

    def key(self, block):
        return block.session_uid if self.use_session_uid else block.as_pointer()

    # ---- datablock → UUID

    def known(self, block):
        """The UUID of a datablock that has one in this session, or None."""
        key = self.key(block)
        found = self.keys.get(key)
        if found is None or self.use_session_uid or key in self.sure:
            return found
        if not self._is_still(found, block):
            return None
        if self.seen is not None:
            self.sure.add(key)
        return found

    def id_of(self, kind, block):
        """The UUID of a datablock, given one if it had none."""
        found = self.known(block)
        if found is None or self.entries[found].kind != kind:  # the latter at an address that is used again, under the same name
            return self._adopt(kind, block)
        self.entries[found].name = block.name
        return found

    def _adopt(self, kind, block):
        if block.library is not None:
            text = f"{block.library.filepath}\0{kind}\0{block.name}"
            value = uuid.uuid5(namespace("library"), text).bytes
        else:
            tag = read_tag(block)
            value = self.new_uuid() if tag is None or tag in self.entries else tag
            if tag not in (None, value):
                self.copied[value] = tag
        self.bind(kind, block, value)
        return value

    def bind(self, kind, block, value):
        """This datablock is that entity from now on."""
        old = self.entries.get(value)
        if old is not None and self.keys.get(old.key) == value:
            del self.keys[old.key]
        key = self.key(block)
        stale = self.keys.get(key)
        if stale is not None and stale != value:
            self.entries[stale].key = None  # an address that Blender uses again
        self.keys[key] = value
        self.entries[value] = Entry(kind, key, block.name)
        if self.tagging:
            write_tag(block, value)
        if self.seen is not None:
            self.seen[value] = block

    def lose(self, value):
        """The datablock is gone. Its name stays known, so that undo can bring the same entity back."""
        if self.seen is not None:
            self.seen.pop(value, None)
        entry = self.entries.get(value)
        if entry is not None and entry.key is not None:
            self.keys.pop(entry.key, None)
            self.sure.discard(entry.key)
            if not self.use_session_uid:
                entry.key = None

    # ---- UUID → datablock

    def tick(self, begins):
        """Within a tick only we remove datablocks, so what was found stays found. Blender counts its lists whenever it is asked for one item."""
        self.seen = {} if begins else None
        self.sure.clear()
        self.looks.clear()

    def find(self, value):
        """The datablock of an entity, or None. Cheap unless things were added, removed or renamed since."""
        block = self._find(value)
        if block is None or self.use_session_uid or self.known(block) == value:
            return block
        return None  # another is at its address

    def _find(self, value):
        if self.seen is None:
            return self._look(value)
        block = self.seen.get(value)
        if block is None:
            entry = self.entries.get(value)
            if entry is None or entry.key is None:
                return None
            block = self._look_some(value, entry)
            if block is not None:
                self.seen[value] = block
        return block

    def _look_some(self, value, entry):
        """Look for a datablock, or see where all are when many have been looked for, or one was not where it had been."""
        collection = self.collections[entry.kind]
        looks = self.looks.get(collection, 0)
        if looks < MANY_LOOKS:
            place = entry.index
            block = self._look(value)
            self.looks[collection] = looks + 1 if entry.index == place >= 0 else MANY_LOOKS
            return block
        if looks == MANY_LOOKS:
            self.looks[collection] = looks + 1
            self._see_all(getattr(self.data, collection))
        return self.seen.get(value)

    def known_of(self, blocks):
        """The UUIDs (None where there is none) of many datablocks."""
        return map(self.keys.get, self.keys_of(blocks))

    def keys_of(self, blocks):
        """The keys of many datablocks."""
        if self.use_session_uid:
            return [block.session_uid for block in blocks]
        return [block.as_pointer() for block in blocks]

    def names_of(self, blocks):
        """What tells them apart where keys do not: addresses are used again, seldom under the same name."""
        return [] if self.use_session_uid else [block.name for block in blocks]

    def _see_all(self, blocks):
        blocks = list(blocks)
        self.seen.update(zip(self.known_of(blocks), blocks))

    def _look(self, value):
        entry = self.entries.get(value)
        if entry is None or entry.key is None:
            return None
        blocks = getattr(self.data, self.collections[entry.kind])
        if entry.index >= 0:
            block = _at(blocks, entry.index)
            if block is not None and self.key(block) == entry.key:
                return block
        entry.index = -1
        self._index(blocks)
        return blocks[entry.index] if entry.index >= 0 else None

    def _index(self, blocks):
        """Note where every known datablock of one collection is."""
        entries = self.entries
        for index, block in enumerate(blocks):
            value = self.keys.get(self.key(block))
            if value is not None:
                entries[value].index = index

    def write_tags(self):
        """Put every UUID into its datablock again: undo and older files lose them."""
        for kind, collection in self.collections.items():
            for block in getattr(self.data, collection):
                value = self.keys.get(self.key(block))
                if value is not None:
                    write_tag(block, value)
                    self.persist_members(value, block)

    def rescan(self):
        """After undo or redo: which datablock is which entity, by key, else by tag; and by name, where undo changes keys and a new
        datablock of that name cannot be told from an old one."""
        if self.seen is not None:
            self.seen.clear()
            self.looks.clear()
        self.sure.clear()
        self.keys.clear()
        for kind, collection in self.collections.items():
            blocks = list(getattr(self.data, collection))
            entries = {value: entry for value, entry in self.entries.items() if entry.kind == kind}
            by_key = {entry.key: value for value, entry in entries.items() if entry.key is not None}
            unknown = []
            for block in blocks:
                value = by_key.get(self.key(block))
                if value is not None and (self.use_session_uid or self._is_still(value, block)):
                    self.bind(kind, block, value)
                    del entries[value]
                else:
                    unknown.append(block)
            unknown = self._claim(kind, unknown, entries, read_tag)
            if not self.use_session_uid:
                names = {entry.name: value for value, entry in entries.items()}
                self._claim(kind, unknown, entries, lambda block: names.get(block.name))
            for entry in entries.values():
                entry.index = -1
                if not self.use_session_uid:
                    entry.key = None

    def _is_still(self, value, block):
        """Whether what is at the address of an entity is that entity: addresses are used again, and undo may have taken the tag."""
        tag = read_tag(block)
        return tag == value or ((tag is None or block.library is not None) and block.name == self.entries[value].name)

    def _claim(self, kind, blocks, entries, name_of):
        """Give each block the entity that `name_of` says it is, if that has none yet; returns the blocks that are left."""
        left = []
        for block in blocks:
            value = name_of(block)
            if value in entries and block.library is None:
                self.bind(kind, block, value)
                del entries[value]
            else:
                left.append(block)
        return left

    # ---- members: nodes, slots, layers

    def member_ids(self, owner, list_name, block, keys, forms=()):
        """The ids of all members, in order: stable over rename (same place, new key) and reorder (same key, new place). Nothing is taken for
        another that has another form; `forms` are in the order of `keys`."""
        table = self._table(owner, list_name, block)
        known = list(table)
        new = [key for key in keys if key not in table]
        if new:
            form_of = dict(zip(keys, forms))
            known_forms = self.forms.get((owner, list_name), {})
            present = set(keys)
            gone = [key for key in known if key not in present]
            places = {key: place for place, key in enumerate(known)}

            def fits(key, member):
                return known_forms.get(member) in (None, form_of.get(key))

            for key in new:
                renamed = next((old for old in gone if places[old] == keys.index(key) and fits(key, table[old])), None)
                if renamed is None:
                    back = self.gone.get((owner, list_name), {}).get(key)
                    table[key] = self.new_uuid()[:4].hex() if back is None or back in table.values() or not fits(key, back) else back
                else:
                    gone.remove(renamed)
                    table[key] = table.pop(renamed)
        if len(table) != len(keys) or known != list(keys):
            ordered = {key: table[key] for key in keys}
            self.gone.setdefault((owner, list_name), {}).update((key, table[key]) for key in table if key not in ordered)
            table.clear()
            table.update(ordered)
        ids = list(table.values())
        if forms:
            self.forms.setdefault((owner, list_name), {}).update(zip(ids, forms))
        return ids

    def bind_member(self, owner, list_name, block, key, member):
        """The member called `key` has this id (it was made or renamed elsewhere)."""
        table = self._table(owner, list_name, block)
        for old in [old for old, value in table.items() if value == member and old != key]:
            del table[old]
        table[key] = member

    def _table(self, owner, list_name, block):
        table = self.members.get((owner, list_name))
        if table is None:
            table = dict(_persisted_members(block).get(list_name, {}))
            self.members[owner, list_name] = table
        return table

    def persist_members(self, value, block):
        """Write the member ids of one datablock into it, so that they survive save and reload."""
        lists = {name: table for (owner, name), table in self.members.items() if owner == value and table}
        if lists and block.library is None and _persisted_members(block) != lists:
            block[MEMBERS_TAG] = json.dumps(lists, sort_keys=True)


def _at(blocks, index):
    """The datablock at this place, or None. (Asking how many there are costs a walk over all.)"""
    try:
        return blocks[index]
    except IndexError:
        return None


def _persisted_members(block):
    text = block.get(MEMBERS_TAG)
    if not isinstance(text, str):
        return {}
    try:
        lists = json.loads(text)
    except ValueError:
        return {}
    return {
        name: {str(key): str(value) for key, value in table.items()}
        for name, table in lists.items()
        if isinstance(table, dict)
    } if isinstance(lists, dict) else {}
