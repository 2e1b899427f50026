# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields into a node tree: exactly those that are given. One value sets one socket; a whole tree is built in two batches.

Nodes and their properties come first, as they decide which sockets there are; then values and links.
"""

from .. import rna
from ..properties import decode_level
from . import batch, interface, plan, structs
from .names import GROUP_ENDS, STANDS_IN, Naming
from .read import known_nodes, links, node_ids, read_nodes

DIRECT = 8  # so many changed nodes and links are written one by one


def split(fields):
    """({node: {path: value}}, {link: value}, {interface item: {path: value}}) of the fields that are a tree's; path "" is existence."""
    nodes, linked, items = {}, {}, {}
    for field, value in fields.items():
        first, _, rest = field.partition("/")
        if first == "links":
            linked[rest] = value
        elif first in {"nodes", "interface"}:
            member, _, path = rest.partition("/")
            (nodes if first == "nodes" else items).setdefault(member, {})[path] = value
    return nodes, linked, items


def write_tree(ctx, owner, tree, nodes, linked):
    """Apply what `split` found."""
    writer = Writer(ctx, owner, tree)
    if len(nodes) + len(linked) <= DIRECT:
        writer.write_nodes(nodes)
        writer.write_values(nodes)
        writer.write_links(linked)
        return
    batch.run(ctx.data, lambda: writer.write_nodes(nodes))
    batch.flush(tree)
    batch.run(ctx.data, lambda: (writer.write_values(nodes), writer.write_links(linked)))
    batch.flush(tree)


