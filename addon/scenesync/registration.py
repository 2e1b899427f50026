# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's life in Blender and its five functions for scripts. The session is the only state."""

import bpy

from . import absence, agent, ui
from .joining import CHOICES
from .session import Session

_session = None
_interface = ui.Interface()


def session():
    """The session, or None."""
    return _session


def register():
    _interface.register()
    absence.watch_files(session)


def unregister():
    leave()
    absence.forget()
    absence.ignore_files()
    _interface.unregister()


def join(scene, socket=None, content=None):
    """Take part in a scene. `content` says what to do when both scene and file have something: publish, receive or merge.

    Without `socket`, neither here nor in the preferences, an agent is started when none runs. Raises agent.AgentError where there is none, and
    ValueError for another `content`.
    """
    global _session
    if content not in (None, *CHOICES):
        raise ValueError(f"content is {content!r}: it is one of {', '.join(CHOICES)}, or None to ask where both have something")
    leave()
    settings = ui.preferences()
    path = socket or settings.socket
    starter = None if path else agent.Starter(settings)
    name = ui.name_of(settings)
    colour = tuple(settings.colour) if settings.use_colour else ui.dots.colour_of(name)
    _session = Session(scene, path or starter.socket, content, name, colour, starter)
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
    """True once every local edit is acknowledged and everything known, blobs included, is applied; False when time is up first.

    Not waited for is what this Blender cannot have: values that it refuses (the panel counts them until somebody sets them anew), what its version
    does not know, and what waits for Edit Mode to end or for a datablock that nobody has. A file that cannot be read or had is waited for, and
    the session's errors name what it is of, unless nobody at all has had it for a minute: the agent counts that among what is refused.
    """
    return _session is not None and _session.wait_synced(timeout)


def _timer():
    if _session is None:
        return None
    try:
        return _session.timer()
    except Exception as error:  # a timer that raises is never called again
        _session.failed("session", error)
        return 0.1
