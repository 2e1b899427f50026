# SPDX-License-Identifier: Apache-2.0
"""Reads and checks the schema. Every complaint names file and line."""
import json
import math
import re
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from canonical import from_json

HERE = Path(__file__).parent
# Kinds of the design that a reference may name before they are described.
KNOWN_KINDS = set("""object transform mesh curve armature material node_group light camera image mask clip tracks strips gpencil action world
collection view_layer render props panel scene text sound volume lattice metaball speaker light_probe""".split())
LEVEL = re.compile(r"[a-z][a-z0-9_]*|\{[a-z][a-z0-9_]*\}")
NUMERIC = ("int", "float")


class SchemaError(Exception):
    """One line per complaint, `file:line: where: what`."""


class Document:
    """A YAML file with the line of everything in it, by path: ("fields", "location", "shape") → 12."""

    def __init__(self, path: Path):
        self.path, self.lines, self.problems = path, {}, []
        try:
            loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
            node = loader.get_single_node()
            self.data = self._value(loader, node, ()) if node else None
        except yaml.MarkedYAMLError as error:
            self.lines[()] = error.problem_mark.line + 1
            raise SchemaError(self.complaint((), error.problem)) from error

    def _value(self, loader, node, path):
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(loader, item, path + (i,)) for i, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return loader.construct_object(node)
        result = {}
        for key_node, item in node.value:
            key = loader.construct_object(key_node)
            here = path + (key,)
            self.lines[here] = key_node.start_mark.line + 1
            if not isinstance(key, str):
                self.complain(here, "is not a string to YAML; quote it")
            if key in result:
                self.complain(here, "comes twice")
            result[key] = self._value(loader, item, here)
        return result

    def complaint(self, path, what) -> str:
        known = next(path[:n] for n in range(len(path), -1, -1) if path[:n] in self.lines)
        where = ".".join(map(str, path))
        return f"{self.path}:{self.lines[known]}: {where + ': ' if where else ''}{what}"

    def complain(self, path, what):
        self.problems.append((path, what))

    def check(self, validator):
        """The meta-schema first; what comes later may then rely on it."""
        self.stop_if_wrong()
        for error in validator.iter_errors(self.data):
            path = tuple(error.absolute_path)
            if "propertyNames" in error.absolute_schema_path:
                self.complain(path + (error.instance,), f"not known here; known are {', '.join(error.schema.get('enum', ['other names']))}")
            else:
                self.complain(path, error.message)
        self.stop_if_wrong()

    def stop_if_wrong(self):
        if self.problems:
            raise SchemaError("\n".join(sorted({self.complaint(*problem) for problem in self.problems})))


def _read(root: Path, path: Path, what: str, shared=None) -> dict:
    meta = json.loads((HERE / "meta.schema.json").read_text())
    document = Document(path)
    document.check(Draft202012Validator({"$ref": f"#/$defs/{what}", "$defs": meta["$defs"]}))
    data = document.data
    if data.get(what, path.stem) != path.stem:
        document.complain((what,), f"the file is called {path.stem}")
    kinds = KNOWN_KINDS | {file.stem for file in (root / "kinds").glob("*.yaml")}
    if what in ("kind", "shared"):
        _check_kind(document, data, kinds, shared or {})
    elif what == "message":
        _check_keys(document, ("keys",), data.get("keys", {}), kinds)
    document.stop_if_wrong()
    for i, example in enumerate(data.get("examples", [])):
        problem = value_problem({"type": "map", "keys": data.get("keys", {})}, from_json(example["value"]))
        if problem:
            document.complain(("examples", i), problem)
    document.stop_if_wrong()
    return data


def _check_kind(document, data, kinds, shared):
    for i, name in enumerate(data.get("include", [])):
        if name not in shared:
            document.complain(("include", i), f"there is no shared/{name}.yaml")
    inherited = included_fields(data, shared)
    shapes = {_shape(name): name for name in inherited}
    for name, spec in data["fields"].items():
        path = ("fields", name)
        if not all(LEVEL.fullmatch(level) for level in name.split("/")) or len(set(re.findall(r"\{.*?\}", name))) < name.count("{"):
            document.complain(path, "levels are [a-z][a-z0-9_]* or {placeholder}, each placeholder once, separated by /")
        if _shape(name) in shapes:
            document.complain(path, f"matches the same names as {shapes[_shape(name)]}")
        shapes[_shape(name)] = name
        if spec["since"] < data.get("since", 1):
            document.complain(path + ("since",), "older than its kind")
        _check_spec(document, path, spec, kinds)
    for i, name in enumerate(data.get("required", [])):
        if name not in data["fields"] and name not in inherited:
            document.complain(("required", i), f"{name} is no field of this kind")
        elif "{" in name:
            document.complain(("required", i), f"{name} names many fields; none of them can be required")


