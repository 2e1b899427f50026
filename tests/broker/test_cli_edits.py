# SPDX-License-Identifier: Apache-2.0
"""What the command line's edits print, and how what was deleted comes back."""
import hashlib
import json
import subprocess
import uuid

import pytest
from agents import world
from services import binary


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    with world(tmp_path_factory.mktemp("edits")) as made:
        yield made.agent("ada")


def output(agent, *arguments):
    return agent.run(*arguments).stdout.strip()


def fails(agent, status, *arguments):
    done = agent.run(*arguments, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    return done.stderr


def test_edits_print_what_they_edited(agent):
    made = json.loads(output(agent, "create", "print", "light", 'type="POINT"', 'name="Lamp"', "--json"))
    for command in (("set", "print", "light/Lamp", "energy=5"), ("delete", "print", "light/Lamp")):
        assert json.loads(output(agent, *command, "--json")) == made == {"kind": "light", "id": made["id"]}
    assert output(agent, "create", "print", "light", 'type="SUN"', 'name="Sun"').count("-") == 4


def test_what_was_deleted_comes_back_by_its_id(agent):
    made = output(agent, "create", "back", "object", 'type="EMPTY"', 'name="a/b"')
    output(agent, "delete", "back", "object/a/b")
    assert "there is no object" in fails(agent, 1, "set", "back", f"object/{made}", "hide_render=true")
    assert "there is no object" in fails(agent, 1, "set", "back", "object/a/b", "deleted=false")
    output(agent, "set", "back", f"object/{made}", "deleted=false")
    output(agent, "set", "back", "transform/a/b", "location=[1, 2, 3]")
    assert output(agent, "get", "back", f"object/{made}").startswith(f'object/{made} "a/b"')


def test_a_transform_goes_with_its_object(agent):
    output(agent, "create", "place", "object", 'type="EMPTY"', 'name="Cube"')
    assert "delete object/Cube" in fails(agent, 2, "delete", "place", "transform/Cube")
    output(agent, "set", "place", "transform/Cube", "location=[1, 2, 3]")


def test_an_object_does_not_hang_on_itself(agent):
    one, two = [output(agent, "create", "circle", "object", 'type="EMPTY"', f'name="{name}"') for name in ("one", "two")]
    assert "parent: the object would hang on itself" in fails(agent, 1, "set", "circle", "object/one", f'parent="{one}"')
    output(agent, "set", "circle", "object/one", f'parent="{two}"')
    output(agent, "set", "circle", "object/one", f'parent="{one}"', "--force")
    output(agent, "set", "circle", "object/one", "parent=null")
    output(agent, "set", "circle", "object/one", f'parent="{uuid.uuid4()}"')


def test_watch_refuses_a_kind_that_does_not_exist(agent):
    done = subprocess.run([binary(), "watch", "kinds", "lamp", "--socket", str(agent.socket)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and done.stderr.startswith("scenesync: lamp: this version knows no such kind")


def test_a_blob_goes_to_standard_output(agent, tmp_path):
    (tmp_path / "file").write_bytes(bytes(range(256)) * 1000)
    name = output(agent, "blob", "put", str(tmp_path / "file"))
    got = subprocess.run([binary(), "blob", "get", name, "-o", "-", "--socket", str(agent.socket)], capture_output=True, timeout=30)
    assert hashlib.sha256(got.stdout).hexdigest() == name
