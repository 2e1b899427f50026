# SPDX-License-Identifier: GPL-3.0-or-later
"""Large values → files for the agent. They are cut into pages, hashed and written in a thread: a large image takes longer than a tick may.

Between `ready` and `encode` everything is told to the agent by whoever calls; the thread only reads values that nobody changes.
"""

import collections
import hashlib
import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import numpy

from ..kinds import Blob
from ..msgpack import EXT_OF

INLINE, PAGE = 32768, 262144  # where the agent does not say


class Files:
    def __init__(self):
        self.worker = ThreadPoolExecutor(1, "scenesync-files")
        self.link = None
        self.welcome = {}
        self.jobs = {}  # (kind, UUID, field) → (value, Future of a Prepared)
        self.pages = {}  # (kind, UUID, field) → (bytes, [digest of each page]), as sent last
        self.sent = set()  # digests of what the agent was given on this connection
        self.finished = collections.deque()  # (kind, UUID) of jobs that have ended

    def connect(self, link, welcome):
        """A new connection: the agent may have lost what it was given."""
        self.link, self.welcome = link, welcome
        self.sent.clear()
        for place in list(self.jobs):
            self._discard(place)

    def close(self):
        self.worker.shutdown(wait=False)

    def ready(self, place, value):
        """Whether `encode` can give this value at once. If not, the thread has begun with it, and `finished` will tell.

        Raises OSError where its file cannot be read, or the agent's not be written. The next call tries again.
        """
        known, job = self.jobs.get(place, (None, None))
        if job is None or known is not value:
            self._discard(place)
            if not self.is_work(value):
                return True
            job = self.worker.submit(self._prepare, place, value)
            self.jobs[place] = (value, job)
            job.add_done_callback(lambda _: self.finished.append(place[:2]))
        if not job.done():
            return False
        if job.exception() is not None:
            del self.jobs[place]
            raise job.exception()
        return True

    def encode(self, place, value):
        """A value that is `ready` as it travels. Its files are handed to the agent before."""
        if place not in self.jobs:
            return _inline(value)
        _, job = self.jobs.pop(place)
        prepared = job.result()
        for frame in prepared.frames:
            self._hand_over(frame)
        if prepared.pages is not None:
            self.pages[place] = prepared.pages
        return prepared.value

    def _hand_over(self, frame):
        if frame["sha256"] in self.sent:
            os.remove(frame["path"])
            return
        self.link.send(frame)
        self.sent.add(frame["sha256"])

    def _discard(self, place):
        """A newer value has come, or another connection."""
        _, job = self.jobs.pop(place, (None, None))
        if job is not None and not job.cancel():
            job.add_done_callback(_remove_files)

    def _limit(self, name, default):
        value = self.welcome.get("limits", {}).get(name, default)
        return value if isinstance(value, int) and value > 0 else default

    def is_work(self, value):
        """Whether it is large, or has yet to be read."""
        if isinstance(value, Blob):
            return value.in_file or len(value.data) > self._limit("inline", INLINE)
        return isinstance(value, numpy.ndarray) and value.nbytes > self._limit("inline", INLINE)

    # ---- in the thread

    def _prepare(self, place, value):
        return self._prepare_blob(value) if isinstance(value, Blob) else self._prepare_array(place, value)

    def _prepare_blob(self, blob):
        data = blob.data
        if len(data) <= self._limit("inline", INLINE):
            return Prepared(data, [])
        value = {"sha256": blob.digest(data), "size": len(data)}
        if blob.type:
            value["type"] = blob.type
        return Prepared(value, [self._write(dict(value), data)] if value["sha256"] not in self.sent else [])

    def _prepare_array(self, place, array):
        """The digest of every page. Only pages that differ from what was sent last are hashed and written."""
        flat = numpy.ascontiguousarray(array).reshape(-1)
        data = flat.view(numpy.uint8)
        page = self._limit("page", PAGE)
        before, known = self.pages.get(place, (data[:0], ()))
        digests, frames = [], []
        for index, start in enumerate(range(0, len(data), page)):
            part = data[start:start + page]
            if index < len(known) and known[index] in self.sent and numpy.array_equal(before[start:start + page], part):
                digests.append(known[index])
                continue
            digests.append(hashlib.sha256(part).digest())
            if digests[-1] not in self.sent:
                frames.append(self._write({"sha256": digests[-1], "size": len(part)}, part))
        value = {"page": page, "pages": digests, "size": flat.nbytes, "ext": EXT_OF[flat.dtype.newbyteorder("<")]}
        return Prepared(value, frames, (data, digests))

    def _write(self, frame, data):
        """The frame that hands a finished file to the agent."""
        frame.update(t="blob", path=os.path.join(self.welcome["incoming"], uuid.uuid4().hex))
        with open(frame["path"], "wb") as file:
            file.write(data)
        return frame


class Prepared:
    """A value as it travels, the frames that hand over its files, and its pages."""

    def __init__(self, value, frames, pages=None):
        self.value = value
        self.frames = frames
        self.pages = pages


def _inline(value):
    if isinstance(value, numpy.ndarray):
        return numpy.ascontiguousarray(value).reshape(-1)
    return value.data if isinstance(value, Blob) else value


def _remove_files(job):
    """Of a job that nobody waits for any more."""
    if job.exception() is None:
        for frame in job.result().frames:
            os.remove(frame["path"])