def included_fields(data, shared) -> dict:
    """The fields of every kind, and of what a kind includes."""
    return {name: spec for part in ["every_kind", *data.get("include", [])] for name, spec in shared.get(part, {}).items()}


def _shape(name: str) -> str:
    return re.sub(r"\{.*?\}", "{}", name)


def _check_keys(document, path, keys, kinds):
    for name, spec in keys.items():
        _check_spec(document, path + (name,), spec, kinds)


def _check_spec(document, path, spec, kinds):
    for i, kind in enumerate(spec.get("kinds", [])):
        if kind not in kinds:
            document.complain(path + ("kinds", i), f"{kind} is no kind")
    if spec.get("min", -math.inf) > spec.get("max", math.inf):
        document.complain(path + ("min",), "greater than max")
    if "default" in spec:
        problem = value_problem(spec, spec["default"])
        if problem:
            document.complain(path + ("default",), problem)
    if isinstance(spec.get("of"), dict):
        _check_spec(document, path + ("of",), spec["of"], kinds)
    _check_keys(document, path + ("keys",), spec.get("keys", {}), kinds)


def value_problem(spec, value):
    """What is wrong with a value, or None."""
    kind = spec["type"]
    wanted = {"bool": bool, "int": int, "float": (int, float), "string": str, "enum": str, "order": str, "vector": list, "color": list,
              "list": list, "map": dict, "bytes": bytes}.get(kind, object)
    if not isinstance(value, wanted) or (kind in NUMERIC and isinstance(value, bool)):
        return f"{value!r} is no {kind}"
    if kind == "enum" and value not in spec["values"]:
        return f"{value!r} is not one of {', '.join(spec['values'])}"
    if kind == "bytes" and (len(value) != spec.get("size", len(value)) or len(value) % spec.get("multiple", 1)):
        return f"{len(value)} bytes are not {spec.get('size') or 'a multiple of %d' % spec['multiple']}"
    if kind in ("vector", "color"):
        return _vector_problem(spec, value)
    if kind in NUMERIC and not spec.get("min", -math.inf) <= value <= spec.get("max", math.inf):
        return f"{value} is out of range"
    return _inner_problem(spec, value)


def _vector_problem(spec, value):
    width, element = math.prod(spec["shape"]), spec.get("element", "f64")
    one = {"type": "bool" if element == "bool" else "float", **{key: spec[key] for key in ("min", "max") if key in spec}}
    if len(value) != width:
        return f"wants {width} numbers, not {len(value)}"
    return next(filter(None, (value_problem(one, item) for item in value)), None)


def _inner_problem(spec, value):
    """Of lists and maps: their items, and their keys where these are described."""
    of = spec.get("of")
    items = [({"type": of} if isinstance(of, str) else of, item) for item in (value.values() if isinstance(value, dict) else value)] if of else []
    for name, inner in spec.get("keys", {}).items():
        if name in value:
            items.append((inner, value[name]))
        elif not inner.get("optional"):
            return f"lacks {name}"
    return next(filter(None, (value_problem(inner, item) for inner, item in items)), None)


class Schema:
    """Everything under one schema folder, checked. Kinds contain what they include; messages of msgpack contain `v` or `t`."""

    def __init__(self, root: Path = HERE):
        self.limits = {name: limit["value"] for name, limit in _read(root, root / "limits.yaml", "limits").items()}
        self.limit_texts = _read(root, root / "limits.yaml", "limits")
        self.shared = {path.stem: _read(root, path, "shared")["fields"] for path in sorted((root / "shared").glob("*.yaml"))}
        self.kinds, self.messages, problems = {}, {"mqtt": {}, "json": {}, "client": {}, "agent": {}}, []
        for path in sorted((root / "kinds").glob("*.yaml")):
            try:
                kind = _read(root, path, "kind", self.shared)
                fields = {**kind["fields"], **included_fields(kind, self.shared)}
                self.kinds[path.stem] = {"required": [], "singleton": False, "include": [], **kind, "own": kind["fields"], "fields": fields}
            except SchemaError as error:
                problems.append(str(error))
        for path in sorted((root / "messages").glob("**/*.yaml")):
            try:
                self._add_message("mqtt" if path.parent.name == "messages" else path.parent.name, _read(root, path, "message"))
            except SchemaError as error:
                problems.append(str(error))
        if problems:
            raise SchemaError("\n".join(problems))

    def _add_message(self, channel, message):
        name = message["message"]
        version = {"type": "int", "min": 1, "max": 1, "description": "Version of the protocol."}
        frame = {"type": "enum", "values": [name], "description": "Name of the frame."}
        first = {"mqtt": {"v": version}, "json": {}}.get(channel, {"t": frame})
        message["keys"] = {} if "text" in message else {**first, **message.get("keys", {})}
        self.messages[channel][name] = message
