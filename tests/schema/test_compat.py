# SPDX-License-Identifier: Apache-2.0
"""What is locked can be neither removed nor retyped; adding is free."""
import copy
import subprocess
import sys

import check_compat
import pytest
from load import HERE as SCHEMAS
from load import Schema

OLD = {
    "kinds/lamp/power": {"type": "float", "min": 0, "required": False},
    "kinds/lamp/shape": {"type": "enum", "values": ["SPOT", "SUN"], "required": True},
    "kinds/lamp/target": {"type": "ref", "kinds": ["object"], "required": False},
    "kinds/lamp/size": {"type": "vector", "shape": [2], "required": False},
    "mqtt/ping/at": {"type": "bytes", "size": 8, "required": True},
}
BREAKS = {
    "removed": lambda new: new.pop("kinds/lamp/power"),
    "retyped": lambda new: new["kinds/lamp/power"].update(type="int"),
    "reshaped": lambda new: new["kinds/lamp/size"].update(shape=[3]),
    "other unit": lambda new: new["kinds/lamp/power"].update(unit="W"),
    "narrower": lambda new: new["kinds/lamp/power"].update(min=1),
    "newly bounded": lambda new: new["kinds/lamp/power"].update(max=10),
    "lost a word": lambda new: new["kinds/lamp/shape"].update(values=["SPOT"]),
    "lost a kind": lambda new: new["kinds/lamp/target"].update(kinds=["camera"]),
    "became required": lambda new: new["kinds/lamp/power"].update(required=True),
    "a key's size": lambda new: new["mqtt/ping/at"].update(size=16),
    "a new required key": lambda new: new.update({"mqtt/ping/who": {"type": "string", "required": True}}),
}
GROWS = {
    "nothing": lambda new: None,
    "a field": lambda new: new.update({"kinds/lamp/colour": {"type": "color", "shape": [3], "required": False}}),
    "a kind": lambda new: new.update({"kinds/torch/power": {"type": "float", "required": True}}),
    "a word": lambda new: new["kinds/lamp/shape"]["values"].insert(0, "AREA"),
    "a kind to point to": lambda new: new["kinds/lamp/target"]["kinds"].append("camera"),
    "more room": lambda new: new["kinds/lamp/power"].pop("min"),
    "no longer required": lambda new: new["kinds/lamp/shape"].update(required=False),
    "an optional key": lambda new: new.update({"mqtt/ping/who": {"type": "string", "required": False}}),
    "a message": lambda new: new.update({"mqtt/pong/at": {"type": "int", "required": True}}),
}


@pytest.mark.parametrize("change", [*BREAKS, *GROWS])
def test_change(change):
    new = copy.deepcopy(OLD)
    (BREAKS | GROWS)[change](new)
    assert len(check_compat.problems(OLD, new)) == (change in BREAKS)


def run(*arguments):
    return subprocess.run([sys.executable, SCHEMAS / "check_compat.py", *arguments], capture_output=True, text=True)


def test_folders(folder):
    kind = folder / "kinds/transform.yaml"
    whole = kind.read_text()
    assert run(folder, folder).returncode == 0
    kind.write_text(whole.replace("  scale:", "  size:"))
    result = run(SCHEMAS, folder)
    assert result.returncode == 1 and "kinds/transform/scale: removed" in result.stderr
    kind.write_text(whole.replace("shape: [4, 4]", "shape: [3, 4]"))
    assert "kinds/transform/matrix_world: shape was [4, 4], is [3, 4]" in run(SCHEMAS, folder).stderr


def test_the_lock_only_grows(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(check_compat, "LOCK", tmp_path / "lock.json")
    kind = folder / "kinds/transform.yaml"
    assert check_compat.lock(Schema(folder)) == 0
    before = check_compat.load(check_compat.LOCK)
    kind.write_text(kind.read_text() + "  pivot: {type: vector, shape: [3], since: 2, description: Where it turns.}\n")
    assert check_compat.lock(Schema(folder)) == 0
    after = check_compat.load(check_compat.LOCK)
    assert after.keys() - before.keys() == {"kinds/transform/pivot"}
    kind.write_text(kind.read_text().replace("  pivot:", "  center:"))
    assert check_compat.lock(Schema(folder)) == 1
    assert check_compat.load(check_compat.LOCK) == after


def test_this_schema_keeps_what_is_locked():
    result = run()
    assert result.returncode == 0, result.stderr


def test_everything_is_locked():
    missing = check_compat.summary(Schema()).keys() - check_compat.load(check_compat.LOCK).keys()
    assert not missing, "run schemas/generate.py --lock and commit"
