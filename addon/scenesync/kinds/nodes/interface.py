# SPDX-License-Identifier: GPL-3.0-or-later
"""The sockets and panels of a node group, as Blender's two interfaces have them: a tree of items, or flat lists of inputs and outputs."""

from functools import lru_cache
from hashlib import sha256

from .. import rna

SKIP = frozenset({
    "name", "socket_type", "select", "in_out", "is_inspect_output", "layer_selection_field", "force_non_field", "identifier",
})
PREFIX = "interface/"
SOCKET_KINDS = ("input", "output")
# Old types of sockets name the subtype, newer ones have it as a property.
SUBTYPES = {
    f"NodeSocket{base}{name}": (f"NodeSocket{base}", subtype)
    for base, names in {
        "Float": ("Unsigned", "Percentage", "Factor", "Angle", "Time", "TimeAbsolute", "Distance"),
        "Int": ("Unsigned", "Percentage", "Factor"),
        "Vector": ("Translation", "Direction", "Velocity", "Acceleration", "Euler", "XYZ"),
    }.items()
    for name in names
    for subtype in ["TIME_ABSOLUTE" if name == "TimeAbsolute" else name.upper()]
}
OLD_TYPES = {new: old for old, new in SUBTYPES.items()}


class Nested:
    """`tree.interface`: items in panels."""

    def __init__(self, tree):
        self.tree = tree
        self.interface = tree.interface

    def items(self):
        """[(key, kind, parent key, item)], keys being unique and lasting."""
        counts = {}
        keys = {}
        found = []
        for item in self.interface.items_tree:
            is_panel = item.item_type == "PANEL"
            key = _panel_key(item, counts) if is_panel else item.identifier
            keys[item.as_pointer()] = key
            kind = "panel" if is_panel else item.in_out.lower()
            parent = item.parent
            found.append((key, kind, keys.get(parent.as_pointer()) if parent is not None else None, item))
        return found

    def socket_type(self, item):
        return item.socket_type, getattr(item, "subtype", None)

    def new(self, kind, name, socket_type, subtype, parent):
        if kind == "panel":
            item = self.interface.new_panel(name)
            if parent is not None:
                self.interface.move_to_parent(item, parent, len(parent.interface_items))
            return item
        item = self.interface.new_socket(name, in_out=kind.upper(), socket_type=socket_type, parent=parent)
        return item

    def retype(self, item, socket_type):
        """The item, which is of another class afterwards."""
        index = item.index
        rna.put(item, "socket_type", socket_type)
        return self.interface.items_tree[index]

    def remove(self, item):
        if item.item_type == "PANEL":
            self.interface.remove(item, move_content_to_parent=True)
        else:
            self.interface.remove(item)

    def arrange(self, wanted):
        """`wanted`: {parent item or None: [items in order]}"""
        for parent, items in wanted:
            for place, item in enumerate(items):
                if item.parent != parent:
                    self.interface.move_to_parent(item, parent, place)
            first = min((item.position for item in items), default=0)
            for place, item in enumerate(items):
                if item.position != first + place:
                    self.interface.move(item, first + place)


class Flat:
    """`tree.inputs` and `tree.outputs`: no panels, and a type that cannot change."""

    def __init__(self, tree):
        self.tree = tree

    def items(self):
        sides = (("output", self.tree.outputs), ("input", self.tree.inputs))
        return [(item.identifier, kind, None, item) for kind, items in sides for item in items]

    def socket_type(self, item):
        return SUBTYPES.get(item.bl_socket_idname, (item.bl_socket_idname, None))

    def new(self, kind, name, socket_type, subtype, parent):
        if kind == "panel":
            return None
        side = self.tree.inputs if kind == "input" else self.tree.outputs
        return side.new(OLD_TYPES.get((socket_type, subtype), socket_type), name)

    def retype(self, item, socket_type):
        """Only a new item could have the other type, and the links of all users with it would be lost."""
        return item

    def remove(self, item):
        (self.tree.outputs if item.is_output else self.tree.inputs).remove(item)

    def arrange(self, wanted):
        for _, items in wanted:
            for outputs, side in ((False, self.tree.inputs), (True, self.tree.outputs)):
                keys = [item.identifier for item in items if item.is_output == outputs]
                for place, key in enumerate(keys):
                    now = next(index for index, item in enumerate(side) if item.identifier == key)
                    if now != place:
                        side.move(now, place)


def access(ctx, tree):
    return Nested(tree) if ctx.caps.tree_interface else Flat(tree)


def names(ctx):
    """A function from a tree to its {identifier: interface id}, looked up once per tree."""
    known = {}

    def of(tree):
        key = tree.as_pointer()
        if key not in known:
            known[key] = {item_key: member_id(ctx, tree, item_key) for item_key, kind, _, _ in access(ctx, tree).items() if kind != "panel"}
        return known[key]

    return of


def member_id(ctx, tree, key):
    """The id of an interface item. Those of a linked tree are made from its identifier, so that everyone who links it has the same."""
    if tree.library is not None:
        return sha256(key.encode()).hexdigest()[:8]
    return ctx.member_id(tree, "interface", key)


