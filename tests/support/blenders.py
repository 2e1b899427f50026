# SPDX-License-Identifier: Apache-2.0
"""Which Blenders can run here, and how.

    subprocess.run([*command("4.3"), "-b", "--python", …])
    @pytest.mark.parametrize("version", VERSIONS) … require(version)
"""
import functools
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "blender"
VERSIONS = ("3.4", "4.3", "5.2")


@functools.cache
def available():
    """The versions that this machine has, oldest first."""
    return tuple(subprocess.run([SCRIPT, "--list"], check=True, capture_output=True, text=True).stdout.split())


def command(version):
    """The words that start this Blender; its arguments follow."""
    return [str(SCRIPT), version]


def require(version):
    """Skips the calling test, saying why, where this Blender is missing."""
    import pytest
    if version not in available():
        pytest.skip(f"Blender {version} is not here; scripts/blender-root {version} makes it")
