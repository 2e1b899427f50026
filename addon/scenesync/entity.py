# SPDX-License-Identifier: GPL-3.0-or-later
"""One entity's fields, whole: what its kind reads and writes, and the name and custom properties that every datablock has."""

from .kinds import KindError, properties


class Names:
    """Names that others gave and Blender could not: a clash makes it `.001` here, which is never sent."""

    def __init__(self):
        self.aliases = {}  # UUID → (name in the scene, name here)

    def read(self, uuid, block):
        alias = self.aliases.get(uuid)
        if alias is None:
            return block.name
        if alias[1] == block.name:
            return alias[0]
        del self.aliases[uuid]
        return block.name

    def write(self, ctx, uuid, block, name):
        self.aliases.pop(uuid, None)
        if block.name == name:
            return
        other = getattr(ctx.data, ctx.kind_of(block).collection).get(name)
        block.name = name
        self.note(uuid, block, name)
        if other is not None:
            self._gave_way(ctx.identity.known(other), other, name)

    def _gave_way(self, uuid, block, name):
        """On a clash Blender may as well rename the one that had the name: that is nobody's edit."""
        if uuid is not None and block.name != name:
            self.aliases[uuid] = (self.aliases.get(uuid, (name,))[0], block.name)

    def note(self, uuid, block, name):
        if block.name != name:
            self.aliases[uuid] = (name, block.name)

    def retry(self, ctx):
        """Give back names that have become free."""
        for uuid, (name, local) in list(self.aliases.items()):
            block = ctx.block(uuid)
            if block is None:
                del self.aliases[uuid]
                continue
            kind = ctx.kind_of(block)
            other = getattr(ctx.data, kind.collection).get(name)
            if other is not None and other.users == 0 and other.library is None and not kind.everything:
                other.name = f"{name} unused"  # a leftover of what was deleted here
                other = None
            if block.name == local and other is None:
                self.write(ctx, uuid, block, name)


def read(ctx, kind, uuid, block):
    """{field: value} of one entity."""
    fields = kind.read(ctx, block)
    if kind.collection:
        fields["name"] = ctx.names.read(uuid, block)
        fields.update(properties.read(block))
    return fields


def read_again(ctx, kind, uuid, block, names, before):
    """What `read` gives, when of what it gave `before` only what these fields are about need be looked at."""
    part = kind.read_part(ctx, block, names)
    if part is None:
        return read(ctx, kind, uuid, block)
    prefixes, fields = part
    values = dict(before)
    for name in [name for name in before if name.startswith(prefixes)]:
        del values[name]
    for name, value in fields.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return values


def write(ctx, kind, uuid, block, fields):
    """Apply fields to a datablock. Returns {field: KindError, or OSError where a file cannot be read} of what fails: it does not keep the rest."""
    errors = {}
    own = {}
    for field, value in fields.items():
        if field == "name" and kind.collection:
            if isinstance(value, str) and value:
                ctx.names.write(ctx, uuid, block, value)
        elif not field.startswith(properties.PREFIXES) or not kind.collection:
            own[field] = value
    ctx.writing = (uuid, kind.name, own)
    try:
        for field in own:
            ctx.unwant(uuid, kind.name, field)
        if kind.collection and len(own) < len(fields):
            for field in properties.write(block, fields):
                ctx.follow(block, field)
        if own:
            _write_own(ctx, kind, block, own, errors)
    finally:
        ctx.writing = None
    return errors


def _write_own(ctx, kind, block, fields, errors):
    """All at once; when something fails, one by one, so that only what fails is left out."""
    try:
        kind.write(ctx, block, fields)
        return
    except Exception as error:  # whatever a hostile or future value does, the rest goes on
        if len(fields) == 1:
            (field,) = fields
            errors[field] = _as_kind_error(error, field)
            return
    for field, value in fields.items():
        try:
            kind.write(ctx, block, {field: value})
        except Exception as error:
            errors[field] = _as_kind_error(error, field)


def _as_kind_error(error, field):
    if isinstance(error, (KindError, OSError)):
        return error
    return KindError(field, f"{type(error).__name__}: {error}")
