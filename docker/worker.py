# SPDX-License-Identifier: Apache-2.0
"""The Blender of docker-compose.yml: takes part in a scene through the agent beside it, and saves it as /worker/SCENE.blend."""
import os
import pathlib
import signal
import sys
import time

import bpy

sys.path.insert(0, "/usr/share/scenesync/addon")
import scenesync  # noqa: E402

SCENE, SECONDS = os.environ["SCENESYNC_SCENE"], float(os.environ["SCENESYNC_SAVE_SECONDS"])
FILE = pathlib.Path("/worker") / f"{SCENE}.blend"
JOINED = pathlib.Path("/tmp/joined")


def save():
    """Whole or not at all: the file that is there is replaced by one that is finished."""
    temporary = FILE.with_suffix(".new.blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(temporary), copy=True, check_existing=False)
    os.replace(temporary, FILE)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scenesync.register()
    scenesync.join(SCENE, socket=os.environ["SCENESYNC_SOCKET"], content="receive")
    saved = 0.0
    while True:
        scenesync.pump(0.05)
        if time.monotonic() - saved >= SECONDS and scenesync.wait_synced(60):
            save()
            saved = time.monotonic()
            JOINED.touch()


main()
