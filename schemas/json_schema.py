# SPDX-License-Identifier: Apache-2.0
"""JSON Schema and AsyncAPI made from the schema, for other people's tools. They describe the JSON notation of README.md."""
import math
import re

DIALECT = "https://json-schema.org/draft/2020-12/schema"
UUID = {"type": "string", "format": "uuid"}
EXT_TYPES = {"f32": 1, "f64": 2, "i32": 3, "u8": 4, "u16": 5, "i64": 6, "f16": 7}


def _object(properties, required):
    return {"type": "object", "properties": properties, "required": sorted(required)}


def _hex(digits=None):
    return {"type": "string", "pattern": f"^[0-9a-f]{{{digits}}}$" if digits else "^([0-9a-f]{2})*$"}


def _bytes(size=None):
    return _object({"$bin": _hex(2 * size if size else None)}, ["$bin"])


NUMBER = {"anyOf": [{"type": "number"}, _object({"$float": {"enum": ["nan", "inf", "-inf", "-0"]}}, ["$float"])]}
BLOB = {"anyOf": [_object({"sha256": _hex(64), "size": {"type": "integer", "minimum": 0}, "type": {"type": "string"}}, ["sha256", "size"]), _bytes()]}


OMITTED = _object({"$omitted": _object({"size": {"type": "integer", "minimum": 0}, "sha256": _hex(64), "ext": {"type": "integer"}}, ["size", "sha256"])},
                  ["$omitted"])


def _array(spec):
    ext = EXT_TYPES[spec["element"]]
    inline = _object({"$ext": {"type": "array", "prefixItems": [{"const": ext}, _hex()], "minItems": 2, "maxItems": 2}}, ["$ext"])
    paged = _object({"page": {"type": "integer"}, "pages": {"type": "array", "items": _hex(64)}, "size": {"type": "integer"},
                     "ext": {"const": ext}}, ["page", "pages", "size", "ext"])
    return {"anyOf": [inline, paged]}


def of_type(spec):
    """The JSON Schema of one field or key."""
    spec = {"type": spec} if isinstance(spec, str) else spec
    kind = spec["type"]
    bounds = {new: spec[old] for old, new in (("min", "minimum"), ("max", "maximum")) if old in spec}
    if kind in ("int", "float"):
        schema = {"type": "integer", **bounds} if kind == "int" else {**NUMBER, **bounds}
    elif kind in ("vector", "color"):
        width = math.prod(spec["shape"])
        item = {"bool": {"type": "boolean"}, "i32": {"type": "integer", **bounds}}.get(spec.get("element"), {**NUMBER, **bounds})
        schema = {"type": "array", "items": item, "minItems": width, "maxItems": width}
    elif kind == "list":
        schema = {"type": "array", "items": of_type(spec.get("of", "any")), **({"maxItems": spec["max_items"]} if "max_items" in spec else {})}
    elif kind == "map":
        keys = spec.get("keys", {})
        schema = _object({name: of_type(key) for name, key in keys.items()}, [n for n, key in keys.items() if not key.get("optional")])
        schema["additionalProperties"] = of_type(spec["of"]) if "of" in spec else True
    elif kind == "array":
        schema = _array(spec)
    else:
        schema = {"bool": {"type": "boolean"}, "string": {"type": "string"}, "order": {"type": "string"}, "enum": {"type": "string"},
                  "ref": UUID, "blob": BLOB, "any": {}, "bytes": _bytes(spec.get("size"))}[kind]
    known = {"examples": spec["values"]} if kind == "enum" else {}  # readers keep a value they do not know
    extra = {new: spec[old] for old, new in (("description", "description"), ("default", "default"), ("unit", "x-unit")) if old in spec}
    return {**schema, **known, **extra}


def of_kind(kind, but={"type": "null"}):
    """The fields of one kind; null removes a field, unknown fields are kept. What an earlier template matches, a later one leaves out. `but` is what a
    field may be instead of its type."""
    properties, patterns, earlier = {}, {}, []
    for name, spec in kind["fields"].items():
        schema, pattern = {"anyOf": [but, of_type(spec)]}, _pattern(name)
        if "{" in name:
            overlapping = [other for other in earlier if other.count("/") == name.count("/")]
            patterns[f"^{'(?!(' + '|'.join(map(_pattern, overlapping)) + ')$)' if overlapping else ''}{pattern}$"] = schema
        else:
            properties[name] = schema
        earlier.append(name)
    return {"$schema": DIALECT, "title": kind["title"], "description": kind["description"], "type": "object", "properties": properties,
            "patternProperties": patterns}


def _pattern(name):
    return re.sub(r"\{.*?\}", "[^/]+", name)


def of_message(message):
    schema = {"enum": message["text"]} if "text" in message else of_type({"type": "map", "keys": message["keys"]})
    return {"$schema": DIALECT, "title": message["title"], "description": message["description"], **schema}


def of_state(name, state):
    schema = of_message(state)
    schema["title"] = f"State of {name}"
    schema["properties"]["fields"] = {"$ref": f"../kinds/{name}.json"}
    return schema


def of_mirror(kind, mirror):
    """What the bridge retains of an entity of one kind."""
    schema, fields = of_message(mirror), of_kind(kind, OMITTED)
    schema["title"] = f"{kind['title']} as JSON"
    schema["properties"]["fields"] = {key: value for key, value in fields.items() if key != "$schema"}
    schema["properties"]["kind"] = {"const": kind["kind"]}
    schema["properties"]["id"] = UUID
    return schema


def of_set(name, message):
    """An update of an entity of one kind."""
    schema = of_message(message)
    schema["title"] = f"Update of {name}"
    schema["properties"]["fields"] = {"$ref": f"../kinds/{name}.json"}
    return schema


def asyncapi(schema):
    channels, operations, components = {}, {}, {}
    for name, message in {**schema.messages["mqtt"], **schema.messages["json"]}.items():
        topic = "scenesync/v1/{scene}/" + message["topic"]
        levels = re.findall(r"\{(.*?)\}", topic)
        channels[name] = {"address": topic, "description": message["description"], "parameters": {level: {} for level in levels},
                          "messages": {name: {"$ref": f"#/components/messages/{name}"}}}
        for action in ("send", "receive"):
            operations[f"{action}_{name}"] = {"action": action, "channel": {"$ref": f"#/channels/{name}"},
                                              "bindings": {"mqtt": {"qos": message["qos"], "retain": message["retained"]}}}
        payload = {key: value for key, value in of_message(message).items() if key != "$schema"}
        components[name] = {"name": name, "title": message["title"], "summary": f"Sent by {message['publishers']}.", "payload": payload,
                            "contentType": "application/json" if name in schema.messages["json"] else "text/plain" if "text" in message else
                            "application/msgpack"}
    return {"asyncapi": "3.0.0", "info": {"title": "Scenesync", "version": "1", "license": {"name": "Apache-2.0"}},
            "defaultContentType": "application/msgpack", "channels": channels, "operations": operations, "components": {"messages": components}}