class Writer:
    def __init__(self, ctx, owner, tree):
        self.ctx = ctx
        self.owner = owner
        self.tree = tree
        self.nodes = {}  # id → node
        self.cut = {}  # id → value of the links of nodes that have been replaced
        known = known_nodes(tree)
        for node, member in zip(known, node_ids(ctx, owner, known).values()):
            self.nodes[member] = node

    # ---- nodes

    def write_nodes(self, changes):
        others = [member for member, fields in changes.items() if member in self.nodes and "" in fields and not self._is(member, fields[""])]
        self._hold([member for member in others if changes[member][""]], changes)
        for member in others:
            self._remove(member)
        created = [member for member, fields in changes.items() if fields.get("") and member not in self.nodes]
        naming = self._naming()
        for member in created:
            self._create(naming, member, changes[member])
        if created:
            self.ctx.changed_within(self.owner)  # links and members of frames may have come before
        self._rename({m: fields["name"] for m, fields in changes.items() if fields.get("name") and m in self.nodes})
        known = [(member, fields) for member, fields in changes.items() if member in self.nodes]
        for member, fields in known:
            if "parent" in fields:
                self._set_parent(member, fields["parent"])
        for member, fields in known:
            self._write_properties(member, fields)
        self._move({member: fields["location"] for member, fields in known if _is_place(fields.get("location"))})
        for member, fields in known:
            if fields.get("paired"):
                self._pair(member, fields["paired"])

    def _is(self, member, node_type):
        return self.nodes[member].bl_idname in {node_type, STANDS_IN.get(node_type)}

    def _remove(self, member):
        self.tree.nodes.remove(self.nodes.pop(member))

    def _hold(self, members, changes):
        """Nodes of other types take the place of these: what is not said of them stays as it was."""
        if not members:
            return
        held, _, _ = split(read_nodes(self.ctx, self.owner, self.tree, members))
        for member in members:
            changes[member] = {**held[member], **changes[member]}
        for found, (value, _) in self._existing(self._naming()).items():
            if value["from_node"] in members or value["to_node"] in members:
                self.cut[found] = value

    def _create(self, naming, member, fields):
        try:
            node = self.tree.nodes.new(fields[""])
        except RuntimeError:
            return  # a type that this Blender does not know
        self.nodes[member] = node
        _clear_outputs(naming, node)
        name = fields.get("name")
        if name and plan.name_of(node) != name and name not in self.tree.nodes:
            self._call(node, name)
        self.ctx.bind_member(self.owner, "nodes", plan.name_of(node), member)

    def _call(self, node, name):
        if plan.of(type(node)).has_name:
            node.name = name

    def _rename(self, names):
        """Names are unique in a tree, so those that change places first get out of the way."""
        names = {member: name for member, name in names.items() if plan.name_of(self.nodes[member]) != name}
        if any(name in self.tree.nodes for name in names.values()):
            for member in names:
                self._call(self.nodes[member], f"{member} renamed")
        for member, name in names.items():
            holder = self.tree.nodes.get(name)
            if holder is not None:
                self._give_way(member, holder, name)
            self._call(self.nodes[member], name)
            self.ctx.bind_member(self.owner, "nodes", plan.name_of(self.nodes[member]), member)

    def _give_way(self, member, holder, name):
        """Two were called alike at once: the one of the lesser id keeps the name, wherever they meet, and how Blender calls the other is an edit."""
        other = next((known for known, node in self.nodes.items() if node == holder), None)
        if other is None:
            return  # of a type that this Blender does not know: the others have their own way with it
        if member < other:
            self._call(holder, f"{other} renamed")
            self._call(self.nodes[member], name)
            self._call(holder, name)
            self.ctx.bind_member(self.owner, "nodes", plan.name_of(holder), other)
        self.ctx.follow(self.owner, f"nodes/{max(member, other)}/name")

    def _set_parent(self, member, parent_id):
        node, parent = self.nodes[member], self.nodes.get(parent_id)
        if parent_id is not None and parent is None:
            self._wait(f"nodes/{member}/parent", parent_id)
        elif node.parent != parent and parent != node:
            node.parent = parent

    def _move(self, places):
        if len(places) <= DIRECT:
            for member, place in places.items():
                rna.put(self.nodes[member], "location", place)
            return
        # All at once, as moving one node costs a look at all of them in newer versions.
        by_name = {plan.name_of(self.nodes[member]): place for member, place in places.items()}
        locations = [0.0] * (2 * len(self.tree.nodes))
        self.tree.nodes.foreach_get("location", locations)
        for index, node in enumerate(self.tree.nodes):
            place = by_name.get(plan.name_of(node))
            if place is not None:
                locations[2 * index:2 * index + 2] = place
        self.tree.nodes.foreach_set("location", locations)

    def _pair(self, member, output_id):
        node, output = self.nodes[member], self.nodes.get(output_id)
        if output is None:
            self._wait(f"nodes/{member}/paired", output_id)
        elif getattr(node, "paired_output", output) != output:
            node.pair_with_output(output)

    def _write_properties(self, member, fields):
        node = self.nodes[member]
        layout = plan.of(type(node))
        for path, value in fields.items():
            first, _, rest = path.partition("/")
            if first == "props":
                self._write_property(node, layout, rest, value, f"nodes/{member}/{path}")
            elif path in plan.BASE and path != "location":
                layout.base.write(self.ctx, self.owner, node, path, value, path)

    def _write_property(self, node, layout, path, value, field):
        name, _, rest = path.partition("/")
        if rest and name in layout.structs:
            structs.write(self.ctx, self.owner, getattr(node, name), rest, value, field)
        elif name in layout.items and value is not None:
            structs.write_items(getattr(node, name), value)
        elif name in layout.hiding and value is not None:
            rna.put(node, layout.hiding[name], value)
        else:
            layout.table.write(self.ctx, self.owner, node, name, value, field)

    # ---- values

    def write_values(self, changes):
        naming = self._naming()
        for member, fields in changes.items():
            if member not in self.nodes:
                continue
            for side in ("inputs", "outputs"):
                prefix = side + "/"
                values = {path[len(prefix):]: value for path, value in fields.items() if path.startswith(prefix)}
                if values:
                    self._write_side(naming, member, side, values)

    def _write_side(self, naming, member, side, values):
        node = self.nodes[member]
        sockets = dict(naming.sockets(node, side == "outputs"))
        for level, value in values.items():
            socket = sockets.get(decode_level(level))
            field = f"nodes/{member}/{side}/{level}"
            if socket is None:
                self._wait(field, member)
            elif value is None and side == "outputs" and plan.is_set(socket):
                plan.clear(socket)
            else:
                self._write_value(socket, value, field)

    def _write_value(self, socket, value, field):
        how = plan.holds(type(socket))
        if how == plan.REFERENCE:
            kind = rna.reference_to(type(socket), "default_value")
            rna.write_reference(self.ctx, self.owner, socket, "default_value", value, field, kind)
        elif how is not None and value is not None:
            rna.put(socket, "default_value", value)

    def _wait(self, field, *members):
        """What `field` needs of these nodes is not there yet: the node itself, or a socket of a group. It is written again when it is."""
        for member in members:
            missing = self._missing(member)
            if missing is not None:
                self.ctx.want(missing, self.owner, field)
                return

    def _missing(self, member):
        """The UUID of the datablock that will bring a node or its sockets."""
        node = self.nodes.get(member)
        if node is None or node.bl_idname in GROUP_ENDS:
            return self.ctx.id_of(self.owner)
        if not hasattr(node, "node_tree"):
            return None
        if node.node_tree is not None:
            return self.ctx.id_of(node.node_tree)
        return self.ctx.wanted_by(self.owner, f"nodes/{member}/props/node_tree")

    # ---- links

    def write_links(self, changes):
        changes = {**self.cut, **changes}
        if not changes:
            return
        naming = self._naming()
        existing = self._existing(naming)
        for found, value in changes.items():
            if value is None and found in existing:
                self.tree.links.remove(existing[found][1])
        sockets = {}
        for found, value in sorted(changes.items(), key=_place):
            if isinstance(value, dict) and (found not in existing or existing[found][0] != value):
                self._link(naming, sockets, found, value)

    def _existing(self, naming):
        """{id: (value, link)} of the links there are."""
        ids = {plan.name_of(node): member for member, node in self.nodes.items()}
        return {found: (value, link) for found, value, link in links(naming, ids, self.tree)} if len(self.tree.links) else {}

    def _link(self, naming, sockets, found, value):
        start = self._socket(naming, sockets, value.get("from_node"), value.get("from_socket"), True)
        end = self._socket(naming, sockets, value.get("to_node"), value.get("to_socket"), False)
        if start is None or end is None:
            ends = (value.get("from_node"), start), (value.get("to_node"), end)
            self._wait("links/" + found, *(node for node, socket in ends if socket is None and isinstance(node, str)))
            return
        link = self.tree.links.new(start, end)
        if link is not None and link.is_muted != bool(value.get("muted")):
            link.is_muted = bool(value.get("muted"))

    def _socket(self, naming, sockets, member, name, outputs):
        if member not in self.nodes:
            return None
        if (member, outputs) not in sockets:
            sockets[member, outputs] = dict(naming.sockets(self.nodes[member], outputs))
        return sockets[member, outputs].get(name)

    def _naming(self):
        return Naming(self.tree, interface.names(self.ctx))


def _clear_outputs(naming, node):
    """What a new node holds in outputs that only pass on what it computes depends on the version of Blender; no value means zero."""
    if node.bl_idname not in plan.HOLDS_OUTPUT and naming.by_type(node, node.bl_idname):
        for output in filter(plan.is_set, node.outputs):
            plan.clear(output)


def _is_place(value):
    return isinstance(value, list) and len(value) == 2 and all(isinstance(number, (int, float)) for number in value)


def _place(change):
    value = change[1]
    return value.get("place", 0) if isinstance(value, dict) else 0
