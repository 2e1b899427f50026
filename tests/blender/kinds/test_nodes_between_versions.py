# SPDX-License-Identifier: Apache-2.0
"""What one version of Blender makes and another remakes is equal as far as both know it."""

import ast
import itertools
import subprocess
from pathlib import Path

import blenders
import pytest

SCRIPT = Path(__file__).parent / "between_versions.py"

# Nodes that cannot be muted or have a least width in one version only: the editor's business.
STANDS_IN = ("ShaderNodeBsdfGlossy", "ShaderNodeBsdfAnisotropic")
EDITOR = frozenset({"name", "mute", "width", "height"})


def run(version, *words):
    result = subprocess.run(
        [*blenders.command(version), "-b", "--factory-startup", "--python", str(SCRIPT), "--", *map(str, words)],
        capture_output=True, text=True, timeout=300,
    )
    assert result.returncode == 0 and "done" in result.stdout, result.stdout + result.stderr
    return ast.literal_eval(Path(words[-1]).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("versions")


def differing(before, after):
    """What both hold and do not agree about. An item of an enum that one of them does not have is kept by the agent; here both show their own."""
    for name, (_, fields) in before.items():
        other = after[name][1]
        for field in sorted(set(fields) & set(other)):
            a, b = fields[field], other[field]
            if field.rpartition("/")[2] not in EDITOR and not same(a, b) and not (isinstance(a, str) and "/props/" in field):
                node_type = fields.get(field[:len("nodes/12345678")], "") if field.startswith("nodes/") else ""
                yield f"{name} {node_type} {field}: {a!r} became {b!r}"


def same(a, b):
    """Vectors are equal as far as both have components."""
    if isinstance(a, list) and isinstance(b, list):
        return all(x == y for x, y in zip(a, b))
    return a == b or (a, b) == STANDS_IN


@pytest.mark.parametrize("maker,other", itertools.permutations(blenders.VERSIONS, 2))
def test_both_know_the_same(folder, maker, other):
    blenders.require(maker)
    blenders.require(other)
    made = folder / maker
    before = ast.literal_eval(made.read_text(encoding="utf-8")) if made.exists() else run(maker, "make", made)
    there = run(other, "remake", made, folder / f"{maker}-{other}")
    back = run(maker, "remake", folder / f"{maker}-{other}", folder / f"{maker}-{other}-{maker}")
    found = [*differing(before, there), *differing(there, back)]
    assert found == [], "\n".join(found)
    assert len(set(before["ShaderNodeTree"][1]) & set(there["ShaderNodeTree"][1])) > 1000
