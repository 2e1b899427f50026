# SPDX-License-Identifier: Apache-2.0
"""What is generated: committed files are current; C, Python and JavaScript find the same fields; C compiles strictly and checks values."""
import ctypes
import importlib.util
import json
import math
import re
import subprocess
import sys

import generate
import pytest
from conftest import SCHEMAS
from load import Schema

FLAGS = "-std=c17 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror".split()
SCHEMA = Schema()
ROOT = SCHEMAS.parent


def test_committed_files_are_current():
    stale = [name for name, text in generate.committed_files(SCHEMA).items() if not generate.current(ROOT / name, text)]
    assert stale == [], "run schemas/generate.py and commit"


def test_limits_are_those_of_the_core():
    header = (ROOT / "agent/core/core.h").read_text()
    core = {name.lower(): math.prod(map(int, value.split("*"))) for name, value in re.findall(r"\bSS_(\w+) = ([\d* ]+),", header)}
    shared = core.keys() & SCHEMA.limits.keys()
    assert len(shared) >= 7
    assert {name: core[name] for name in shared} == {name: SCHEMA.limits[name] for name in shared}


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
    path = built / "schema.so"
    subprocess.run(["gcc", *FLAGS, "-g", "-fPIC", "-shared", built / "scenesync_schema.c", "-o", path, "-lm"], check=True)
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
    script = f"import {{ field, KINDS }} from '{built}/schema.mjs';" \
             f"process.exit({json.dumps(wanted)}.every(([k, n, t]) => field(k, n) === KINDS[k].fields[t]) && !field('transform', 'nothing') ? 0 : 1)"
    (built / "schema.mjs").write_text((built / "schema.js").read_text())
    subprocess.run(["node", "--input-type=module", "-e", script], check=True)


@pytest.mark.parametrize("name", ["", "/", "loc", "locations", "location/", "/location", "location/x", "properties", "properties/", "properties/a/b", "loc\0tion"])
def test_no_language_finds_what_is_not_there(library, name):
    assert c_field(library, "transform", name) is None
    assert python_schema().field("transform", name) is None


@pytest.mark.parametrize("kind", ["", "transfor", "transforms", "aaa", "zzz", "transform\0"])
def test_no_such_kind(library, kind):
    assert library.ss_schema_kind(kind.encode(), len(kind)) is None


def as_value(value):
    """A C value and what keeps it alive."""
    if isinstance(value, (list, dict)):
        flat = value if isinstance(value, list) else [item for pair in value.items() for item in pair]
        return Value(LIST if isinstance(value, list) else MAP, 0, None, len(value), (Value * len(flat))(*map(as_value, flat)))
    if isinstance(value, bool) or value is None:
        return Value(NIL if value is None else BOOL, value or 0, None, 0, None)
    if isinstance(value, (int, float)):
        return Value(NUMBER, value, None, 0, None)
    data = value.encode() if isinstance(value, str) else value
    return Value(STRING if isinstance(value, str) else BYTES, 0, data, len(data), None)


@pytest.mark.parametrize("kind, name, value, why", [
    ("transform", "location", [1, 2.5, -3], ""),
    ("transform", "location", None, ""),
    ("transform", "location", [1, 2], "wants a list of 3 numbers"),
    ("transform", "location", 1, "wants a list of 3 numbers"),
    ("transform", "location", [1, 2, "3"], "wants a number"),
    ("transform", "matrix_world", [0] * 16, ""),
    ("transform", "matrix_world", [[0] * 4] * 4, "wants a list of 16 numbers"),
    ("transform", "deleted", True, ""),
    ("transform", "deleted", 1, "wants true or false"),
    ("transform", "name", "Wall", ""),
    ("transform", "name", b"Wall", "wants a string"),
    ("transform", "name", "a" * 1025, "wants at most 1024 bytes"),
    ("transform", "properties/mass", {"anything": [1, None]}, ""),
])
def test_c_checks_values(library, kind, name, value, why):
    said = ctypes.create_string_buffer(100)
    field = library.ss_schema_field(library.ss_schema_kind(kind.encode(), len(kind)), name.encode(), len(name))
    fits = library.ss_schema_check(field, ctypes.byref(as_value(value)), said, len(said))
    assert (fits, said.value.decode()) == (not why, why)
