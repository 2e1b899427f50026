# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of one kind in one Blender, for the tests beside it."""

import subprocess
from pathlib import Path

import blenders

HERE = Path(__file__).parent


def run_cases(version, name, timeout=300):
    """Every case of `cases_<name>.py` in this Blender; fails with what it printed."""
    blenders.require(version)
    words = ["-b", "--factory-startup", "--python", str(HERE / "run_cases.py"), "--", str(HERE / f"cases_{name}.py")]
    result = subprocess.run([*blenders.command(version), *words], capture_output=True, text=True, timeout=timeout)
    assert result.returncode == 0 and "cases passed" in result.stdout, result.stdout + result.stderr