def _panel_key(panel, counts):
    uid = getattr(panel, "persistent_uid", None)
    if uid is not None:
        return f"panel {uid}"
    counts[panel.name] = counts.get(panel.name, 0) + 1
    return f"panel {counts[panel.name]} {panel.name}"


@lru_cache(maxsize=None)
def item_table(item_type):
    return rna.Table(item_type.bl_rna, SKIP)


# ---- read


def read_interface(ctx, tree):
    """{field: value} of the interface of a group."""
    fields = {}
    siblings = {}
    side = access(ctx, tree)
    for key, kind, parent, item in side.items():
        member = member_id(ctx, tree, key)
        path = PREFIX + member
        fields[path] = kind
        fields[path + "/name"] = item.name
        if parent is not None:
            fields[path + "/parent"] = member_id(ctx, tree, parent)
        if kind != "panel":
            socket_type, subtype = side.socket_type(item)
            fields[path + "/socket_type"] = socket_type
            if subtype:
                fields[path + "/props/subtype"] = subtype
        item_table(type(item)).read(ctx, item, path + "/props/", fields)
        siblings.setdefault(parent, []).append(member)
    for members in siblings.values():
        for member, key in zip(members, ctx.order_keys(tree, "interface", members)):
            fields[f"{PREFIX}{member}/order"] = key
    return fields


# ---- write


def write_interface(ctx, tree, changes):
    """Apply {id: {path: value}} where the path "" is the item's existence."""
    side = access(ctx, tree)
    items = {member_id(ctx, tree, key): item for key, _, _, item in side.items()}
    before = set(items)
    for member, fields in changes.items():
        if fields.get("", True) is None and member in items:
            side.remove(items.pop(member))
    for member, fields in sorted(changes.items(), key=lambda change: (change[1].get("") != "panel", change[1].get("order") or "", change[0])):
        if fields.get("") and member not in items:
            _create(ctx, tree, side, items, member, fields)
    items = {member_id(ctx, tree, key): item for key, _, _, item in side.items()}  # adding items moves them in memory
    if not before.issuperset(items):
        ctx.changed_within(tree)  # users' values and links, and what is in a panel, may have come before
    for member, fields in changes.items():
        if fields.get("parent") is not None and fields["parent"] not in items:
            ctx.want(ctx.id_of(tree), tree, f"{PREFIX}{member}/parent")
        if member in items:
            _write_item(ctx, tree, side, items[member], fields, PREFIX + member)
    for member, fields in changes.items():
        if fields.get("order"):
            ctx.bind_order(tree, "interface", member, fields["order"])
    if any("order" in fields or "parent" in fields for fields in changes.values()):
        _arrange(ctx, tree, side, {member: fields["parent"] for member, fields in changes.items() if "parent" in fields})


def _create(ctx, tree, side, items, member, fields):
    before = {key for key, _, _, _ in side.items()}
    parent = items.get(fields.get("parent"))
    socket_type = fields.get("socket_type") or "NodeSocketFloat"
    try:
        item = side.new(fields[""], fields.get("name") or "", socket_type, fields.get("props/subtype"), parent)
    except rna.REFUSED:
        return  # a socket type that this Blender does not know
    for key, _, _, made in side.items():
        if item is not None and key not in before:
            ctx.bind_member(tree, "interface", key, member)
            items[member] = made


def _write_item(ctx, tree, side, item, fields, path):
    if fields.get("name") is not None:
        _rename(ctx, tree, side, item, fields["name"])
    if fields.get("socket_type") and side.socket_type(item)[0] != fields["socket_type"]:
        item = side.retype(item, fields["socket_type"])
    # Limits first, since the value is clamped to them.
    for name in sorted((name for name in fields if name.startswith("props/")), key=lambda name: name == "props/default_value"):
        item_table(type(item)).write(ctx, tree, item, name[len("props/"):], fields[name], f"{path}/{name}")


def _rename(ctx, tree, side, item, name):
    """A panel may be known by its name, so its id is bound again."""
    pointer = item.as_pointer()
    before = next(key for key, _, _, other in side.items() if other.as_pointer() == pointer)
    member = member_id(ctx, tree, before)
    rna.put(item, "name", name)
    after = next(key for key, _, _, other in side.items() if other.as_pointer() == pointer)
    if after != before:
        ctx.bind_member(tree, "interface", after, member)


def _arrange(ctx, tree, side, new_parents):
    """Put every item below its parent and in the order of the keys."""
    current = [(member_id(ctx, tree, key), parent and member_id(ctx, tree, parent), item) for key, _, parent, item in side.items()]
    items = {member: item for member, _, item in current}
    order = dict(zip(items, ctx.known_order(tree, "interface", items)))
    children = {}
    for member, parent, item in current:
        parent = new_parents.get(member, parent)
        children.setdefault(parent if parent in items else None, []).append(member)
    wanted = [(items.get(parent), [items[member] for member in sorted(members, key=lambda m: (order[m], m))]) for parent, members in children.items()]
    side.arrange(wanted)
