#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the schema and makes from it everything that others read; schemas/README.md says what and where."""
import argparse
import json
import math
import re
import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

import canonical
import check_compat
import json_schema
from load import HERE, Schema, SchemaError

REPOSITORY = HERE.parent
TYPES = json.loads((HERE / "meta.schema.json").read_text())["$defs"]["type"]["enum"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--build", type=Path, metavar="DIR", help="write C, JSON Schema and AsyncAPI files there")
    action.add_argument("--check", action="store_true", help="only say whether the committed files are current")
    action.add_argument("--lock", action="store_true", help="add what is new to v1.lock.json")
    args = parser.parse_args()
    try:
        schema = Schema()
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    if args.build:
        write(args.build, build_files(schema))
        return 0
    if args.lock:
        return check_compat.lock(schema)
    if not args.check:
        write(REPOSITORY, committed_files(schema))
        return 0
    stale = [name for name, text in committed_files(schema).items() if not current(REPOSITORY / name, text)]
    for name in stale:
        print(f"{name} is not current; run schemas/generate.py", file=sys.stderr)
    return 1 if stale else 0


def committed_files(schema) -> dict:
    render = renderer(schema)
    return {"addon/scenesync/schema.py": render("schema.py"), "docs/protocol.md": render("protocol.md"),
            "viewer/src/wire/schema.js": render("schema.js"), "viewer/src/wire/schema.d.ts": render("schema.d.ts"),
            "schemas/vectors/messages.json": json_lines(message_vectors(schema))}


def build_files(schema) -> dict:
    render, state = renderer(schema), schema.messages["mqtt"]["state"]
    documents = {"asyncapi": json_schema.asyncapi(schema)}
    for name, kind in schema.kinds.items():
        documents[f"json/kinds/{name}"] = json_schema.of_kind(kind)
        documents[f"json/state/{name}"] = json_schema.of_state(name, state)
        documents[f"json/mirror/{name}"] = json_schema.of_mirror(kind, schema.messages["json"]["mirror"])
        documents[f"json/set/{name}"] = json_schema.of_set(name, schema.messages["json"]["set"])
    for channel, messages in schema.messages.items():
        documents.update({f"json/{channel}/{name}": json_schema.of_message(message) for name, message in messages.items()})
    files = {name: render(name) for name in ("scenesync_schema.h", "scenesync_schema.c")}
    return {**files, **{f"{name}.json": json.dumps(document, indent=1) + "\n" for name, document in documents.items()}}


def current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def write(root: Path, files: dict):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not current(path, text):  # an unchanged file keeps its time, so nothing is built again
            path.write_text(text, encoding="utf-8")


def renderer(schema):
    loader = FileSystemLoader(HERE / "templates")
    environment = Environment(loader=loader, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters.update(c=c_literal, tuple=tuple, py=repr, json=lambda value: json.dumps(value, ensure_ascii=False), flat=flat,
                               cell=lambda text: flat(text).replace("|", "\\|"), typetext=type_text, inner=inner_keys, plain=plain)
    names = {"kinds": {name: with_tables(kind) for name, kind in schema.kinds.items()}, "shared": schema.shared, "messages": schema.messages,
             "limits": schema.limits, "limit_texts": schema.limit_texts, "types": TYPES, "ext_types": json_schema.EXT_TYPES,
             "elements": [*json_schema.EXT_TYPES, "bool"]}
    return lambda name: environment.get_template(name + ".j2").render(names)


def with_tables(kind) -> dict:
    """A kind with what templates need besides the schema's own words: fields in order of matching, numbered, and the tree of their levels."""
    fields = {}
    for index, name in enumerate(sorted(kind["fields"], key=lambda name: [(level[0] == "{", level) for level in name.split("/")])):
        spec = kind["fields"][name]
        shape = spec.get("shape", [1])
        width = shape[-1] if spec["type"] == "array" else math.prod(shape)
        fields[name] = {"min": -math.inf, "max": math.inf, "unit": None, **spec, "index": index, "required": name in kind["required"],
                        "live": spec.get("live", False), "words": spec.get("values") or spec.get("kinds"),
                        "width": width if isinstance(width, int) else 1}
    return {**kind, "fields": fields, "levels": level_table(fields)}


def level_table(fields) -> list:
    """The names' levels as rows that point at each other; row 0 is the root."""
    rows = [{"name": None, "field": 0, "child": 0, "next": 0}]
    for number, name in enumerate(fields, 1):
        at = 0
        for level in name.split("/"):
            at = child_row(rows, at, None if level[0] == "{" else level)
        rows[at]["field"] = number
    return rows


def child_row(rows, parent, name) -> int:
    at, link, via = rows[parent]["child"], parent, "child"
    while at:
        if rows[at]["name"] == name:
            return at
        at, link, via = rows[at]["next"], at, "next"
    rows.append({"name": name, "field": 0, "child": 0, "next": 0})
    rows[link][via] = len(rows) - 1
    return len(rows) - 1


def c_literal(value) -> str:
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return json.dumps(value)
    return {math.inf: "INFINITY", -math.inf: "-INFINITY"}.get(value, repr(float(value)))


def flat(text: str) -> str:
    return " ".join(text.split())


def plain(spec) -> dict:
    return {key: spec[key] for key in ("type", "live", "element", "shape", "values", "kinds", "min", "max", "unit", "default")
            if spec.get(key) not in (None, False, math.inf, -math.inf)}


def inner_keys(spec) -> dict:
    of = spec.get("of")
    return spec.get("keys") or (of.get("keys", {}) if isinstance(of, dict) else {})


def type_text(spec) -> str:
    """A spec in a few words: `vector[3] m, live`."""
    spec = {"type": spec} if isinstance(spec, str) else spec
    text = spec["type"] + (f"[{', '.join(map(str, spec['shape']))}]" if "shape" in spec else "")
    text += f"({spec['size']})" if "size" in spec else f"({spec['multiple']}·n)" if "multiple" in spec else ""
    words = [f"of {type_text(spec['of'])}"] if "of" in spec else []
    words += [f"{spec[key]}" for key in ("element", "unit") if key in spec]
    words += ["to " + ", ".join(spec["kinds"])] if "kinds" in spec else []
    words += [" ".join(f"`{value}`" for value in spec["values"])] if "values" in spec else []
    if "min" in spec and spec["min"] == spec.get("max"):
        return f"{spec['min']}"
    words += [f"{sign} {spec[key]}" for key, sign in (("min", "≥"), ("max", "≤")) if key in spec]
    words += [f"at most {spec[key]} {key[4:]}" for key in ("max_bytes", "max_items") if key in spec]
    return " ".join([text, *words]) + (", live" if spec.get("live") else "") + (f", default `{json.dumps(spec['default'])}`" if "default" in spec else "")


def message_vectors(schema) -> list:
    vectors = []
    for channel, messages in schema.messages.items():
        for name, message in messages.items() if channel != "json" else ():
            extra = {"kind": "transform"} if name in ("state", "live") and channel == "mqtt" else {}
            vectors += [vector(example["title"], channel, name, example["value"], extra) for example in message.get("examples", [])]
    for name, kind in schema.kinds.items():
        fields = {re.sub(r"\{.*?\}", "0a1b2c3d", field): sample(spec) for field, spec in kind["fields"].items()}
        value = {"v": 1, "stamp": {"$bin": "019470a1b2c30000a1b2c3d4e5f60718"}, "fields": fields}
        vectors.append(vector(f"every field of {name}", "mqtt", "state", value, {"kind": name}))
    return vectors


def vector(title, channel, message, value, extra) -> dict:
    encoded = canonical.encode(canonical.from_json(value)).hex()
    return {"name": title, "channel": channel, "message": message, **extra, "json": value, "hex": encoded}


def sample(spec):
    """Some value that a field may hold, in JSON notation."""
    if "default" in spec:
        return spec["default"]
    width = math.prod(spec["shape"]) if spec["type"] in ("vector", "color") else 0
    number = min(max(spec.get("min", 0.5), 0.5), spec.get("max", 0.5))
    return {"bool": True, "int": math.ceil(number), "float": number, "string": "text", "enum": spec.get("values", [""])[0], "list": [], "map": {},
            "vector": [{"bool": True, "i32": math.ceil(number)}.get(spec.get("element"), number)] * width, "color": [number] * width, "order": "a0", "any": 1.5,
            "ref": {"$bin": "0123456789abcdef0123456789abcdef"},
            "array": {"$ext": [json_schema.EXT_TYPES.get(spec.get("element"), 1), "0000803f00000040"]},
            "blob": {"sha256": {"$bin": "e3" * 32}, "size": 70000}}[spec["type"]]


def json_lines(items) -> str:
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]\n"


if __name__ == "__main__":
    sys.exit(main())
