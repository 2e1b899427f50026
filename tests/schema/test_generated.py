# SPDX-License-Identifier: Apache-2.0
"""What is generated: committed files are current; C, Python and JavaScript find the same fields; C compiles strictly and checks values."""
import ctypes
import importlib.util
import json
import math
import re
import subprocess
import sys
from typing import NamedTuple

import generate
import pytest
from load import HERE as SCHEMAS
from load import Schema

FLAGS = "-std=c17 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror".split()
SCHEMA = Schema()
ROOT = SCHEMAS.parent


def test_committed_files_are_current():
    stale = [name for name, text in generate.committed_files(SCHEMA).items() if not generate.current(ROOT / name, text)]
    assert stale == [], "run schemas/generate.py and commit"


def test_limits_are_those_of_the_agent():
    text = "".join((ROOT / "agent" / header).read_text() for header in ("core/core.h", "wire/link.h"))
    agent = {name.lower(): math.prod(map(int, value.split("*"))) for name, value in re.findall(r"\bSS_(\w+) = (\d[\d* ]*)", text)}
    shared = agent.keys() & SCHEMA.limits.keys()
    assert {"max_name", "max_value", "max_depth", "max_fields", "max_kind", "max_message", "part_size", "max_frame"} <= shared
    assert {name: agent[name] for name in shared} == {name: SCHEMA.limits[name] for name in shared}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, SCHEMAS / "generate.py", "--build", folder], check=True)
    return folder


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_c_compiles_strictly(built, compiler):
    subprocess.run([compiler, *FLAGS, "-O2", "-c", built / "scenesync_schema.c", "-o", built / f"{compiler}.o"], check=True)


class Value(ctypes.Structure):
    """struct ss_schema_value"""


Value._fields_ = [("type", ctypes.c_int), ("number", ctypes.c_double), ("bytes", ctypes.c_char_p), ("size", ctypes.c_size_t),
                  ("items", ctypes.POINTER(Value))]
NIL, BOOL, NUMBER, STRING, BYTES, EXT, LIST, MAP = range(8)


class FieldHead(ctypes.Structure):
    """struct ss_schema_field, as far as the tests look"""
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("element", ctypes.c_int), ("live", ctypes.c_bool), ("required", ctypes.c_bool),
                ("width", ctypes.c_uint32)]


@pytest.fixture(scope="module")
def library(built):
    return load_library(built)


def load_library(folder):
    path = folder / "schema.so"
    subprocess.run(["gcc", *FLAGS, "-g", "-fPIC", "-shared", folder / "scenesync_schema.c", "-o", path, "-lm"], check=True)
    loaded = ctypes.CDLL(str(path))
    loaded.ss_schema_kind.restype = ctypes.c_void_p
    loaded.ss_schema_kind.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    loaded.ss_schema_field.restype = ctypes.POINTER(FieldHead)
    loaded.ss_schema_field.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    loaded.ss_schema_check.restype = ctypes.c_bool
    loaded.ss_schema_check.argtypes = [ctypes.POINTER(FieldHead), ctypes.POINTER(Value), ctypes.c_char_p, ctypes.c_size_t]
    return loaded


def c_field(library, kind, name):
    found = library.ss_schema_kind(kind.encode(), len(kind))
    field = found and library.ss_schema_field(found, name.encode(), len(name.encode()))
    return field[0] if field else None


