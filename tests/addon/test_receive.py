# SPDX-License-Identifier: Apache-2.0
"""What the agent tells: which of it is newer than our own edits, and what waits for its files."""

import os
import pathlib
import types

import numpy
import pytest
from outboxes import MANY, ONE, Link, edits, queue_locations
from scenesync.incoming.receive import Receive
from scenesync.outgoing.send import Outbox


class Kind:
    def field(self, name):
        return None

    def decided_by(self, name, changes):
        return name


class Session:
    """As much of one as Receive needs; `applied` and `sent` say what came of it."""

    def __init__(self, folder):
        self.applied, self.sent, self.errors = {}, [], []
        self.ctx = types.SimpleNamespace(kinds={"object": Kind(), "transform": Kind(), "image": Kind()})
        self.outbox = Outbox(lambda *edit: None, lambda *failure: None)
        self.outbox.connect(Link(), {"incoming": str(folder), "cache": str(folder)})
        self.apply = types.SimpleNamespace(put=lambda kind, uuid, fields: self.applied.setdefault((kind, uuid), {}).update(fields))
        self.receive = Receive(self)
        self.send = self.sent.append

    def change(self, kind, uuid, after=0, **fields):
        self.receive.change({"after": after, "batches": [{"kind": kind, "ids": uuid, "columns": {name: [v] for name, v in fields.items()}}]})

    def called(self, key, field):
        return f"{key[0]} called so, {field}"

    def failed(self, cause, error):
        self.errors.append((cause, str(error)))

    fail = failed


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path)


def reconnected(outbox):
    """What goes out on a new link."""
    outbox.disconnect()
    outbox.connect(Link(), outbox.welcome)
    outbox.flush()
    return [batch["columns"] for frame in edits(outbox) for batch in frame["batches"]]


def test_an_edit_that_another_has_overruled_does_not_go_out_again(session):
    """The agent knew it before it was lost: it would be the newest then, and here theirs would stay."""
    session.outbox.queue("object", ONE, {"name": "mine", "hide": True})
    session.outbox.flush()
    session.change("object", ONE, after=edits(session.outbox)[0]["id"], name="theirs")
    assert session.applied == {("object", ONE): {"name": "theirs"}}
    assert reconnected(session.outbox) == [{"hide": [True]}]


def test_a_row_of_many_that_another_has_overruled_does_not_go_out_again(session):
    queue_locations(session.outbox, 1)
    session.change("transform", MANY[7], after=edits(session.outbox)[0]["id"], location=[2.0, 0.0, 0.0])
    assert session.applied == {("transform", MANY[7]): {"location": [2.0, 0.0, 0.0]}}
    (columns,) = reconnected(session.outbox)
    assert numpy.size(columns["location"]) == 3 * (len(MANY) - 1)
    session.outbox.acknowledged(edits(session.outbox)[0]["id"])
    assert session.outbox.idle


def test_an_edit_that_crosses_theirs_goes_out_again(session):
    session.outbox.queue("object", ONE, {"name": "mine"})
    session.outbox.flush()
    session.change("object", ONE, name="theirs")
    assert not session.applied and reconnected(session.outbox) == [{"name": ["mine"]}]


DIGEST = bytes(range(32))
FILE = {"sha256": DIGEST, "size": 3}


def put_into_cache(session, digest=DIGEST):
    folder = pathlib.Path(session.outbox.welcome["cache"], digest.hex()[:2])
    folder.mkdir(exist_ok=True)
    (folder / digest.hex()).write_bytes(b"abc")


def test_a_file_that_the_agent_cannot_give_is_asked_for_again(session):
    session.change("image", ONE, file=FILE)
    assert session.sent == [{"t": "want", "sha256": DIGEST}] and not session.receive.idle
    session.receive.retry()
    assert len(session.sent) == 1, "it is being fetched"
    session.receive.denied("the store does not have this blob yet")
    assert session.errors == [("files", "image called so, file: the store does not have this blob yet")]
    session.receive.retry()
    session.receive.retry()
    assert session.sent == [{"t": "want", "sha256": DIGEST}] * 2 and not session.receive.idle
    session.receive.denied("the store does not have this blob yet")
    put_into_cache(session)
    session.receive.retry()
    assert session.applied["image", ONE]["file"].data == b"abc" and session.receive.idle


def test_a_file_that_cannot_be_read_when_it_is_written_is_tried_again(session):
    put_into_cache(session)
    session.change("image", ONE, file=FILE)
    file = session.applied.pop(("image", ONE))["file"]
    os.remove(file.path)
    session.receive.unreadable("image", ONE, "file", file, FileNotFoundError("gone"))
    assert session.errors == [("files", "gone")] and not session.receive.idle
    session.receive.retry()
    assert not session.applied and session.sent == [{"t": "want", "sha256": DIGEST}]
    put_into_cache(session)
    session.receive.have({"sha256": DIGEST})
    assert session.applied["image", ONE]["file"].data == b"abc" and session.receive.idle
