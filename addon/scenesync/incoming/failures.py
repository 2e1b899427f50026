# SPDX-License-Identifier: GPL-3.0-or-later
"""What others set and this Blender failed to take: remembered until it has another value, as until then not everything known is applied."""


class Failures:
    def __init__(self, session):
        self.session = session
        self.fields = {}  # (kind, UUID) → {field}

    def __len__(self):
        return sum(map(len, self.fields.values()))

    def note(self, kind, uuid, errors):
        """These fields, {field: error}, could not be applied."""
        for error in dict.fromkeys(errors.values()):
            self.session.failed(kind, error)
        if errors:
            self.fields.setdefault((kind, uuid), set()).update(errors)

    def forget(self, kind, uuid, fields):
        """These fields have new values: ours, or others' that have yet to be applied."""
        failed = self.fields.get((kind, uuid))
        if failed is None:
            return
        decided_by = self.session.ctx.kinds[kind].decided_by
        failed.difference_update([field for field in failed if decided_by(field, fields) in fields])
        if not failed or fields.get("deleted") is True:
            del self.fields[kind, uuid]
