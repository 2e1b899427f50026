# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent that the preferences describe: where it serves, and how it is started when nobody serves there.

One agent serves all Blenders of a user. It outlives them until others have every acknowledged edit, and ends by itself then. Other
preferences make other settings, and an agent that was started with the old ones is asked to stop. Each broker and user has data of its own,
because scenes of one name at two brokers are two scenes.
"""

import filecmp
import os
import platform
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import bpy

from .link import connect, read_address

BINARY = "scenesync.exe" if sys.platform == "win32" else "scenesync"
LINGER_SECONDS = 60
RETRY_SECONDS = 5.0
SETTINGS = {"BROKER", "STORE", "SOCKET", "USER", "PASSWORD", "STORE_USER", "STORE_PASSWORD"}  # variables that would replace what is in the file


class AgentError(Exception):
    """The agent cannot be started: why, and what to do."""


class Starter:
    """Starts the agent; called by the session whenever nobody serves `socket`. Raises AgentError when made where there is no agent to start."""

    def __init__(self, settings):
        self.base = base_folder()
        self.socket = default_socket()
        self.program = find()
        self.process = None
        self.retry_at = 0.0
        data = os.path.join(self.base, _file_name(f"{settings.user}@{settings.broker}" if settings.user else settings.broker))
        self.config = os.path.join(self.base, "agent.conf")
        self.log = os.path.join(self.base, "agent.log")
        self._settle(_config_text(settings, data, self.socket))

    def _settle(self, text):
        """Put the settings into the file. An agent that runs with others is stopped: the session then finds nobody, and starts one."""
        os.makedirs(self.base, mode=0o700, exist_ok=True)
        before = None
        if os.path.exists(self.config):
            with open(self.config, encoding="utf-8") as file:
                before = file.read()
        if before == text:
            return
        with open(os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if before is not None:
            stop(self.socket)

    def __call__(self, session):
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            return  # it is starting
        if now < self.retry_at:
            return
        if self.process is not None and self.process.returncode != 0:
            session.fail("agent", self._last_words())
        self.retry_at = now + RETRY_SECONDS if self.process is not None else now
        try:
            self._start()
        except OSError as error:
            session.fail("agent", f"{self.program} does not start: {error.strerror}")

    def _start(self):
        environment = {key: value for key, value in os.environ.items() if key not in {f"SCENESYNC_{name}" for name in SETTINGS}}
        environment.setdefault("SCENESYNC_LINGER", str(LINGER_SECONDS))
        command = [self.program, "agent", "--config", self.config]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True, close_fds=True
            )

    def _last_words(self):
        """Why it ended: the line of its log that says so."""
        with open(self.log, errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
        named = [line for line in lines if line.startswith("scenesync agent:")] or lines[-1:]
        return named[0] if named else f"the agent ended with status {self.process.returncode}"


def base_folder():
    """Where this user's agent keeps its data."""
    chosen = os.environ.get("SCENESYNC_DATA")
    if chosen:
        return chosen
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Application Support/scenesync")
    return os.path.join(os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "scenesync")


def default_socket():
    """Where the command line looks for the agent, too."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return os.path.join(runtime, "scenesync", "agent.sock") if runtime else os.path.join(base_folder(), "agent.sock")


def stop(path):
    """Ask the agent that serves this socket to end, as an administrator would. What it has acknowledged, it keeps."""
    try:
        connection, _ = connect(path)
        with connection:
            os.kill(_peer(connection, path), signal.SIGTERM)
    except OSError:
        pass  # nobody serves it any more


def _peer(connection, path):
    """The process at the other end."""
    if connection.family == socket.AF_INET:
        return read_address(path)[2]
    if sys.platform == "darwin":
        return struct.unpack("i", connection.getsockopt(0, 2, 4))[0]  # SOL_LOCAL, LOCAL_PEERPID
    return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def _file_name(text):
    return re.sub(r"[^A-Za-z0-9@.-]+", "_", text)[:100].strip("._") or "agent"


def _config_text(settings, data, path):
    """The agent's configuration file."""
    values = {"broker": settings.broker, "store": settings.store, "data": data, "socket": path}
    if not hasattr(socket, "AF_UNIX"):
        values["tcp"] = "0"
    if settings.user:
        values.update(user=settings.user, store_user=settings.user)
    if settings.password:
        values.update(password=settings.password, store_password=settings.password)
    if settings.ca_file:
        values["ca_file"] = bpy.path.abspath(settings.ca_file)
    lines = (f"{key} = {value.strip()}\n" for key, value in values.items() if value.strip())
    return "# Written by the Blender add-on from its preferences; changes made here are lost.\n" + "".join(lines)


def find():
    """The agent's program: what the add-on carries, what was built beside it, or what is installed. Raises AgentError."""
    here = os.path.dirname(os.path.abspath(__file__))
    carried = os.path.join(here, "bin", BINARY)
    if os.path.isfile(carried):
        return _executable(carried)
    for candidate in (os.path.join(here, "..", "..", "build", BINARY), shutil.which(BINARY)):
        if candidate and os.access(candidate, os.X_OK):
            return os.path.abspath(candidate)
    raise AgentError(f"This add-on carries no agent for {platform.system()} {platform.machine()}. Install scenesync there, or name its socket in the preferences")


def _executable(carried):
    """Installing loses the execute bit, and the add-on's folder may be read-only: run a copy."""
    if os.access(carried, os.X_OK):
        return carried
    folder = _user_folder()
    copy = os.path.join(folder, BINARY)
    if not os.path.exists(copy) or not filecmp.cmp(carried, copy, shallow=False):
        temporary = f"{copy}.{os.getpid()}"
        shutil.copyfile(carried, temporary)
        os.chmod(temporary, 0o755)
        os.replace(temporary, copy)
    return copy


def _user_folder():
    package = __package__ or "scenesync"
    if package.startswith("bl_ext."):
        return bpy.utils.extension_path_user(package, create=True)
    folder = os.path.join(base_folder(), "bin")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder
