# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's life in Blender and its five functions for scripts. The session is the only state."""

import bpy

from . import agent, ui
from .session import Session

_session = None


def session():
    """The session, or None."""
    return _session


def register():
    ui.register()


def unregister():
    leave()
    ui.unregister()


def join(scene, socket=None, content=None, name=""):
    """Take part in a scene. `content` says what to do when both scene and file have something: publish, receive or merge."""
    global _session
    leave()
    path = socket or agent.socket_path()
    _session = Session(scene, path, content, name, start_agent=None if socket else _start_agent)
    if not bpy.app.background:
        bpy.app.timers.register(_timer, first_interval=0.0, persistent=True)
    return _session


def leave():
    """Leave the scene; the file keeps what it has."""
    global _session
    if _session is not None:
        _session.close()
    _session = None


def pump(seconds):
    """Run the session for some time where Blender has no event loop."""
    if _session is not None:
        _session.pump(seconds)


def wait_synced(timeout):
    """True once every local edit is acknowledged and everything known, blobs included, is applied; False when time is up first."""
    return _session is not None and _session.wait_synced(timeout)


def _timer():
    if _session is None:
        return None
    try:
        return _session.timer()
    except Exception as error:  # a timer that raises is never called again
        _session.failed("session", error)
        return 0.1


def _start_agent(current):
    """Start the agent that the preferences describe."""
    settings = ui.preferences()
    try:
        agent.start(current.socket, settings.broker, settings.store, current.user)
    except agent.AgentError as error:
        current.fail("agent", str(error))
