# SPDX-License-Identifier: Apache-2.0
"""The generator's modules, and copies of the schema to break."""
import shutil
import sys
from pathlib import Path

import pytest

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
sys.path.insert(0, str(SCHEMAS))


@pytest.fixture
def folder(tmp_path):
    """A small schema: the common parts, one kind, the messages."""
    for name in ("shared/every_kind.yaml", "limits.yaml", "kinds/transform.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(SCHEMAS / name, tmp_path / name)
    shutil.copytree(SCHEMAS / "messages", tmp_path / "messages")
    return tmp_path
