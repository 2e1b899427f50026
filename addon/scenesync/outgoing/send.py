# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits on their way to the agent: grouped into columns, large values into files, and remembered until the agent has acknowledged them."""

from contextlib import suppress

import numpy

from ..link import LinkError
from .files import Files

MAX_BACKLOG = 8 << 20  # bytes not yet taken by the socket; above it newer values replace older ones here
MAX_EDIT = 4 << 20  # bytes of one edit frame, roughly
MAX_VALUE = 64 << 10  # bytes of one value that the agent takes
TYPED_ROWS = 16  # from this many rows numbers travel as a typed array
MANY_ROWS = 64  # more rows of arrays than this are sent at once


class Bulk:
    """Many rows sent at once: too many to remember one by one."""

    def __init__(self, kind, ids, columns):
        self.edit_id = None
        self.kind = kind
        self.ids = ids  # bytes
        self.columns = columns
        self.overruled = set()  # (UUID, field) that somebody else has set since
        self._members = None

    def has(self, uuid):
        if self._members is None:
            self._members = set(uuids_in(self.ids))
        return uuid in self._members

    def parts(self):
        """The same in as many as it takes for each to fit a frame."""
        step = MAX_EDIT // (16 + sum(column[0].nbytes for column in self.columns.values()))
        for start in range(0, len(self.ids) // 16, step):
            rows = slice(start, start + step)
            yield Bulk(self.kind, self.ids[16 * rows.start:16 * rows.stop], {name: column[rows] for name, column in self.columns.items()})

    def rows(self):
        """(UUID, {field: value}) one by one."""
        lists = {name: column.tolist() for name, column in self.columns.items()}
        for row, uuid in enumerate(uuids_in(self.ids)):
            fields = {name: values[row] for name, values in lists.items() if (uuid, name) not in self.overruled}
            if fields:
                yield uuid, fields


class Outbox:
    def __init__(self, superseded, unreadable):
        self.superseded = superseded  # called with kind, UUIDs (one bytes object) and fields: what others wrote to them before is older
        self.unreadable = unreadable  # called with (kind, UUID), field and OSError: that value waits for `retry`
        self.fields = {}  # (kind, UUID) → {field: (value, edit id or None)}
        self.unsent = {}  # (kind, UUID) → live?, in order
        self.by_id = {}  # edit id → [((kind, UUID), fields)]
        self.bulks = {}  # edit id → Bulk
        self.next_id = 1
        self.link = None
        self.welcome = {}
        self.files = Files()
        self.hashing = {}  # (kind, UUID) → live?: not sent before all large values are hashed
        self.stuck = set()  # ((kind, UUID), field) whose file could not be read or written
        self.suspect = set()  # ((kind, UUID), field) of an edit that was refused: each goes by itself

    # ---- the link comes and goes

    def connect(self, link, welcome):
        """A new connection: everything unacknowledged goes out again."""
        self.link = link
        self.welcome = welcome
        self.files.connect(link, welcome)
        self.hashing.clear()
        self.stuck.clear()
        for bulk in self.bulks.values():
            self._remember_rows(bulk)
        self.bulks.clear()
        for key, fields in self.fields.items():
            for field, (value, _) in fields.items():
                fields[field] = (value, None)
            self.unsent[key] = False
        self.by_id.clear()

    def _remember_rows(self, bulk):
        """As if they had been sent one by one."""
        for uuid, fields in bulk.rows():
            mine = self.fields.setdefault((bulk.kind, uuid), {})
            for name, value in fields.items():
                _, edit_id = mine.get(name, (None, 0))
                if edit_id is not None and edit_id < bulk.edit_id:
                    mine[name] = (value, bulk.edit_id)

    def disconnect(self):
        self.link = None

    def close(self):
        self.disconnect()
        self.files.close()

    @property
    def idle(self):
        """Nothing waits to be sent or acknowledged."""
        return not self.fields and not self.bulks

    def unsent_fields(self):
        """((kind, UUID), {field: value}) of what the agent has not been given, for all that is known."""
        lost = self.link is None or self.link.backlog > 0
        if lost:
            for bulk in self.bulks.values():
                self._remember_rows(bulk)
        for key, fields in self.fields.items():
            yield key, {field: value for field, (value, edit_id) in fields.items() if lost or edit_id is None}

    # ---- edits

    def queue(self, kind, uuid, fields, live=False):
        """Send these fields (None removes) with the next flush."""
        key = (kind, uuid)
        mine = self.fields.setdefault(key, {})
        for field, value in fields.items():
            mine[field] = (value, None)
            self.stuck.discard((key, field))
            self.suspect.discard((key, field))
        self.unsent[key] = live and self.unsent.get(key, True)
        self.superseded(kind, uuid, fields)

    def queue_rows(self, kind, ids, columns, live=False):
        """The same for many rows: `ids` is bytes, `columns` {field: array of rows × width}."""
        bulk = Bulk(kind, ids, columns)
        if len(ids) > 16 * MANY_ROWS and self._has_room():
            self.superseded(kind, ids, columns)
            for part in bulk.parts():
                self._send_bulk(part, live)
            return
        for uuid, fields in bulk.rows():
            self.queue(kind, uuid, fields, live)

    def _has_room(self):
        """Whether nothing that was queued before and is older is left to be sent."""
        with suppress(LinkError):
            self.flush()
        return self.link is not None and not self.unsent

    def _send_bulk(self, bulk, live):
        """A broken link is left to whoever reads from it: on the next all that is not acknowledged goes out again."""
        bulk.edit_id = self._take_id()
        self.bulks[bulk.edit_id] = bulk
        batch = {"kind": bulk.kind, "ids": bulk.ids, "columns": {name: column.reshape(-1) for name, column in bulk.columns.items()}}
        with suppress(LinkError):
            self.link.send({"t": "edit", "id": bulk.edit_id, "live": live, "batches": [batch]})

    def newer_here(self, kind, uuid, field, after):
        """Whether an edit of ours that the agent had not stamped at `after` sets this field."""
        mine = self.fields.get((kind, uuid))
        if mine is not None and field in mine:
            edit_id = mine[field][1]
            if edit_id is None or edit_id > after:
                return True
        return any(
            bulk.edit_id > after and bulk.kind == kind and field in bulk.columns and bulk.has(uuid) for bulk in self.bulks.values()
        )

    def overruled(self, kind, uuid, field):
        """The agent has stamped what we sent of this field, and knows something newer: that is not to go out again."""
        mine = self.fields.get((kind, uuid), {})
        if mine.pop(field, None) is not None and not mine:
            del self.fields[kind, uuid]
        for bulk in self.bulks.values():
            if bulk.kind == kind and field in bulk.columns and bulk.has(uuid):
                bulk.overruled.add((uuid, field))

    def acknowledged(self, edit_id):
        self.bulks.pop(edit_id, None)
        for key, fields in self.by_id.pop(edit_id, ()):
            mine = self.fields.get(key)
            if mine is None:
                continue
            for field in fields:
                if field in mine and mine[field][1] == edit_id:
                    del mine[field]
                    self.suspect.discard((key, field))
            if not mine:
                del self.fields[key]

    def refused(self, edit_id, place):
        """The agent did not take this edit because of the value at `place`, ((kind, UUID), field), or of one of its values, where it does not say so.
        What else it says goes out again. Returns the places of what does not."""
        places = [(key, field) for key, fields in self.by_id.get(edit_id, ()) for field in fields]
        bad = [place] if place in places else places if len(places) == 1 else []
        places = [(key, field) for key, field in places if self.fields.get(key, {}).get(field, (None, 0))[1] == edit_id]  # nothing newer
        if not bad:
            self.suspect.update(places)
        for key, field in places:
            if (key, field) not in bad:
                self.fields[key][field] = (self.fields[key][field][0], None)
                self.unsent.setdefault(key, False)
        self.acknowledged(edit_id)
        return [known for known in bad if known in places]

    def missed(self, edit_id):
        """The agent did not get a file; if this is not None, it took that edit all the same. All files are handed over again with what names them,
        and that edit's at once. Returns the places of these, ((kind, UUID), field)."""
        self.files.sent.clear()
        places = []
        for key, fields in self.by_id.get(edit_id, ()):
            mine = self.fields.get(key, {})
            for field in fields:
                value, sent_with = mine.get(field, (None, None))
                if sent_with == edit_id and self.files.is_work(value):
                    mine[field] = (value, None)
                    self.unsent.setdefault(key, False)
                    places.append((key, field))
        self.acknowledged(edit_id)
        return places

    def flush(self):
        """Send what is unsent, as far as the link takes it and large values are hashed."""
        while self.files.finished:
            key = self.files.finished.popleft()
            if key in self.hashing:
                self.unsent.setdefault(key, self.hashing.pop(key))
        while self.link is not None and self.unsent and self.link.backlog <= MAX_BACKLOG:
            self._send_some()

    def retry(self):
        """Try again what could not be read or written."""
        for key, _ in self.stuck:
            self.unsent.setdefault(key, False)
        self.stuck.clear()

    def _send_some(self):
        """One edit frame: the oldest unsent entities that are as live as the first."""
        groups = {}
        sent = []
        size = 0
        live = next(iter(self.unsent.values()))
        for key in [key for key, is_live in self.unsent.items() if is_live == live]:
            del self.unsent[key]
            fields = {field: value for field, (value, edit_id) in self.fields.get(key, {}).items() if edit_id is None}
            if not all([self._ready(key, field, value) for field, value in fields.items()]):
                self.hashing[key] = live
                continue
            waiting = {field: value for field, value in fields.items() if (key, field) not in self.stuck}
            fields, alone = self._together(key, waiting, sent)
            encoded = {}
            for field, value in fields.items():
                encoded[field] = self.files.encode((*key, field), value)
                size += 4 * len(field) + _size(encoded[field])
                if size > MAX_EDIT:
                    break
            if len(encoded) < len(waiting):
                self.unsent[key] = live
            if not encoded:
                continue
            groups.setdefault((key[0], tuple(encoded)), []).append((key[1], encoded))
            sent.append((key, tuple(encoded)))
            if size > MAX_EDIT or alone:
                break
        if not sent:
            return
        edit_id = self._take_id()
        self.by_id[edit_id] = sent
        for key, names in sent:
            mine = self.fields[key]
            for name in names:
                mine[name] = (mine[name][0], edit_id)
        batches = [_batch(kind, names, rows) for (kind, names), rows in groups.items()]
        self.link.send({"t": "edit", "id": edit_id, "live": live, "batches": batches})

    def _together(self, key, fields, sent):
        """Those of these fields that can go with what is `sent` in one edit, and whether nothing can go with them: a value that is too large is
        refused with all that comes with it."""
        apart = [field for field, value in fields.items() if _is_large(value) or (key, field) in self.suspect]
        if len(apart) < len(fields):
            return {field: value for field, value in fields.items() if field not in apart} if apart else fields, False
        return {} if sent else {field: fields[field] for field in apart[:1]}, True

    def _ready(self, key, field, value):
        """Whether nothing of this value is to be waited for: it can be sent, or is stuck."""
        try:
            return (key, field) in self.stuck or self.files.ready((*key, field), value)
        except OSError as error:
            self.stuck.add((key, field))
            self.unreadable(key, field, error)
            return True

    def _take_id(self):
        self.next_id += 1
        return self.next_id - 1


def uuids_in(ids):
    """The UUIDs of 16 bytes each that a bytes object holds."""
    return [ids[at:at + 16] for at in range(0, len(ids), 16)]


def _is_large(value):
    """Whether the agent may find it too large; arrays and files never are."""
    return isinstance(value, (str, bytes, list, dict)) and _size(value) > MAX_VALUE


def _size(value):
    """What a value takes at most."""
    if isinstance(value, numpy.ndarray):
        return 6 + value.nbytes
    if isinstance(value, dict):
        return 5 + sum(_size(key) + _size(item) for key, item in value.items())
    if isinstance(value, list):
        return 5 + sum(map(_size, value))
    return 5 + 4 * len(value) if isinstance(value, (str, bytes)) else 9


def _batch(kind, names, rows):
    columns = {name: _column([fields[name] for _, fields in rows]) for name in names}
    return {"kind": kind, "ids": b"".join(uuid for uuid, _ in rows), "columns": columns}


def _column(values):
    """A typed array where every row holds a float or a vector of the same number of floats, else the list."""
    first = values[0]
    if len(values) < TYPED_ROWS or not isinstance(first, (float, list)):
        return values
    if isinstance(first, list):
        if len(first) < 2 or any(not isinstance(v, list) or len(v) != len(first) or any(type(x) is not float for x in v) for v in values):
            return values
    elif any(type(v) is not float for v in values):
        return values
    wide = numpy.array(values, numpy.float64).reshape(-1)
    with numpy.errstate(over="ignore"):
        narrow = wide.astype(numpy.float32)
    return narrow if numpy.array_equal(narrow.astype(numpy.float64), wide, equal_nan=True) else wide
