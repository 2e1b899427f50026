# SPDX-License-Identifier: Apache-2.0
"""What is under way to the agent: columns, and which of two values that cross is newer."""

import numpy
import pytest
from outboxes import MANY, ONE, TWO, Broken, Link, edits, queue_locations
from scenesync.outgoing.send import MAX_EDIT


def test_rows_with_the_same_fields_share_a_batch(outbox):
    outbox.queue("object", ONE, {"name": "a"})
    outbox.queue("object", TWO, {"name": "b"})
    outbox.queue("light", ONE, {"energy": 1.0})
    outbox.flush()
    (frame,) = edits(outbox)
    assert [(batch["kind"], batch["ids"]) for batch in frame["batches"]] == [("object", ONE + TWO), ("light", ONE)]
    assert frame["batches"][0]["columns"] == {"name": ["a", "b"]}


def test_newer_values_replace_unsent_ones(outbox):
    outbox.queue("object", ONE, {"name": "a"})
    outbox.queue("object", ONE, {"name": "b"})
    outbox.flush()
    assert edits(outbox)[0]["batches"][0]["columns"] == {"name": ["b"]}


def test_live_and_settled_edits_go_apart(outbox):
    outbox.queue("transform", ONE, {"location": [0.0] * 3}, live=True)
    outbox.queue("object", ONE, {"name": "a"})
    outbox.flush()
    assert [frame["live"] for frame in edits(outbox)] == [True, False]


def test_a_value_that_crosses_ours_is_older_until_ours_is_stamped(outbox):
    outbox.queue("object", ONE, {"name": "a"})
    assert outbox.newer_here("object", ONE, "name", 10**9)  # not even sent
    outbox.flush()
    sent = edits(outbox)[0]["id"]
    assert outbox.newer_here("object", ONE, "name", sent - 1)
    assert not outbox.newer_here("object", ONE, "name", sent)
    assert not outbox.newer_here("object", ONE, "color", 0)
    outbox.acknowledged(sent)
    assert outbox.idle and not outbox.newer_here("object", ONE, "name", 0)


def test_an_acknowledgement_of_an_older_value_leaves_the_newer(outbox):
    outbox.queue("object", ONE, {"name": "a"})
    outbox.flush()
    outbox.queue("object", ONE, {"name": "b"})
    outbox.flush()
    first, second = (frame["id"] for frame in edits(outbox))
    outbox.acknowledged(first)
    assert not outbox.idle
    outbox.acknowledged(second)
    assert outbox.idle


def test_many_rows_go_at_once_and_count_as_under_way(outbox):
    queue_locations(outbox, 1)
    (frame,) = edits(outbox)
    assert frame["batches"][0]["columns"]["location"].shape == (300,)
    assert outbox.newer_here("transform", MANY[7], "location", 0)
    assert not outbox.newer_here("transform", b"\xff" * 16, "location", 0)
    assert outbox.forgotten[-1][:2] == ("transform", b"".join(MANY))
    outbox.acknowledged(frame["id"])
    assert outbox.idle


def test_many_rows_come_after_what_was_queued_before(outbox):
    outbox.queue("transform", MANY[3], {"location": [9.0] * 3}, live=True)
    queue_locations(outbox, 1)
    assert [len(frame["batches"][0]["ids"]) for frame in edits(outbox)] == [16, 1600]


def test_many_rows_go_out_again_on_a_new_link(outbox, tmp_path):
    outbox.queue("transform", MANY[3], {"location": [9.0] * 3})
    queue_locations(outbox, 1)
    queue_locations(outbox, 2)
    outbox.queue("transform", MANY[4], {"location": [3.0] * 3})
    outbox.disconnect()
    queue_locations(outbox, 4)
    outbox.queue("transform", MANY[5], {"location": [5.0] * 3})
    outbox.connect(Link(), {"incoming": str(tmp_path)})
    outbox.flush()
    (frame,) = edits(outbox)
    assert not outbox.bulks and len(frame["batches"]) == 1
    values = frame["batches"][0]["columns"]["location"].reshape(-1, 3)[:, 0]
    ids = frame["batches"][0]["ids"]
    assert {ids[16 * row]: value for row, value in enumerate(values)} == {n: 5 if n == 5 else 4 for n in range(100)}


def test_newer_values_than_those_of_many_rows_stay(outbox, tmp_path):
    outbox.queue("transform", MANY[3], {"location": [9.0] * 3})
    queue_locations(outbox, 1)
    queue_locations(outbox, 2)
    outbox.queue("transform", MANY[4], {"location": [3.0] * 3})
    outbox.connect(Link(), {"incoming": str(tmp_path)})
    found = {key[1][0]: fields["location"][0][0] for key, fields in outbox.fields.items()}
    assert found == {n: 3 if n == 4 else 2 for n in range(100)}


def test_what_is_not_acknowledged_goes_out_again_on_a_new_link(outbox, tmp_path):
    outbox.queue("object", ONE, {"name": "a"})
    outbox.flush()
    outbox.disconnect()
    outbox.queue("object", ONE, {"color": [1.0]})
    outbox.connect(Link(), {"incoming": str(tmp_path)})
    outbox.flush()
    assert edits(outbox)[0]["batches"][0]["columns"] == {"name": ["a"], "color": [[1.0]]}


