# SPDX-License-Identifier: Apache-2.0
"""./dev bench: how fast, each figure held against the raw part in the same run.

    run.py [NAME…] [--json FILE] [--build FOLDER]    NAMEs, as --list prints them, choose groups of rows; `brokers` (see ./dev brokers) is not run otherwise
"""
import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "support"), str(ROOT / "tests" / "blender")]

import abuse  # noqa: E402
import agents  # noqa: E402
import blobs  # noqa: E402
import broker_costs  # noqa: E402
import in_blender  # noqa: E402
import joining  # noqa: E402
import rows  # noqa: E402
from place import Place  # noqa: E402

GROUPS = {**agents.GROUPS, **joining.GROUPS, **abuse.GROUPS, **blobs.GROUPS, **in_blender.GROUPS, **broker_costs.GROUPS}
ONLY_NAMED = ("brokers",)


def run_group(name, build):
    """The rows of one group, in a place of its own. What goes wrong is printed and costs the group's rows."""
    print(f"{name} …", end="", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="scenesync-bench-") as folder, Place(folder, build) as place:
            found = GROUPS[name](place)
        print(f" {time.monotonic() - began:.0f} s", *(f"{row.work}: {rows.number(row.value)} {row.unit}, {row.verdict}" for row in found), sep="\n  ",
              file=sys.stderr, flush=True)
        return found
    except Exception:
        print(f" failed\n{traceback.format_exc()}", file=sys.stderr)
        return None


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures for programs")
    parser.add_argument("--build", type=Path, default=ROOT / "build", metavar="FOLDER", help="where scenesync was built")
    parser.add_argument("--list", action="store_true", help="the groups' names")
    options = parser.parse_args()
    if options.list:
        print("\n".join(GROUPS))
        return 0
    unknown = set(options.names) - set(GROUPS)
    if unknown:
        parser.error(f"no such rows: {', '.join(sorted(unknown))}; there are: {' '.join(GROUPS)}")
    os.environ["SCENESYNC_BIN"] = str(options.build.resolve() / "scenesync")
    results = {name: run_group(name, options.build.resolve()) for name in GROUPS if name in options.names or not (options.names or name in ONLY_NAMED)}
    found = [row for group in results.values() for row in group or ()]
    print(rows.table(found))
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(row) for row in found], indent=1, ensure_ascii=False) + "\n")
    return 1 if None in results.values() else 0


if __name__ == "__main__":
    sys.exit(main())
