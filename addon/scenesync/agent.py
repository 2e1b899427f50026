# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the agent's socket, starting the agent when nobody serves it."""

import os
import platform
import shutil
import socket
import subprocess
import sys

import bpy

BINARY = "scenesync.exe" if sys.platform == "win32" else "scenesync"


class AgentError(Exception):
    """The agent cannot be started: why, and what to do."""


def data_dir():
    """Where this user's agent keeps its replica and cache."""
    chosen = os.environ.get("SCENESYNC_DATA")
    if chosen:
        return chosen
    if sys.platform == "win32":
        return os.path.join(os.environ["LOCALAPPDATA"], "scenesync")
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Application Support/scenesync")
    return os.path.join(os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "scenesync")


def socket_path():
    """Where this user's agent serves: SCENESYNC_SOCKET, else in the runtime folder."""
    chosen = os.environ.get("SCENESYNC_SOCKET")
    if chosen:
        return chosen
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return os.path.join(runtime, "scenesync.sock") if runtime else os.path.join(data_dir(), "agent.sock")


def is_served(path):
    """Whether somebody listens at `path`."""
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.connect(path)
        return True
    except OSError:
        return False
    finally:
        probe.close()


def start(path, broker, store, name=""):
    """Start an agent that serves `path` and outlives this Blender. Does not wait until it serves. Raises AgentError."""
    binary = find()
    folder = data_dir()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    command = [binary, "agent", "--broker", broker, "--store", store, "--data", folder, "--socket", path]
    if name:
        command += ["--name", name]
    try:
        with open(os.path.join(folder, "agent.log"), "ab") as log:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True)
    except OSError as error:
        raise AgentError(f"{binary} does not start: {error.strerror}") from None


def find():
    """The agent's program: what the add-on carries, what was built beside it, or what is installed. Raises AgentError."""
    here = os.path.dirname(os.path.abspath(__file__))
    carried = os.path.join(here, "bin", BINARY)
    if os.path.isfile(carried):
        return _executable(carried)
    for candidate in (os.path.join(here, "..", "..", "build", BINARY), shutil.which(BINARY)):
        if candidate and os.access(candidate, os.X_OK):
            return os.path.abspath(candidate)
    raise AgentError(f"no scenesync program for {platform.system()} {platform.machine()} in the add-on, beside it or in PATH; install it or set its socket")


def _executable(carried):
    """Unpacking an extension loses the execute bit, and its folder may be read-only: run a copy."""
    if os.access(carried, os.X_OK):
        return carried
    folder = _user_folder()
    copy = os.path.join(folder, BINARY)
    if not os.path.exists(copy) or os.path.getmtime(copy) < os.path.getmtime(carried):
        temporary = f"{copy}.{os.getpid()}"
        shutil.copyfile(carried, temporary)
        os.chmod(temporary, 0o755)
        os.replace(temporary, copy)
    return copy


def _user_folder():
    package = __package__ or "scenesync"
    if package.startswith("bl_ext."):
        return bpy.utils.extension_path_user(package, create=True)
    folder = os.path.join(data_dir(), "bin")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder
