# SPDX-License-Identifier: Apache-2.0
"""Meshes and masks of one Blender come back from another with all that the first one knows."""

import itertools
import pickle
import subprocess
from pathlib import Path

import blenders
import pytest

SCRIPT = Path(__file__).parent / "exchange.py"


def run(version, *arguments):
    words = ["-b", "--factory-startup", "--python", str(SCRIPT), "--", *map(str, arguments)]
    result = subprocess.run([*blenders.command(version), *words], capture_output=True, text=True, timeout=300)
    assert "done" in result.stdout.splitlines(), result.stdout + result.stderr


@pytest.mark.parametrize("first, second", itertools.permutations(blenders.VERSIONS, 2))
def test_there_and_back(first, second, tmp_path):
    blenders.require(first)
    blenders.require(second)
    original, passed, both = (tmp_path / name for name in ("original", "passed", "both"))
    run(first, "make", original)
    run(second, "pass", original, passed)
    both.write_bytes(pickle.dumps({"original": pickle.loads(original.read_bytes()), "returned": pickle.loads(passed.read_bytes())}))
    run(first, "check", both)
