# SPDX-License-Identifier: GPL-3.0-or-later
"""A node tree as fields. Runs often, so nothing is looked up twice: see plan.py."""

from functools import lru_cache
from hashlib import sha256

from .. import rna
from ..properties import encode_level
from . import interface, plan, structs
from .names import Naming

SIDES = frozenset({"inputs", "outputs"})
encode = lru_cache(maxsize=4096)(encode_level)


def read_tree(ctx, owner, tree):
    """{field: value} of the nodes and links of a tree; `owner` is the datablock that it belongs to."""
    fields = {}
    naming = Naming(tree, interface.names(ctx))
    nodes = known_nodes(tree)
    ids = node_ids(ctx, owner, nodes)
    for node, (name, member) in zip(nodes, ids.items()):
        path = f"nodes/{member}"
        fields[path + "/name"] = name
        _read_node(ctx, naming, ids, node, path, fields)
    for link_id, value, _ in links(naming, ids, tree):
        fields["links/" + link_id] = value
    return fields


def touched(names):
    """The nodes that these fields are values of; None when they may change more than those, such as which sockets and links there are."""
    members = set()
    for name in names:
        levels = name.split("/")
        if levels[0] != "nodes" or len(levels) < 3 or not (levels[2] in SIDES or name.endswith("/" + levels[2]) and levels[2] in plan.BASE):
            return None
        members.add(levels[1])
    return members


def read_nodes(ctx, owner, tree, members):
    """What `read_tree` gives of these nodes; None for a node that is not there."""
    fields = dict.fromkeys(f"nodes/{member}" for member in members)
    naming = Naming(tree, interface.names(ctx))
    nodes = known_nodes(tree)
    ids = node_ids(ctx, owner, nodes)
    for node, (name, member) in zip(nodes, ids.items()):
        if member in members:
            path = f"nodes/{member}"
            _read_node(ctx, naming, ids, node, path, fields)
            fields[path + "/name"] = name
    return fields


def known_nodes(tree):
    """Nodes that this Blender has the types of."""
    return [node for node in tree.nodes if node.bl_idname not in plan.UNDEFINED]


def node_ids(ctx, owner, nodes):
    """{name: id} of nodes, in order."""
    names = [plan.name_of(node) for node in nodes]
    return dict(zip(names, ctx.member_ids(owner, "nodes", names, [node.bl_idname for node in nodes])))


def _read_node(ctx, naming, ids, node, path, fields):
    node_type = node.bl_idname
    fields[path] = node_type
    layout = plan.of(type(node))
    layout.base.read(ctx, node, path + "/", fields)
    if node.parent is not None:
        fields[path + "/parent"] = ids[node.parent.name]
    props = path + "/props/"
    for name, here in layout.hiding.items():
        fields[props + name] = rna.plain(getattr(node, here))
    layout.table.read(ctx, node, props, fields)
    if plan.is_lost(getattr(node, "node_tree", None)):
        fields.pop(props + "node_tree", None)
    for name, kind in layout.structs.items():
        struct = getattr(node, name)
        if struct is not None:
            structs.read(ctx, kind, struct, f"{props}{name}/", fields)
    for name in layout.items:
        fields[props + name] = structs.read_items(getattr(node, name))
    if layout.pairs and node.paired_output is not None:
        fields[path + "/paired"] = ids[node.paired_output.name]
    if node_type not in plan.VALUELESS:
        _read_sockets(ctx, naming, node, node_type, path, fields)


def _read_sockets(ctx, naming, node, node_type, path, fields):
    prefix = path + "/inputs/"
    if naming.differs(node, node_type):
        for name, socket in naming.sockets(node):
            _read_value(ctx, socket, prefix + encode(name), fields)
    else:
        for socket in node.inputs:
            how = plan.holds(type(socket))
            if how == plan.PLAIN:
                fields[prefix + encode(socket.identifier)] = socket.default_value
            elif how is not None:
                _read_value(ctx, socket, prefix + encode(socket.identifier), fields)
    if node_type in plan.HOLDS_OUTPUT:
        for name, socket in naming.sockets(node, outputs=True):
            _read_value(ctx, socket, f"{path}/outputs/{encode(name)}", fields)
    elif naming.by_type(node, node_type):
        for name, socket in naming.sockets(node, outputs=True):
            if plan.is_set(socket):
                fields[f"{path}/outputs/{encode(name)}"] = list(socket.default_value)


def _read_value(ctx, socket, field, fields):
    how = plan.holds(type(socket))
    if how is not None:
        value = plan.value_of(ctx, socket, how)
        if value is not None:
            fields[field] = value


# ---- links


def links(naming, ids, tree):
    """[(id, value, link)] of the links between known nodes. Sockets of nodes without special names are called by their identifiers."""
    special = {}
    multi = {}
    found = []
    for link in tree.links:
        from_node, to_node = link.from_node, link.to_node
        from_id, to_id = ids.get(plan.name_of(from_node)), ids.get(plan.name_of(to_node))
        if from_id is None or to_id is None:
            continue
        from_socket = _name(naming, special, from_node, from_id, link.from_socket, True)
        to_socket = _name(naming, special, to_node, to_id, link.to_socket, False)
        if from_socket is None or to_socket is None:
            continue
        value = {"from_node": from_id, "from_socket": from_socket, "to_node": to_id, "to_socket": to_socket}
        if link.is_muted:
            value["muted"] = True
        if link.to_socket.is_multi_input:
            value["place"] = place(link, multi.setdefault((to_id, to_socket), []))
        found.append((link_id(value), value, link))
    return found


def place(link, earlier):
    """Where a link stands among those into the same socket."""
    earlier.append(link)
    return getattr(link, "multi_input_sort_id", len(earlier) - 1)


def link_id(value):
    """An input takes one link, so it names it, and relinking it is a change of one field. Where it takes many, each goes by both ends."""
    ends = [value["to_node"], value["to_socket"]]
    if "place" in value:
        ends += [value["from_node"], value["from_socket"]]
    return sha256("/".join(ends).encode()).hexdigest()[:16]


def _name(naming, special, node, node_id, socket, outputs):
    key = node_id, outputs
    if key not in special:
        names = None
        if naming.differs(node, node.bl_idname):
            names = {named.identifier: name for name, named in naming.sockets(node, outputs)}
        special[key] = names
    names = special[key]
    return socket.identifier if names is None else names.get(socket.identifier)
