# SPDX-License-Identifier: Apache-2.0
"""The add-on's parts that need no Blender are imported from a package without its __init__, which imports bpy."""

import os
import sys
import types

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
package = types.ModuleType("scenesync")
package.__path__ = [os.path.join(ROOT, "addon", "scenesync")]
sys.modules.setdefault("scenesync", package)
