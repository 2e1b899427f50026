# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on a mesh's vertices, edges, faces and corners: flags, UV maps, attributes. Layers are known by their names, as in Blender.

Every function returns or takes `{field below at/<topology>/: array}`. A layer that says nothing (no seam, no sharp edge) is absent.
"""

from contextlib import contextmanager

import numpy

from . import KindError
from .arrays import (
    BYTE,
    FLOAT,
    INT,
    check,
    check_layer,
    flags,
    get,
    get_attribute,
    get_flags,
    in_range,
    known,
    put,
    put_attribute,
    put_flags,
    read_layer,
    same,
    write_layer,
)
from .properties import decode_level, encode_level

# Attributes that are fields of their own, or are made from them, or are one user's view: never read or written as attributes.
OWN = {"position", "sharp_face", "sharp_edge", "uv_seam", "material_index", "custom_normal"}
# Names that mean something to Blender are taken only in the form in which it expects them.
FIXED = {
    "crease_edge": ("EDGE", "FLOAT"),
    "crease_vert": ("POINT", "FLOAT"),
    "bevel_weight_edge": ("EDGE", "FLOAT"),
    "bevel_weight_vert": ("POINT", "FLOAT"),
    "freestyle_edge": ("EDGE", "BOOLEAN"),
    "freestyle_face": ("FACE", "BOOLEAN"),
    ".sculpt_face_set": ("FACE", "INT"),
}
MAX_MATERIALS = 32767
UV, ATTRIBUTE = "uv/", "attributes/"


def shareable(name):
    return name not in OWN and (not name.startswith(".") or name in FIXED)


def is_map(attribute):
    return attribute.domain == "CORNER" and attribute.data_type == "FLOAT2"


# ---- reading


def read(mesh, topology, attributes_only):
    found = {"positions": _positions(mesh, topology.counts[0], attributes_only)}
    for field, values in (
        ("smooth", _smooth(mesh, topology, attributes_only)),
        ("sharp_edges", _edge_flags(mesh, topology, attributes_only, ("sharp_edge",), "use_edge_sharp")),
        ("seams", _edge_flags(mesh, topology, attributes_only, ("uv_seam", ".uv_seam"), "use_seam")),
        ("material_index", _material_index(mesh, topology)),
    ):
        if values is not None:
            found[field] = values
    found.update(_maps(mesh, topology, attributes_only))
    for attribute in mesh.attributes:
        if shareable(attribute.name) and known(attribute.data_type) and not is_map(attribute):
            found[attribute_field(attribute)] = read_layer(attribute.data, attribute.data_type, topology.count(attribute.domain))
    if not attributes_only:
        found.update(_classic_weights(mesh, topology))
    return found


def tell_apart(mesh):
    """Joined objects can leave Blender 3.4 and 4.3 with attributes that are called alike: the one that outranks the others keeps the name, as
    newer versions have it, and the others are given another."""
    while True:
        best = {}
        for layer in sorted(mesh.attributes, key=lambda layer: _rank(layer.domain, layer.data_type)):
            lesser = best.get(layer.name)
            if lesser is not None:
                lesser.name = f"{layer.name}.001"  # which moves the others in memory
                break
            best[layer.name] = layer
        else:
            return


def attribute_field(attribute):
    return f"{ATTRIBUTE}{attribute.domain.lower()}/{attribute.data_type.lower()}/{encode_level(attribute.name)}"


def _positions(mesh, count, attributes_only):
    if attributes_only:
        return get_attribute(mesh, "position", "vector", count * 3, FLOAT)
    return get(mesh.vertices, "co", count * 3, FLOAT)


def _smooth(mesh, topology, attributes_only):
    faces = topology.counts[3]
    if not attributes_only:
        return flags(get_flags(mesh, mesh.polygons, "use_smooth", faces))
    sharp = mesh.attributes.get("sharp_face")
    if sharp is None:
        return numpy.ones(faces, BYTE) if faces else None
    return flags(~get(sharp.data, "value", faces, "?"))


def _edge_flags(mesh, topology, attributes_only, layer_names, prop):
    edges = topology.counts[1]
    if not attributes_only:
        return flags(get_flags(mesh, mesh.edges, prop, edges))
    layer = next((mesh.attributes[name] for name in layer_names if name in mesh.attributes), None)
    return None if layer is None else flags(get(layer.data, "value", edges, "?"))


def _material_index(mesh, topology):
    layer = mesh.attributes.get("material_index")
    if layer is None:
        return None
    values = get(layer.data, "value", topology.counts[3], INT)
    return values if values.any() else None


def _maps(mesh, topology, attributes_only):
    corners = topology.counts[2]
    if attributes_only:
        return {UV + encode_level(a.name): get(a.data, "vector", corners * 2, FLOAT) for a in mesh.attributes if is_map(a) and shareable(a.name)}
    found = {UV + encode_level(a.name): get(a.data, "vector", corners * 2, FLOAT) for a in mesh.attributes if is_map(a)}
    found.update((UV + encode_level(layer.name), get(layer.data, "uv", corners * 2, FLOAT)) for layer in mesh.uv_layers)
    return found


def classic_edited(mesh, arrays):
    """Whether what Blender 3.4 lets scripts change without an event, positions and UV maps, is not what was read last: `arrays`."""
    if not same(get(mesh.vertices, "co", len(mesh.vertices) * 3, FLOAT), arrays.get("positions")):
        return True
    return any(
        not same(get(layer.data, "uv", len(layer.data) * 2, FLOAT), arrays.get(UV + encode_level(layer.name))) for layer in mesh.uv_layers
    )


# ---- Blender before attributes: weights that later became attributes of fixed names

CLASSIC = {  # name → (flag of the mesh, collection, property)
    "crease_edge": ("has_crease_edge", "edges", "crease"),
    "bevel_weight_edge": ("has_bevel_weight_edge", "edges", "bevel_weight"),
    "bevel_weight_vert": ("has_bevel_weight_vertex", "vertices", "bevel_weight"),
}


def _classic_weights(mesh, topology):
    found = {}
    for name, (flag, collection, prop) in CLASSIC.items():
        if getattr(mesh, flag):
            domain, _ = FIXED[name]
            found[f"{ATTRIBUTE}{domain.lower()}/float/{name}"] = get(getattr(mesh, collection), prop, topology.count(domain), FLOAT)
    if mesh.has_crease_vertex:
        found[ATTRIBUTE + "point/float/crease_vert"] = get(mesh.vertex_creases[0].data, "value", topology.counts[0], FLOAT)
    return found


def _write_classic_weight(mesh, name, values, ops):
    if name == "crease_vert":
        if mesh.has_crease_vertex != (values is not None):
            ops(mesh, "customdata_crease_vertex_add" if values is not None else "customdata_crease_vertex_clear")
        if values is not None:
            put(mesh.vertex_creases[0].data, "value", values)
        return
    flag, collection, prop = CLASSIC[name]
    if values is not None:
        put(getattr(mesh, collection), prop, values)
    elif getattr(mesh, flag):
        ops(mesh, {"crease_edge": "customdata_crease_edge_clear", "bevel_weight_edge": "customdata_bevel_weight_edge_clear",
                   "bevel_weight_vert": "customdata_bevel_weight_vertex_clear"}[name])


# ---- writing


def write(mesh, topology, field, values, attributes_only, generic, ops):
    """One layer; None removes it. `generic`: names of two-number corner layers that are no UV maps (Blender 3.4 knows the difference)."""
    if field.startswith(UV):
        _write_map(mesh, topology, field, values, attributes_only, generic)
    elif field.startswith(ATTRIBUTE):
        _write_attribute(mesh, topology, field, values, attributes_only, ops)
    elif field in PLAIN:
        PLAIN[field](mesh, topology, field, values, attributes_only)


def _write_positions(mesh, topology, field, values, attributes_only):
    if values is None:
        return
    values = check(field, values, FLOAT, topology.counts[0] * 3)
    if not numpy.isfinite(values).all():
        values = numpy.nan_to_num(values, posinf=0, neginf=0)
    if attributes_only:
        put_attribute(mesh, "position", "vector", values)
    else:
        put(mesh.vertices, "co", values)


def _write_smooth(mesh, topology, field, values, attributes_only):
    faces = topology.counts[3]
    smooth = numpy.zeros(faces, BYTE) if values is None else check(field, values, BYTE, faces)
    if not attributes_only:
        put_flags(mesh, mesh.polygons, "use_smooth", smooth != 0)
    elif smooth.all():
        _remove(mesh, "sharp_face")
    else:
        put(ensure(mesh, field, "sharp_face", "FACE", "BOOLEAN").data, "value", smooth == 0)


def _edge_writer(layer_names, prop):
    def write_flags(mesh, topology, field, values, attributes_only):
        edges = topology.counts[1]
        if attributes_only and values is None:
            for name in layer_names:
                _remove(mesh, name)
            return
        chosen = numpy.zeros(edges, "?") if values is None else check(field, values, BYTE, edges) != 0
        layer = next((mesh.attributes[name] for name in layer_names if name in mesh.attributes), None) if attributes_only else None
        if layer is not None:
            put(layer.data, "value", chosen)
        else:
            put_flags(mesh, mesh.edges, prop, chosen)

    return write_flags


def _write_material_index(mesh, topology, field, values, attributes_only):
    faces = topology.counts[3]
    values = numpy.zeros(faces, INT) if values is None else check(field, values, INT, faces)
    in_range(field, values, 0, MAX_MATERIALS)
    _put_material_index(mesh, values)


@contextmanager
def keeping_material_index(mesh):
    """Blender gives the faces of a slot that is taken away another. That is for whoever took it to say: undo takes it away and does not."""
    layer = mesh.attributes.get("material_index")
    values = None if layer is None else get(layer.data, "value", len(mesh.polygons), INT)
    yield
    if values is not None:
        _put_material_index(mesh, values)


def _put_material_index(mesh, values):
    layer = mesh.attributes.get("material_index")
    if layer is not None:
        put(layer.data, "value", values)
    elif values.any():
        put(mesh.polygons, "material_index", values)


PLAIN = {
    "positions": _write_positions,
    "smooth": _write_smooth,
    "sharp_edges": _edge_writer(("sharp_edge",), "use_edge_sharp"),
    "seams": _edge_writer(("uv_seam", ".uv_seam"), "use_seam"),
    "material_index": _write_material_index,
}


def _write_map(mesh, topology, field, values, attributes_only, generic):
    name = decode_level(field[len(UV):])
    if not shareable(name):
        raise KindError(field, "is a name that Blender uses itself", "choose another name")
    if values is None:
        layer = mesh.uv_layers.get(name)
        if layer is not None:
            _remove_layer(mesh.uv_layers, layer)
        else:
            _remove(mesh, name)
        return
    values = check(field, values, FLOAT, topology.counts[2] * 2)
    if not attributes_only and name in mesh.uv_layers:
        put(mesh.uv_layers[name].data, "uv", values)
    elif not attributes_only and name not in generic and not (name in mesh.attributes and is_map(mesh.attributes[name])):
        _new_map(mesh, name, values)
    elif not _outranked(mesh, name, "CORNER", "FLOAT2"):
        layer = ensure(mesh, field, name, "CORNER", "FLOAT2")
        if layer is not None:
            put(layer.data, "vector", values)


def _new_map(mesh, name, values):
    layer = mesh.uv_layers.new(name=name, do_init=False)
    if layer is None:
        return  # this Blender holds eight
    if layer.name != name:
        _remove_layer(mesh.uv_layers, layer)  # nor can it hold this name
        return
    put(layer.data, "uv", values)


def _write_attribute(mesh, topology, field, values, attributes_only, ops):
    domain, data_type, name = parse(field)
    if not attributes_only and name in FIXED and name in CLASSIC or name == "crease_vert" and not attributes_only:
        if values is not None:
            values = check(field, values, FLOAT, topology.count(domain))
        _write_classic_weight(mesh, name, values, ops)
        return
    if values is None:
        layer = mesh.attributes.get(name)
        if layer is not None and (layer.domain, layer.data_type) == (domain, data_type):
            _remove(mesh, name)
        return
    if not known(data_type) or data_type not in _types(mesh):
        return  # this Blender has no such type
    values = check_layer(field, data_type, values, topology.count(domain))
    if _outranked(mesh, name, domain, data_type):
        return
    layer = ensure(mesh, field, name, domain, data_type)
    if layer is not None:
        write_layer(layer.data, data_type, values)


def parse(field):
    """(domain, type, name) of `attributes/<domain>/<type>/<name>`, or a KindError for what Blender must not be given."""
    levels = field[len(ATTRIBUTE):].split("/")
    if len(levels) != 3:
        raise KindError(field, "is not attributes/<domain>/<type>/<name>")
    domain, data_type, name = levels[0].upper(), levels[1].upper(), decode_level(levels[2])
    if domain not in ("POINT", "EDGE", "FACE", "CORNER"):
        raise KindError(field, "names no domain of a mesh")
    if not shareable(name) or FIXED.get(name, (domain, data_type)) != (domain, data_type):
        raise KindError(field, "is a name that Blender uses for something else", "choose another name")
    return domain, data_type, name


def _types(mesh):
    new = mesh.attributes.bl_rna.functions["new"]
    return new.parameters["type"].enum_items


def _outranked(mesh, name, domain, data_type):
    """Of layers that two people have called alike at once every Blender keeps the same one, whichever comes first: a map before all others."""
    layer = mesh.attributes.get(name)
    return layer is not None and _rank(layer.domain, layer.data_type) > _rank(domain, data_type)


def _rank(domain, data_type):
    return (domain, data_type) == ("CORNER", "FLOAT2"), domain, data_type


def ensure(mesh, field, name, domain, data_type):
    """The attribute of this name and form, made anew when it has another form; None when this Blender cannot hold the name."""
    layer = mesh.attributes.get(name)
    if layer is not None and (layer.domain, layer.data_type) == (domain, data_type):
        return layer
    if layer is not None:
        _remove_layer(mesh.attributes, layer)
    with _map_aside(mesh, name):
        layer = mesh.attributes.new(name, data_type, domain) or mesh.attributes.new("scenesync", data_type, domain)
        if layer.name != name:
            layer.name = name  # the name of a vertex group is only given by renaming
    if layer.name != name:
        _remove_layer(mesh.attributes, layer)
        return None
    return layer


@contextmanager
def _map_aside(mesh, name):
    """In Blender 3.4 an attribute may be called like a UV map, but only if it was there first."""
    if name not in mesh.uv_layers:
        yield
        return
    index = mesh.uv_layers.find(name)
    mesh.uv_layers[index].name = "scenesync"
    yield
    mesh.uv_layers[index].name = name  # found anew: a new layer moves the others in memory


def _remove(mesh, name):
    layer = mesh.attributes.get(name)
    if layer is not None:
        _remove_layer(mesh.attributes, layer)


def _remove_layer(layers, layer):
    """Under a name that nothing else has: of a layer and a vertex group that are called alike Blender removes the group."""
    layer.name = "scenesync"
    layers.remove(layer)
