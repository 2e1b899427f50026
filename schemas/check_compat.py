#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Refuses a schema that breaks an older one: check_compat.py [OLD [NEW]], each a schema folder or a lock file.

What is there may neither go, nor change its type, nor become required; words and room may only be added. OLD is v1.lock.json when
left out, NEW this folder.
"""
import json
import sys
from pathlib import Path

from load import HERE, Schema, SchemaError

LOCK = HERE / "v1.lock.json"
FIXED = ("type", "shape", "element", "size", "multiple", "unit", "of")  # a change of these is another type


def summary(schema) -> dict:
    """What a schema promises, by `kinds/object/name` or `mqtt/state/seq`."""
    promises = {}
    for name, kind in schema.kinds.items():
        promises |= _promises(f"kinds/{name}", kind["fields"], lambda field, spec, kind=kind: field in kind["required"])
    for channel, messages in schema.messages.items():
        for name, message in messages.items():
            promises |= _promises(f"{channel}/{name}", message["keys"], lambda key, spec: not spec.get("optional"))
    return promises


def _promises(prefix, specs, required) -> dict:
    result = {}
    for name, spec in specs.items():
        path, of = f"{prefix}/{name}", spec.get("of")
        result[path] = {**_promise(spec), "required": required(name, spec)}
        inner = spec.get("keys") or (of.get("keys") if isinstance(of, dict) else None) or {}
        result |= _promises(path, inner, lambda key, inner_spec: not inner_spec.get("optional"))
    return result


def _promise(spec) -> dict:
    kept = {key: spec[key] for key in (*FIXED, "values", "kinds", "min", "max", "max_bytes", "max_items") if key in spec}
    return {**kept, "of": _promise(spec["of"])} if isinstance(spec.get("of"), dict) else kept


def problems(old: dict, new: dict) -> list:
    found = []
    for name, was in old.items():
        if name not in new:
            found.append(f"{name}: removed")
            continue
        now = new[name]
        found += [f"{name}: {key} was {was.get(key)}, is {now.get(key)}" for key in FIXED if was.get(key) != now.get(key)]
        for key in ("values", "kinds"):
            found += [f"{name}: {key} lost {word}" for word in was.get(key, []) if word not in now.get(key, [])]
        found += [f"{name}: {key} was {was.get(key)}, is {now[key]}, which is narrower"
                  for key, sign in (("min", 1), ("max", -1), ("max_bytes", -1), ("max_items", -1))
                  if key in now and (key not in was or sign * now[key] > sign * was[key])]
        if now["required"] and not was["required"]:
            found.append(f"{name}: became required")
    parents = {name.rsplit("/", 1)[0] for name in old if not name.startswith("kinds/")}
    found += [f"{name}: a new key of a message must be optional"
              for name in new.keys() - old.keys() if name.rsplit("/", 1)[0] in parents and new[name]["required"]]
    return found


def lock(schema) -> int:
    """Adds what is new; what is there stays."""
    old, new = json.loads(LOCK.read_text()) if LOCK.exists() else {}, summary(schema)
    found = problems(old, new)
    print("".join(f"{problem}\n" for problem in found), end="", file=sys.stderr)
    if not found:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(new[name], sort_keys=True)}" for name in sorted(new))
        LOCK.write_text("{\n" + lines + "\n}\n")
    return 1 if found else 0


def load(path: Path) -> dict:
    return summary(Schema(path)) if path.is_dir() else json.loads(path.read_text())


def main(arguments) -> int:
    old, new = [Path(argument) for argument in arguments] + [LOCK, HERE][len(arguments):]
    try:
        found = problems(load(old), load(new))
    except (SchemaError, OSError) as error:
        found = [str(error)]
    print("".join(f"{problem}\n" for problem in found), end="", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