def test_many_rows_of_numbers_are_one_typed_array(outbox):
    for index in range(20):
        outbox.queue("transform", bytes([index]) * 16, {"location": [float(index), 0.5, -0.0]})
    outbox.flush()
    column = edits(outbox)[0]["batches"][0]["columns"]["location"]
    assert column.dtype == numpy.float32 and column.reshape(20, 3)[7].tolist() == [7.0, 0.5, 0.0]


def test_an_edit_makes_what_was_received_before_it_old(outbox):
    outbox.queue("object", ONE, {"name": "a"})
    assert outbox.forgotten == [("object", ONE, {"name": "a"})]


def test_much_of_one_entity_goes_in_several_edits(outbox):
    """A frame has a limit, and what does not fit it would never go."""
    outbox.connect(Link(), {**outbox.welcome, "limits": {"inline": 32768, "page": 1 << 18}})
    keys = {f"keys/{index}": numpy.full(8000, index, "f4") for index in range(200)}
    outbox.queue("mesh", ONE, keys)
    outbox.flush()
    sent = [frame["batches"][0]["columns"] for frame in edits(outbox)]
    assert len(sent) > 1 and all(sum(values.nbytes for (values,) in columns.values()) <= MAX_EDIT + 32000 for columns in sent)
    assert {name: values[0] for columns in sent for name, (values,) in columns.items()} == {name: index for index, name in enumerate(keys)}


def test_lists_and_maps_count_as_what_they_take(outbox):
    outbox.queue("object", ONE, {f"properties/{index}": {str(key): "x" * 50 for key in range(200)} for index in range(500)})
    outbox.flush()
    assert len(edits(outbox)) > 1


@pytest.mark.parametrize("before", (False, True))
def test_many_rows_that_meet_a_broken_link_go_out_on_the_next(outbox, tmp_path, before):
    outbox.connect(Broken(), outbox.welcome)
    if before:
        outbox.queue("object", ONE, {"name": "a"})
    queue_locations(outbox, 1)
    assert MANY[7] in b"".join(ids for _, ids, _ in outbox.forgotten), "what others did to them is older"
    outbox.connect(Link(), outbox.welcome)
    outbox.flush()
    assert sum(len(batch["ids"]) for frame in edits(outbox) for batch in frame["batches"] if batch["kind"] == "transform") == 1600


def test_more_rows_than_a_frame_takes_go_in_several(outbox):
    ids = b"".join(index.to_bytes(16, "big") for index in range(100000))
    outbox.queue_rows("transform", ids, {"matrix_world": numpy.zeros((100000, 16), "f4")})
    batches = [frame["batches"][0] for frame in edits(outbox)]
    assert b"".join(batch["ids"] for batch in batches) == ids
    assert all(len(batch["ids"]) + batch["columns"]["matrix_world"].nbytes <= MAX_EDIT for batch in batches)
    assert all(batch["columns"]["matrix_world"].size == len(batch["ids"]) for batch in batches)
    for frame in edits(outbox):
        outbox.acknowledged(frame["id"])
    assert outbox.idle


def refuse_all(outbox, is_bad):
    """What is left after every edit with a bad value has been refused: {(kind, UUID, field): value} that was taken, and what was given up."""
    taken, lost = {}, []
    while edits(outbox):
        frames, outbox.link.frames = outbox.link.frames, []
        for frame in (frame for frame in frames if frame["t"] == "edit"):
            batches = frame["batches"]
            cells = {
                ((b["kind"], b["ids"][16 * row:16 * row + 16]), field): column[row]
                for b in batches for field, column in b["columns"].items() for row in range(len(b["ids"]) // 16)
            }
            bad = [cell for cell, value in cells.items() if value == "bad"]
            if bad:
                lost += outbox.refused(frame["id"], bad[0] if is_bad == "told" else (None, None))
            else:
                taken.update(cells)
                outbox.acknowledged(frame["id"])
        outbox.flush()
    return taken, lost


@pytest.mark.parametrize("which", ("told", "not told"))
def test_a_refused_value_takes_no_other_with_it(outbox, which):
    outbox.queue("object", ONE, {"name": "a", "properties/p": "bad", "color": [1.0]})
    outbox.queue("object", TWO, {"name": "bad", "hide": True})
    outbox.flush()
    taken, lost = refuse_all(outbox, which)
    one, two = ("object", ONE), ("object", TWO)
    assert taken == {(one, "name"): "a", (one, "color"): [1.0], (two, "hide"): True}
    assert set(lost) == {(one, "properties/p"), (two, "name")} and outbox.idle and not outbox.suspect


def test_a_newer_value_stays_when_an_older_is_refused(outbox):
    outbox.queue("object", ONE, {"name": "bad", "hide": True})
    outbox.flush()
    outbox.queue("object", ONE, {"name": "good"})
    outbox.flush()
    first, second = (frame["id"] for frame in edits(outbox))
    assert outbox.refused(first, (("object", ONE), "name")) == []
    outbox.acknowledged(second)
    outbox.link.frames.clear()
    outbox.flush()
    assert [frame["batches"][0]["columns"] for frame in edits(outbox)] == [{"hide": [True]}]
