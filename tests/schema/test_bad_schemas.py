# SPDX-License-Identifier: Apache-2.0
"""A wrong schema fails and says on which line. `#!` marks the line that must be named."""
import pytest
from load import Schema, SchemaError

HEAD = """kind: lamp
since: 1
title: Lamp
description: It shines.
"""
FIELD = HEAD + """fields:
  power:
    since: 1
    description: How much.
"""
KINDS = {
    "an unknown key of a kind": (HEAD + "colour: red #!\nfields: {power: {type: float, since: 1, description: How much.}}", "not known here"),
    "no description of the kind": ("kind: lamp #!\nsince: 1\ntitle: Lamp\nfields: {power: {type: float, since: 1, description: How much.}}", "'description'"),
    "no fields": (HEAD + "fields: {} #!", "{}"),
    "another name than the file's": (HEAD.replace("lamp", "torch #!") + "fields: {power: {type: float, since: 1, description: How much.}}", "called lamp"),
    "an unknown type": (FIELD + "    type: number #!", "'number' is not one of"),
    "a type that only messages have": (FIELD + "    type: bytes #!\n    size: 4", "'bytes' is not one of"),
    "a missing description": (HEAD + "fields:\n  power: #!\n    type: float\n    since: 1", "'description'"),
    "an empty description": (HEAD + "fields:\n  power:\n    type: float\n    since: 1\n    description: '' #!", "too short"),
    "an unknown unit": (FIELD + "    type: float\n    unit: furlong #!", "'furlong' is not one of"),
    "an option of another type": (FIELD + "    type: float\n    shape: [3] #!", "not known here"),
    "a misspelt option": (FIELD + "    type: float\n    defualt: 1 #!", "not known here"),
    "a vector without shape": (HEAD + "fields:\n  power: #!\n    type: vector\n    since: 1\n    description: How much.", "'shape'"),
    "a shape with nothing in it": (FIELD + "    type: vector\n    shape:\n      - 3\n      - 0 #!", "0 is less than"),
    "a color of two": (FIELD + "    type: color\n    shape: [2] #!", "not one of"),
    "an array of booleans": (FIELD + "    type: array\n    shape: [faces]\n    element: bool #!", "'bool' is not one of"),
    "an enum with YAML's booleans": (FIELD + "    type: enum\n    values:\n      - AUTO\n      - OFF #!", "False is not of type"),
    "an enum that repeats itself": (FIELD + "    type: enum\n    values: [A, A] #!", "non-unique"),
    "a reference to no kind": (FIELD + "    type: ref\n    kinds:\n      - object\n      - objekt #!", "objekt is no kind"),
    "a default of the wrong type": (FIELD + "    type: float\n    default: high #!", "no float"),
    "a default of the wrong shape": (FIELD + "    type: vector\n    shape: [3]\n    default: [0, 0] #!", "wants 3"),
    "a default out of range": (FIELD + "    type: int\n    min: 1\n    default: 0 #!", "out of range"),
    "a default that is not in the enum": (FIELD + "    type: enum\n    values: [A]\n    default: B #!", "not one of"),
    "min above max": (FIELD + "    type: float\n    max: 1\n    min: 2 #!", "greater than max"),
    "a field older than its kind": (FIELD.replace("since: 1\ntitle", "since: 2\ntitle").replace("    since: 1", "    since: 1 #!") + "    type: any", "older"),
    "a required field that is not there": (HEAD + "required:\n  - name\n  - colour #!\nfields:\n  power: {type: float, since: 1, description: How much.}", "no field of this kind"),
    "a required template": (HEAD + "required:\n  - at/{id} #!\nfields:\n  at/{id}: {type: float, since: 1, description: How much.}", "none of them can be required"),
    "a capital in a field's name": (HEAD + "fields:\n  Power: {type: float, since: 1, description: How much.} #!", "levels are"),
    "half a level as placeholder": (HEAD + "fields:\n  uv_{n}: {type: float, since: 1, description: How much.} #!", "levels are"),
    "an empty level": (HEAD + "fields:\n  a//b: {type: float, since: 1, description: How much.} #!", "levels are"),
    "one placeholder twice": (HEAD + "fields:\n  '{n}/a/{n}': {type: float, since: 1, description: How much.} #!", "levels are"),
    "two templates for the same names": (HEAD + "fields:\n  at/{a}: {type: float, since: 1, description: How much.}\n  at/{b}: {type: float, since: 1, description: How much.} #!", "same names"),
    "a common field again": (HEAD + "fields:\n  properties/{key}: {type: any, since: 1, description: How much.} #!", "same names"),
    "a key twice": (FIELD + "    type: float\n    type: int #!", "comes twice"),
    "an include that is not there": (HEAD + "include:\n  - bones #!\nfields: {power: {type: float, since: 1, description: How much.}}", "no shared/bones.yaml"),
    "a key that is a boolean to YAML": (HEAD + "fields:\n  on: {type: bool, since: 1, description: Whether.} #!", "quote it"),
    "no YAML": (FIELD + "    type: [float #!", "expected"),
}
MESSAGE = """message: ping
since: 1
title: Ping
description: Is anybody there?
topic: ping/{origin}
qos: 1
retained: false
publishers: everyone
"""
MESSAGES = {
    "QoS 2": (MESSAGE.replace("qos: 1", "qos: 2 #!") + "examples: []", "2 is not one of"),
    "a wildcard in the topic": (MESSAGE.replace("ping/{origin}", "ping/+ #!") + "examples: []", "does not match"),
    "a topic without who publishes": (MESSAGE.replace("publishers: everyone\n", "").replace("ping\nsince", "ping #!\nsince") + "examples: []", "'publishers'"),
    "bytes of no size": (MESSAGE + "keys:\n  at: {type: bytes, description: When.} #!\nexamples: []", "'size'"),
    "an example without a key": (MESSAGE + "keys:\n  at: {type: int, description: When.}\nexamples:\n  - title: empty #!\n    value: {v: 1}", "lacks at"),
    "an example of the wrong size": (MESSAGE + "keys:\n  at: {type: bytes, size: 2, description: When.}\nexamples:\n  - title: one #!\n    value: {v: 1, at: {$bin: '00'}}", "1 bytes"),
    "an unknown key inside a list of maps": (MESSAGE + "keys:\n  all:\n    type: list\n    description: All.\n    of:\n      type: map\n      keys:\n        at: {type: int, description: When., optinal: true} #!\nexamples: []", "not known here"),
}


