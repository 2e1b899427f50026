# SPDX-License-Identifier: Apache-2.0
"""Which datablock is which entity, where all that Blender tells of a datablock is its address."""

import types

import pytest
from scenesync.identity import Identity


class Block(dict):
    """A datablock; its custom properties are its items."""

    library = None

    def __init__(self, address, name, **tags):
        super().__init__(tags)
        self.address, self.name = address, name

    def as_pointer(self):
        return self.address


@pytest.fixture
def data():
    return types.SimpleNamespace(meshes=[], images=[])


@pytest.fixture
def identity(data):
    return Identity(data, {"mesh": "meshes", "image": "images"}, use_session_uid=False)


@pytest.mark.parametrize("within_a_tick", (True, False))
@pytest.mark.parametrize("kind", ("mesh", "image"))
def test_an_address_that_is_used_again(identity, data, kind, within_a_tick):
    data.meshes.append(Block(7, "gone"))
    before = identity.id_of("mesh", data.meshes[0])
    data.meshes.clear()
    if within_a_tick:
        identity.tick(begins=True)
    new = Block(7, "new", scenesync="ab" * 16)
    assert identity.known(new) is None
    assert identity.id_of(kind, new) == b"\xab" * 16
    assert identity.find(before) is None


@pytest.mark.parametrize("looked_for", (1, 1000))
@pytest.mark.parametrize("within_a_tick", (True, False))
def test_what_is_found_is_no_other_at_its_address(identity, data, within_a_tick, looked_for):
    data.meshes.extend(Block(7 + place, f"before {place}") for place in range(looked_for))
    before = [identity.id_of("mesh", block) for block in data.meshes]
    data.meshes[-1] = Block(data.meshes[-1].address, "another")
    if within_a_tick:
        identity.tick(begins=True)
    assert [identity.find(value) for value in before] == [*data.meshes[:-1], None]


def test_an_address_that_another_kind_uses_again_under_the_same_name(identity, data):
    data.meshes.append(Block(7, "same"))
    before = identity.id_of("mesh", data.meshes[0])
    data.meshes.clear()
    data.images.append(Block(7, "same"))
    after = identity.id_of("image", data.images[0])
    assert after != before
    assert identity.find(after) is data.images[0]
    assert identity.find(before) is None


def test_what_undo_took_the_tag_of_is_known_by_its_name(identity):
    block = Block(7, "same")
    before = identity.id_of("mesh", block)
    del block["scenesync"]
    assert identity.id_of("mesh", block) == before


def test_a_member_that_undo_brings_back_is_the_same(identity):
    block = Block(7, "material")
    first, second, third = identity.member_ids(b"m", "nodes", block, ["first", "second", "third"])
    assert identity.member_ids(b"m", "nodes", block, ["second", "third"]) == [second, third]
    assert identity.member_ids(b"m", "nodes", block, ["first", "second", "third"]) == [first, second, third]


def test_a_member_of_another_form_is_another(identity):
    block = Block(7, "material")
    first, second = identity.member_ids(b"m", "nodes", block, ["first", "second"], ["Math", "Image"])
    first, third = identity.member_ids(b"m", "nodes", block, ["renamed", "third"], ["Math", "Math"])
    assert second != third
    assert identity.member_ids(b"m", "nodes", block, ["renamed", "second"], ["Math", "Image"]) == [first, second]
    assert identity.member_ids(b"m", "nodes", block, ["renamed", "third"], ["Math", "Value"])[1] not in (second, third)


def test_a_member_that_is_still_there_is_not_another_of_its_old_name(identity):
    block = Block(7, "material")
    first, second = identity.member_ids(b"m", "nodes", block, ["first", "second"])
    assert identity.member_ids(b"m", "nodes", block, ["second"]) == [second]
    identity.bind_member(b"m", "nodes", block, "first elsewhere", first)
    assert first not in identity.member_ids(b"m", "nodes", block, ["second", "first elsewhere", "first"])[2:]
