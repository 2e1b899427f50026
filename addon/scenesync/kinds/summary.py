# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface of a material in a dozen numbers and images, for tools that have no nodes.

Worked out from the node that shades the surface. A number that an image drives is left out, the image being named instead. Who changes the
nodes sends the summary along; a summary that comes alone is a tool's, and sets the sockets that it was worked out from.
"""

from . import rna
from .nodes.names import RENAMED

# Summary → socket of the principled shader, by its newest name.
SOCKETS = {
    "base_color": "Base Color",
    "metallic": "Metallic",
    "roughness": "Roughness",
    "emission": "Emission Color",
    "emission_strength": "Emission Strength",
    "alpha": "Alpha",
    "ior": "IOR",
}
COLORS = frozenset({"base_color", "emission"})
# Shaders that stand for a whole surface: {bl_idname: {summary: socket}}.
SHADERS = {
    "ShaderNodeBsdfPrincipled": SOCKETS,
    "ShaderNodeBsdfDiffuse": {"base_color": "Color", "roughness": "Roughness"},
    "ShaderNodeBsdfGlossy": {"base_color": "Color", "roughness": "Roughness"},
    "ShaderNodeBsdfAnisotropic": {"base_color": "Color", "roughness": "Roughness"},
    "ShaderNodeBsdfGlass": {"base_color": "Color", "roughness": "Roughness", "ior": "IOR"},
    "ShaderNodeEmission": {"emission": "Color", "emission_strength": "Strength"},
}
# What a shader that is not principled says about the rest.
IMPLIED = {
    "ShaderNodeBsdfDiffuse": {"metallic": 0.0, "alpha": 1.0},
    "ShaderNodeBsdfGlossy": {"metallic": 1.0, "alpha": 1.0},
    "ShaderNodeBsdfAnisotropic": {"metallic": 1.0, "alpha": 1.0},
    "ShaderNodeBsdfGlass": {"metallic": 0.0},
    "ShaderNodeEmission": {"base_color": [0.0, 0.0, 0.0], "alpha": 1.0},
}
MIXERS = frozenset({"ShaderNodeMixShader", "ShaderNodeAddShader"})
DEEPEST = 16


NAMES = frozenset(name + end for name in SOCKETS for end in ("", "_image", "_channel")) | {"normal_image", "normal_strength"}


def read(ctx, block):
    """{field: value}"""
    tree = block.node_tree
    if not _is_used(ctx, tree, block):
        color = list(block.diffuse_color)
        return {"base_color": color[:3], "alpha": color[3], "metallic": block.metallic, "roughness": block.roughness}
    feeds = {link.to_socket.as_pointer(): link for link in tree.links if link.is_valid and not link.is_muted}
    shader = _shader(tree, feeds)
    if shader is None:
        return {}
    fields = dict(IMPLIED.get(shader.bl_idname, {}))
    for name, socket in _sockets(shader).items():
        _read_socket(ctx, feeds, name, socket, fields)
    _read_normal(ctx, feeds, shader, fields)
    return fields


def write(ctx, block, fields):
    """Set the sockets behind those of `fields` that are a summary."""
    given = {name: fields[name] for name in SOCKETS if fields.get(name) is not None}
    if not given:
        return
    tree = block.node_tree
    if not _is_used(ctx, tree, block):
        _write_display(block, given)
        return
    feeds = {link.to_socket.as_pointer(): link for link in tree.links}
    shader = _shader(tree, feeds)
    sockets = _sockets(shader) if shader is not None else {}
    for name, value in given.items():
        if name in sockets:
            _write_socket(ctx, block, feeds, name, sockets[name], value)


def _is_used(ctx, tree, block):
    return tree is not None and (not ctx.caps.use_nodes or block.use_nodes)


def _write_display(block, given):
    color = list(block.diffuse_color)
    block.diffuse_color = [*given.get("base_color", color[:3])[:3], given.get("alpha", color[3])]
    for name in ("metallic", "roughness"):
        if name in given:
            setattr(block, name, given[name])


# ---- finding the shader and what feeds it


def _shader(tree, feeds):
    """The node that shades the surface: behind the active output, through reroutes, and the first known one of a mix."""
    output = tree.get_output_node("ALL") or tree.get_output_node("EEVEE") or tree.get_output_node("CYCLES")
    surface = output.inputs.get("Surface") if output is not None else None
    return _find(feeds, surface, DEEPEST) if surface is not None else None


def _find(feeds, socket, depth):
    node = _source(feeds, socket)[0]
    if node is None or depth == 0 or node.bl_idname in SHADERS:
        return node if node is None or node.bl_idname in SHADERS else None
    if node.bl_idname in MIXERS:
        for shader in node.inputs:
            if shader.type == "SHADER":
                found = _find(feeds, shader, depth - 1)
                if found is not None:
                    return found
    return None


def _source(feeds, socket):
    """(node, socket) that feeds an input, seen through reroutes; (None, None) when nothing does."""
    for _ in range(DEEPEST):
        link = feeds.get(socket.as_pointer())
        if link is None:
            return None, None
        if link.from_node.bl_idname != "NodeReroute":
            return link.from_node, link.from_socket
        socket = link.from_node.inputs[0]
    return None, None


def _sockets(shader):
    """{summary: socket}"""
    renamed = RENAMED.get(shader.bl_idname, {})
    by_name = {renamed.get(socket.identifier, socket.identifier): socket for socket in shader.inputs}
    return {name: by_name[socket] for name, socket in SHADERS[shader.bl_idname].items() if socket in by_name}


# ---- one socket


def _read_socket(ctx, feeds, name, socket, fields):
    node, output = _source(feeds, socket)
    if node is None:
        value = socket.default_value
        fields[name] = list(value)[:3] if name in COLORS else value
        return
    if node.bl_idname in {"ShaderNodeRGB", "ShaderNodeValue"}:
        value = node.outputs[0].default_value
        is_color = node.bl_idname == "ShaderNodeRGB"
        if is_color == (name in COLORS):
            fields[name] = list(value)[:3] if is_color else value
        return
    image, channel = _image(feeds, node, output, DEEPEST)
    _name_image(ctx, image, channel, name, fields)


def _name_image(ctx, image, channel, name, fields):
    uuid = ctx.id_of(image)
    if uuid is not None:
        fields[name + "_image"] = uuid
        if channel:
            fields[name + "_channel"] = channel


def _image(feeds, node, output, depth):
    """(image, channel) behind a node, as far as what is between keeps it recognisable."""
    if node is None or depth == 0:
        return None, None
    if node.bl_idname in {"ShaderNodeTexImage", "ShaderNodeTexEnvironment"}:
        return node.image, "A" if output.identifier == "Alpha" else None
    if node.bl_idname in {"ShaderNodeSeparateColor", "ShaderNodeSeparateRGB", "ShaderNodeSeparateXYZ"}:
        image, _ = _image(feeds, *_source(feeds, node.inputs[0]), depth - 1)
        return image, "RGB"[list(node.outputs).index(output)]
    for socket in node.inputs:
        found = _image(feeds, *_source(feeds, socket), depth - 1)
        if found[0] is not None:
            return found
    return None, None


def _read_normal(ctx, feeds, shader, fields):
    socket = shader.inputs.get("Normal")
    node, output = _source(feeds, socket) if socket is not None else (None, None)
    if node is None:
        return
    image, _ = _image(feeds, node, output, DEEPEST)
    _name_image(ctx, image, None, "normal", fields)
    if image is not None and node.bl_idname == "ShaderNodeNormalMap":
        fields["normal_strength"] = node.inputs["Strength"].default_value


def _write_socket(ctx, block, feeds, name, socket, value):
    """Through the node that holds the value, if there is one; what is computed stays."""
    node, _ = _source(feeds, socket)
    if node is not None:
        wanted = "ShaderNodeRGB" if name in COLORS else "ShaderNodeValue"
        if node.bl_idname != wanted:
            return
        socket = node.outputs[0]
    if name in COLORS:
        value = [*value[:3], socket.default_value[3]]
    if rna.put(socket, "default_value", value):
        member = ctx.member_id(block, "nodes", socket.node.name)
        renamed = RENAMED.get(socket.node.bl_idname, {}).get(socket.identifier, socket.identifier)
        ctx.follow(block, f"nodes/{member}/{'outputs' if socket.is_output else 'inputs'}/{renamed}")
