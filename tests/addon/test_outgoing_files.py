# SPDX-License-Identifier: Apache-2.0
"""Large values on their way to the agent, as files of pages."""

import contextlib
import hashlib
import pathlib
import threading
import time

import numpy
import pytest
from outboxes import ONE, TWO, Link, edits
from scenesync.kinds import Blob


def flush_all(outbox):
    outbox.flush()
    while outbox.hashing:
        time.sleep(0.001)
        outbox.flush()


@contextlib.contextmanager
def busy_thread(outbox):
    """Nothing is hashed meanwhile."""
    done = threading.Event()
    outbox.files.worker.submit(done.wait)
    try:
        yield
    finally:
        done.set()


def blobs_of(outbox):
    return [frame for frame in outbox.link.frames if frame["t"] == "blob"]


def test_small_edits_do_not_wait_for_large_ones(outbox):
    outbox.queue("mesh", ONE, {"positions": numpy.arange(200, dtype="float32"), "topology": "t"})
    outbox.queue("object", ONE, {"name": "a"})
    with busy_thread(outbox):
        outbox.flush()
    first = edits(outbox)[0]["batches"][0]
    flush_all(outbox)
    assert first["kind"] == "object"
    assert set(edits(outbox)[1]["batches"][0]["columns"]) == {"positions", "topology"}, "an entity goes whole"
    assert [frame["t"] for frame in outbox.link.frames] == ["edit"] + 4 * ["blob"] + ["edit"]


def test_only_the_newest_large_value_is_sent(outbox, tmp_path):
    with busy_thread(outbox):
        for first in range(5):
            outbox.queue("mesh", ONE, {"positions": numpy.arange(first, first + 200, dtype="float32")})
            outbox.flush()
    flush_all(outbox)
    assert len(edits(outbox)) == 1
    named = edits(outbox)[0]["batches"][0]["columns"]["positions"][0]["pages"]
    assert [frame["sha256"] for frame in blobs_of(outbox)] == named
    outbox.files.worker.shutdown()
    assert {str(path) for path in tmp_path.iterdir()} == {frame["path"] for frame in blobs_of(outbox)}, "the others leave nothing behind"


def test_large_values_go_out_again_on_a_new_link(outbox, tmp_path):
    outbox.queue("mesh", ONE, {"positions": numpy.arange(200, dtype="float32")})
    outbox.flush()
    outbox.connect(Link(), {"incoming": str(tmp_path), "limits": {"inline": 64, "page": 256}})
    flush_all(outbox)
    assert len(edits(outbox)) == 1 and len(blobs_of(outbox)) == 4


def test_a_blob_is_sent_as_a_file_once(outbox):
    for owner in (ONE, TWO):
        outbox.queue("image", owner, {"file": Blob(b"x" * 100, "image/png")})
    flush_all(outbox)
    (frame,) = blobs_of(outbox)
    assert frame["size"] == 100 and frame["type"] == "image/png"
    assert edits(outbox)[-1]["batches"][0]["columns"]["file"][0] == {"sha256": frame["sha256"], "size": 100, "type": "image/png"}


@pytest.mark.parametrize("vanishes", ("before its size is read", "before it is hashed"))
def test_a_file_that_is_not_there_holds_back_nothing_else(outbox, tmp_path, vanishes):
    path = tmp_path / "wood.png"
    path.write_bytes(b"x" * 100)
    with busy_thread(outbox):
        if vanishes == "before its size is read":
            path.unlink()
        outbox.queue("image", ONE, {"name": "wood", "file": Blob(path=str(path))})
        outbox.flush()
        path.unlink(missing_ok=True)
    flush_all(outbox)
    assert [frame["batches"][0]["columns"] for frame in edits(outbox)] == [{"name": ["wood"]}]
    ((key, field, error),) = outbox.failures
    assert (key, field, type(error)) == (("image", ONE), "file", FileNotFoundError) and not outbox.idle
    outbox.retry()
    flush_all(outbox)
    assert len(outbox.failures) == 2 and len(edits(outbox)) == 1
    path.write_bytes(b"y" * 100)
    outbox.retry()
    flush_all(outbox)
    assert edits(outbox)[-1]["batches"][0]["columns"]["file"][0]["sha256"] == hashlib.sha256(b"y" * 100).digest()


def test_a_newer_value_need_not_wait_for_a_file_that_is_not_there(outbox, tmp_path):
    outbox.queue("image", ONE, {"file": Blob(path=str(tmp_path / "wood.png"))})
    flush_all(outbox)
    outbox.queue("image", ONE, {"file": None})
    flush_all(outbox)
    assert edits(outbox)[0]["batches"][0]["columns"] == {"file": [None]}
    outbox.acknowledged(edits(outbox)[0]["id"])
    assert outbox.idle


def test_only_changed_pages_are_sent_again(outbox):
    array = numpy.arange(200, dtype="float32")
    outbox.queue("mesh", ONE, {"positions": array})
    flush_all(outbox)
    blobs = blobs_of(outbox)
    assert len(blobs) == 4
    for blob in blobs:
        data = pathlib.Path(blob["path"]).read_bytes()
        assert hashlib.sha256(data).digest() == blob["sha256"] and len(data) == blob["size"]
    changed = array.copy()
    changed[0] = -1
    outbox.queue("mesh", ONE, {"positions": changed})
    flush_all(outbox)
    assert len(blobs_of(outbox)) == 5
    before, after = (frame["batches"][0]["columns"]["positions"][0]["pages"] for frame in edits(outbox))
    assert before[1:] == after[1:] and before[0] != after[0]


def test_a_file_that_turns_out_to_be_unreadable_between_two_looks(outbox, tmp_path):
    """The thread ends whenever it likes."""

    class Job:
        """One that fails just after it has been asked whether it has ended."""

        asked = 0

        def done(self):
            self.asked += 1
            return self.asked > 1

        def exception(self):
            return OSError("the disk is gone")

        def result(self):
            raise OSError("the disk is gone")

    value = Blob(path=str(tmp_path / "wood.png"))
    outbox.files.jobs["image", ONE, "file"] = (value, Job())
    outbox.queue("image", ONE, {"file": value})
    outbox.flush()
    assert not edits(outbox) and outbox.hashing


def test_a_file_that_the_agent_did_not_get_is_handed_over_again(outbox):
    """An edit is refused when nobody has brought a file for a minute: its other values were taken."""
    outbox.queue("image", ONE, {"name": "wood", "file": Blob(b"x" * 100)})
    flush_all(outbox)
    outbox.missed(edits(outbox)[0]["id"])
    flush_all(outbox)
    assert len(blobs_of(outbox)) == 2 and len({frame["path"] for frame in blobs_of(outbox)}) == 2
    assert list(edits(outbox)[1]["batches"][0]["columns"]) == ["file"]
    outbox.acknowledged(edits(outbox)[1]["id"])
    assert outbox.idle
    outbox.queue("mesh", ONE, {"positions": numpy.arange(200, dtype="f4")})
    flush_all(outbox)
    outbox.missed(None)
    outbox.queue("mesh", ONE, {"positions": numpy.arange(1, 201, dtype="f4")})
    outbox.queue("mesh", ONE, {"positions": numpy.arange(200, dtype="f4")})
    flush_all(outbox)
    assert len(blobs_of(outbox)) == 2 + 4 + 4