def python_schema():
    spec = importlib.util.spec_from_file_location("addon_schema", ROOT / "addon/scenesync/schema.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def concrete(template):
    return re.sub(r"\{.*?\}", "0a1b2c3d", template)


def test_every_language_finds_every_field(built, library):
    addon, wanted = python_schema(), []
    for kind, description in SCHEMA.kinds.items():
        for template, spec in description["fields"].items():
            found = c_field(library, kind, concrete(template))
            assert (found.name.decode(), found.live, found.required) == (template, spec.get("live", False), template in description["required"])
            assert addon.field(kind, concrete(template)) is addon.KINDS[kind].fields[template]
            wanted.append([kind, concrete(template), template])
    (built / "schema.mjs").write_text((ROOT / "viewer/src/wire/schema.js").read_text())  # Node takes it for a module by its name
    script = f"import {{ field, KINDS }} from '{built}/schema.mjs';" \
             f"process.exit({json.dumps(wanted)}.every(([k, n, t]) => field(k, n) === KINDS[k].fields[t]) && !field('transform', 'nothing') ? 0 : 1)"
    subprocess.run(["node", "--input-type=module", "-e", script], check=True)


@pytest.mark.parametrize("name", ["", "/", "loc", "locations", "location/", "/location", "location/x", "properties", "properties/", "properties/a/b", "loc\0tion"])
def test_no_language_finds_what_is_not_there(library, name):
    assert c_field(library, "transform", name) is None
    assert python_schema().field("transform", name) is None


@pytest.mark.parametrize("kind", ["", "transfor", "transforms", "aaa", "zzz", "transform\0"])
def test_no_such_kind(library, kind):
    assert library.ss_schema_kind(kind.encode(), len(kind)) is None


LAMP = """kind: lamp
since: 1
title: Lamp
description: A kind with a field of every type.
fields:
"""
TYPES = {"lit": "bool", "count": "int, min: 0, max: 9", "power": "float", "angle": "float, max: 3.5", "label": "string, max_bytes: 4",
         "shape": "enum, values: [SPOT, SUN]", "size": "vector, shape: [2]", "cells": "vector, shape: [2], element: i32",
         "layers": "vector, shape: [2], element: bool", "tint": "color, shape: [3], min: 0", "target": "ref, kinds: [object]",
         "profile": "array, element: f32, shape: [n]", "picture": "blob", "tags": "list, of: string", "extra": "map", "place": "order", "free": "any",
         "slots/{slot}": "any", "slots/{slot}/name": "string", "slots/first/name": "int", "slots/first/a/b": "int"}


@pytest.fixture(scope="module")
def lamp(tmp_path_factory):
    """The C library of a schema that has a field of every type."""
    folder = tmp_path_factory.mktemp("lamp")
    for name in ("shared/every_kind.yaml", "limits.yaml", "messages/state.yaml", "messages/json/mirror.yaml", "messages/json/set.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text((SCHEMAS / name).read_text())
    (folder / "kinds").mkdir()
    fields = [f"  {name}: {{type: {of}, since: 1, description: Something.}}\n" for name, of in TYPES.items()]
    (folder / "kinds/lamp.yaml").write_text(LAMP + "".join(fields))
    schema = Schema(folder)
    assert {spec["type"] for spec in schema.kinds["lamp"]["fields"].values()} == set(generate.TYPES)
    generate.write(folder / "out", generate.build_files(schema))
    return load_library(folder / "out")


class Ext(NamedTuple):
    type: int
    data: bytes


def as_value(value):
    """A value as C sees it."""
    if isinstance(value, Ext):
        return Value(EXT, value.type, value.data, len(value.data), None)
    if isinstance(value, (list, dict)):
        flat = value if isinstance(value, list) else [item for pair in value.items() for item in pair]
        return Value(LIST if isinstance(value, list) else MAP, 0, None, len(value), (Value * len(flat))(*map(as_value, flat)))
    if isinstance(value, bool) or value is None:
        return Value(NIL if value is None else BOOL, value or 0, None, 0, None)
    if isinstance(value, (int, float)):
        return Value(NUMBER, value, None, 0, None)
    data = value.encode() if isinstance(value, str) else value
    return Value(STRING if isinstance(value, str) else BYTES, 0, data, len(data), None)


BLOB = {"size": 1, "sha256": bytes(32)}
PAGES = {"page": 262144, "pages": [bytes(32)], "size": 4, "ext": 1}
FITS = [("lit", False), ("count", 0), ("count", 9), ("power", -1e300), ("power", math.nan), ("power", math.inf), ("angle", -math.inf), ("label", "four"),
        ("label", ""), ("shape", "SUN"), ("shape", "OF_A_LATER_REVISION"), ("size", [1, 2.5]), ("cells", [1, -2]), ("layers", [True, False]), ("tint", [0, 1, 7.5]),
        ("target", bytes(16)), ("profile", Ext(1, bytes(8))), ("profile", PAGES), ("picture", bytes(32768)), ("picture", BLOB), ("tags", []), ("tags", [1]),
        ("extra", {}), ("place", "a0"), ("free", [{"a": None}]), ("free", Ext(99, b""))] + [(name, None) for name in TYPES]
WANTS = [("lit", 1, "true or false"), ("count", 1.5, "a whole number"), ("count", math.inf, "a whole number"), ("count", True, "a whole number"),
         ("count", 10, "a number from 0 to 9"), ("count", -1, "a number from 0 to 9"), ("power", "1", "a number"), ("angle", 3.6, "a number from -inf to 3.5"),
         ("angle", math.nan, "a number from -inf to 3.5"), ("label", b"four", "a string"), ("label", "ünfe", "at most 4 bytes"), ("shape", 1, "a string"),
         ("size", [1], "a list of 2 numbers"), ("size", {"a": 1, "b": 2}, "a list of 2 numbers"), ("size", [1, "2"], "a number"), ("cells", [1, 0.5], "a whole number"),
         ("layers", [1, 0], "true or false in each place"), ("layers", [True], "a list of 2 booleans"), ("tint", [0, 0, -1], "a number from 0 to inf"),
         ("target", bytes(15), "a UUID"), ("target", "01234567-89ab-cdef-0123-456789abcdef", "a UUID"), ("profile", Ext(2, bytes(8)), "a typed array (ext 1), inline or paged"),
         ("profile", [1.0], "a typed array (ext 1), inline or paged"), ("profile", {**PAGES, "ext": math.nan}, "a typed array (ext 1), inline or paged"),
         ("picture", bytes(32769), "bytes, or {sha256, size} of a blob"), ("picture", {**BLOB, "sha256": bytes(31)}, "bytes, or {sha256, size} of a blob"),
         ("picture", {"sha256": bytes(32)}, "bytes, or {sha256, size} of a blob"), ("tags", {}, "a list"), ("extra", [], "a map"), ("place", 1, "a string")]


@pytest.mark.parametrize("name, value, wants", [(*case, None) for case in FITS] + WANTS, ids=lambda part: repr(part)[:30])
def test_c_checks_values(lamp, name, value, wants):
    said = ctypes.create_string_buffer(100)
    field = lamp.ss_schema_field(lamp.ss_schema_kind(b"lamp", 4), name.encode(), len(name))
    fits = lamp.ss_schema_check(field, ctypes.byref(as_value(value)), said, len(said))
    assert (fits, said.value.decode()) == (wants is None, f"wants {wants}" if wants else "")


@pytest.mark.parametrize("name, template", [
    ("slots/x", "slots/{slot}"), ("slots/x/name", "slots/{slot}/name"), ("slots/first/name", "slots/first/name"), ("slots/first", "slots/{slot}"),
    ("slots/first/a/b", "slots/first/a/b"), ("slots/firs/name", "slots/{slot}/name"), ("slots/first/a", None), ("slots//name", None), ("slots", None)])
def test_literal_levels_win_and_dead_ends_are_left(lamp, name, template):
    found = c_field(lamp, "lamp", name)
    assert (found.name.decode() if found else None) == template
