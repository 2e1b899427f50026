# SPDX-License-Identifier: GPL-3.0-or-later
"""Change frames → what is to be applied: checked, taken out of their columns, and without what is older than our own edits."""

import os

import numpy

from ..kinds import Blob
from ..kinds.transform import WIDTHS
from ..msgpack import EXT_TYPES

MANY_ROWS = 64
UNREADABLE = None
PLAIN = frozenset((bool, int, float, str, list, type(None)))  # what is never a file


class Moved:
    """Many rows of transforms, to be applied together."""

    def __init__(self, ids, columns, after):
        self.ids = ids  # list of UUIDs
        self.columns = columns
        self.after = after
        self.start = 0  # rows before this one are done


class Receive:
    def __init__(self, session):
        self.session = session
        self.waiting = {}  # (kind, UUID) → {field: value} whose files are not in the cache yet, or could not be read
        self.wanted = {}  # digest, or UNREADABLE → {(kind, UUID, field)} that may be among those
        self.was_denied = False  # the agent could not give a file since the last `retry`

    @property
    def idle(self):
        return not any(self.waiting.values())

    def forget(self):
        """What an earlier agent began to tell and has not been applied: this one begins anew."""
        self.waiting.clear()
        self.wanted.clear()
        for items in self.session.apply.inbox.values():
            items.clear()

    def change(self, frame):
        """Take one `change` frame apart."""
        after = frame.get("after")
        after = after if isinstance(after, int) else 1 << 62
        for batch in frame.get("batches") or ():
            try:
                self._batch(batch, after)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                self.session.failed("change", error)

    def _batch(self, batch, after):
        kind = batch["kind"]
        ids = batch["ids"]
        count = len(ids) // 16
        columns = {name: _rows(column, count) for name, column in batch["columns"].items()}
        if kind not in self.session.ctx.kinds or not count:
            return
        if kind == "transform" and count > MANY_ROWS and self._moved(ids, columns, after):
            return
        known = self.session.ctx.kinds[kind]
        lists = {name: _values(known.field(name), column) for name, column in columns.items()}
        for row in range(count):
            uuid = ids[16 * row:16 * row + 16]
            self.entity(kind, uuid, {name: column[row] for name, column in lists.items()}, after)

    def _moved(self, ids, columns, after):
        """Keep columns of transforms as they are when no row needs a closer look."""
        mine = {name: column for name, column in columns.items() if name in WIDTHS}
        if any(not isinstance(c, numpy.ndarray) or c.ndim != 2 or c.shape[1] != WIDTHS[n] for n, c in mine.items()):
            return False
        rows = self.session.mirror.transforms.rows
        uuids = [ids[at:at + 16] for at in range(0, len(ids), 16)]
        outbox = self.session.outbox
        older, held = self.session.apply.inbox["transform"], self.session.apply.held
        busy = held.keys() | outbox.fields.keys()
        if any(uuid not in rows or uuid in older or ("transform", uuid) in busy for uuid in uuids) or outbox.bulks:
            return False
        self.session.apply.moves.add(Moved(uuids, mine, after))
        return True

    def entity(self, kind, uuid, fields, after):
        """Pass on the fields that are newer than our own edits."""
        self._drop(kind, uuid, fields)
        outbox = self.session.outbox
        busy = not outbox.idle
        taken, unread = {}, {}
        for field, value in fields.items():
            if busy and (outbox.newer_here(kind, uuid, field, after) or self._decided_here(kind, uuid, field, fields, after)):
                continue
            if busy:
                outbox.overruled(kind, uuid, field)
            try:
                taken[field] = value if value.__class__ in PLAIN else self._value(kind, uuid, field, value)
            except _Missing as missing:
                self._wait(missing.digest, kind, uuid, field, value)
            except OSError as error:
                self.unreadable(kind, uuid, field, value, error)
            except (ValueError, TypeError, KeyError) as error:
                unread[field] = error
        if taken:
            self.session.apply.put(kind, uuid, taken)
        if unread:
            self.session.apply.failures.note(kind, uuid, unread)

    def _decided_here(self, kind, uuid, field, fields, after):
        """Whether an edit of ours decides over this field, such as a topology over its arrays. Saying the same again decides nothing."""
        outbox = self.session.outbox
        mine = outbox.fields.get((kind, uuid), {})
        decider = self.session.ctx.kinds[kind].decided_by(field, mine)
        return decider != field and outbox.newer_here(kind, uuid, decider, after) and fields.get(decider) != mine[decider][0]

    # ---- values that are files

    def _value(self, kind_name, uuid, field, value):
        kind = self.session.ctx.kinds[kind_name]
        if isinstance(value, dict):
            if "pages" in value and "ext" in value:
                return self._pages(kind_name, uuid, field, value)
            if "sha256" in value and "size" in value:
                path = self._path(value["sha256"], kind_name, field)
                return Blob(path=path, type=value.get("type"), sha256=value["sha256"])
        elif isinstance(value, Blob) and value.in_file:
            self._path(value.sha256, kind_name, field)  # it was there once
        elif isinstance(value, bytes) and getattr(kind.field(field), "type", None) == "blob":
            return Blob(value)
        return value

    def _pages(self, kind, uuid, field, value):
        dtype = numpy.dtype(EXT_TYPES[value["ext"]])
        paths = [self._path(digest, kind, field) for digest in value["pages"]]
        if sum(os.path.getsize(path) for path in paths) != value["size"] or value["size"] % dtype.itemsize:
            raise ValueError(f"{kind} {field}: its pages are not of the size it says")
        data = numpy.empty(value["size"], numpy.uint8)
        at = 0
        for path in paths:
            with open(path, "rb") as file:
                at += file.readinto(memoryview(data)[at:])
        array = data.view(dtype)
        array.flags.writeable = False
        return array

    def _path(self, digest, kind, field):
        if not isinstance(digest, bytes) or len(digest) != 32:
            raise ValueError(f"{kind} {field}: not the name of a blob")
        name = digest.hex()
        path = os.path.join(self.session.outbox.welcome["cache"], name[:2], name)
        if not os.path.exists(path):
            raise _Missing(digest)
        return path

    # ---- values that wait for their files

    def _wait(self, digest, kind, uuid, field, value):
        self.waiting.setdefault((kind, uuid), {})[field] = value
        self.wanted.setdefault(digest, set()).add((kind, uuid, field))
        if digest is not UNREADABLE:
            self.session.send({"t": "want", "sha256": digest})

    def _drop(self, kind, uuid, fields):
        """These fields have other values: those that wait for their files are older."""
        waiting = self.waiting.get((kind, uuid))
        if waiting is None:
            return
        for field in waiting.keys() & fields.keys():
            del waiting[field]

    def unreadable(self, kind, uuid, field, value, error):
        """The file that this value is could not be read: by and by it may."""
        self._wait(UNREADABLE, kind, uuid, field, value)
        self.session.failed("files", error)

    def have(self, frame):
        """A blob that was wanted is in the cache."""
        self._read_again(frame.get("sha256"))

    def denied(self, text):
        """The agent cannot give a blob that was wanted; it does not say which."""
        self.was_denied = True
        key, fields = next(((key, fields) for key, fields in self.waiting.items() if fields), (None, None))
        self.session.fail("files", text if key is None else f"{self.session.called(key, next(iter(fields)))}: {text}")

    def retry(self):
        """Files that could not be read, or not be had."""
        digests = list(self.wanted) if self.was_denied else [UNREADABLE]
        self.was_denied = False
        for digest in digests:
            self._read_again(digest)

    def _read_again(self, digest):
        for kind, uuid, field in self.wanted.pop(digest, ()):
            waiting = self.waiting.get((kind, uuid), {})
            if field in waiting:
                self.entity(kind, uuid, {field: waiting[field]}, 1 << 62)


class _Missing(Exception):
    """A blob is not in the cache yet; the field comes again with it."""

    def __init__(self, digest):
        super().__init__(digest)
        self.digest = digest


def _values(field, column):
    """A column's values as a list. A typed array may hold whole numbers as floats: those are ints, unless the schema says floats."""
    if not isinstance(column, numpy.ndarray):
        return column
    values = column.tolist()
    if field is not None and (field.type in ("float", "color") or (field.type == "vector" and field.element in (None, "f32", "f64"))):
        return values
    return [_whole(value) for value in values]


def _whole(value):
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _rows(column, count):
    """A column as something with one item per row; typed arrays become rows × width."""
    if isinstance(column, numpy.ndarray):
        if column.size % count:
            raise ValueError("a column that does not fit its rows")
        width = column.size // count
        return column.reshape(count, width) if width != 1 else column
    if not isinstance(column, list) or len(column) != count:
        raise ValueError("a column that does not fit its rows")
    return column
