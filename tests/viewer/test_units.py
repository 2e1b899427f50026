# SPDX-License-Identifier: Apache-2.0
"""What needs no browser: the types, and vitest's tests in viewer/tests (the vectors of schemas/ among them)."""
import subprocess

import pytest
from browser import VIEWER


@pytest.mark.parametrize("command", [["npx", "tsc", "--noEmit"], ["npx", "vitest", "run", "--reporter=dot"]], ids=["types", "vitest"])
def test_units(command):
    done = subprocess.run(command, cwd=VIEWER, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
