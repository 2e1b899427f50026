# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenesync: several Blenders work on one scene at once."""

bl_info = {
    "name": "Scenesync",
    "author": "Scenesync contributors",
    "version": (0, 1, 0),
    "blender": (3, 4, 0),
    "location": "3D View > Sidebar > Scenesync",
    "description": "Several Blenders work on one scene at once",
    "category": "System",
}

from . import registration  # noqa: E402

register = registration.register
unregister = registration.unregister
join = registration.join
leave = registration.leave
pump = registration.pump
wait_synced = registration.wait_synced
