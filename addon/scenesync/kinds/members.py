# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordered lists whose members have ids, and names that are unique in Blender: vertex groups, shape keys, layers of masks."""

from .. import order


class Orders:
    """The order keys last seen of one list: {member id: key}."""

    def __init__(self):
        self.keys = {}

    def read(self, members):
        """The keys of `members` (ids in order); as long as the order stands, so do they."""
        self.keys = dict(zip(members, order.keys(members, self.keys)))
        return self.keys

    def take(self, members):
        """The ids of `members`, {id: {field: value}}, in the order that these and what was known before give."""
        for member, values in members.items():
            if isinstance(values.get("order"), str):
                self.keys[member] = values["order"]
        return self.sort(members)

    def sort(self, members):
        """`members` by their keys, those without one last."""
        return sorted(members, key=lambda member: (member not in self.keys, self.keys.get(member, ""), member))


def members_in(fields, prefix):
    """{member id: {field: value}} of `<prefix><id>` and `<prefix><id>/<field>`; the member's own path is the field ""."""
    found = {}
    for field, value in fields.items():
        if field.startswith(prefix):
            member, _, name = field[len(prefix):].partition("/")
            found.setdefault(member, {})[name] = value
    return found


def find(ctx, block, list_name, items, member):
    """Of `items` the one with the id `member`, or None."""
    name = ctx.member_key(block, list_name, member)
    return None if name is None else items.get(name)


def removed(values):
    return "" in values and values[""] is None


def write_existence(ctx, block, list_name, items, member, values):
    """Make, rename or remove the one with the id `member`. Returns it, or None where there is none: nobody has said yet what it is called, say."""
    item = find(ctx, block, list_name, items, member)
    if removed(values):
        if item is not None:
            items.remove(item)
        return None
    wanted = values.get("name")
    if not isinstance(wanted, str):
        return item
    if item is None:
        item = items.new(name=wanted)
    rename(ctx, block, list_name, items, member, item, wanted)
    return item


def rename(ctx, block, list_name, items, member, item, wanted):
    """Call `item`, the one with the id `member`, as `wanted`. Of members that two people have called alike at once the least has the name in
    every Blender, as modifiers and drivers find them by it; Blender gives the others `.001`."""
    other = items.get(wanted)
    if other is not None and other != item:
        holder = ctx.member_id(block, list_name, wanted)
        if member < holder:
            item.name = "scenesync"
            other.name = "scenesync"
            item.name = wanted
            other.name = wanted
            ctx.bind_member(block, list_name, other.name, holder)
        else:
            item.name = wanted
    elif item.name != wanted:
        item.name = wanted
    ctx.bind_member(block, list_name, item.name, member)


def rename_again(ctx, block, list_name, items, members):
    """Of `members`, {id: {field: value}}, those that stood aside for a name have it as soon as its holder has let go of it."""
    for member in sorted(members):
        wanted, item = members[member].get("name"), find(ctx, block, list_name, items, member)
        if item is not None and isinstance(wanted, str) and item.name != wanted:
            rename(ctx, block, list_name, items, member, item, wanted)
