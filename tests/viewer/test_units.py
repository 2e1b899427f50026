# SPDX-License-Identifier: Apache-2.0
"""What needs no browser: the types, the lint, and vitest's tests in viewer/tests (the vectors of schemas/ among them)."""
import subprocess

import pytest
from browser import VIEWER


@pytest.mark.parametrize("command", ["tsc --noEmit", "eslint --max-warnings 0 .", "vitest run --reporter=dot"])
def test_units(command):
    done = subprocess.run(["npx", *command.split()], cwd=VIEWER, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
