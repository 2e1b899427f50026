# SPDX-License-Identifier: Apache-2.0
"""The add-on's parts that need no Blender are imported from a package without its __init__, which imports bpy."""

import os
import sys
import types

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
package = types.ModuleType("scenesync")
package.__path__ = [os.path.join(ROOT, "addon", "scenesync")]
sys.modules.setdefault("scenesync", package)


@pytest.fixture
def outbox(tmp_path):
    from outboxes import Link
    from scenesync.outgoing.send import Outbox

    forgotten, failures = [], []
    made = Outbox(lambda *edit: forgotten.append(edit), lambda *failure: failures.append(failure))
    made.forgotten, made.failures = forgotten, failures
    made.connect(Link(), {"incoming": str(tmp_path), "limits": {"inline": 64, "page": 256}})
    return made