def complaint(folder, path, text):
    file = folder / path
    file.write_text(text.replace(" #!", ""))
    with pytest.raises(SchemaError) as error:
        Schema(folder)
    line = next(number for number, content in enumerate(text.split("\n"), 1) if content.endswith("#!"))
    return str(error.value), f"{file}:{line}: "


@pytest.mark.parametrize("name", KINDS)
def test_kind(folder, name):
    text, why = KINDS[name]
    said, place = complaint(folder, "kinds/lamp.yaml", text)
    assert [line for line in said.split("\n") if line.startswith(place) and why in line], said


@pytest.mark.parametrize("name", MESSAGES)
def test_message(folder, name):
    text, why = MESSAGES[name]
    said, place = complaint(folder, "messages/ping.yaml", text)
    assert [line for line in said.split("\n") if line.startswith(place) and why in line], said


def test_every_bad_file_is_named(folder):
    (folder / "kinds/a.yaml").write_text("kind: a")
    (folder / "kinds/b.yaml").write_text("kind: b")
    with pytest.raises(SchemaError) as error:
        Schema(folder)
    assert "a.yaml:1" in str(error.value) and "b.yaml:1" in str(error.value)


def test_a_good_schema_is_read_whole(folder):
    schema = Schema(folder)
    assert schema.kinds["transform"]["fields"]["location"]["shape"] == [3]
    assert "deleted" in schema.kinds["transform"]["fields"]
    assert list(schema.messages["mqtt"]["state"]["keys"])[0] == "v" and list(schema.messages["client"]["edit"]["keys"])[0] == "t"
