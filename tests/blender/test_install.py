# SPDX-License-Identifier: Apache-2.0
"""The zips, as an artist meets them: install, enable, join (the agent starts by itself), leave, disable, uninstall; in a home of its own."""

import os
import pathlib
import signal
import subprocess
import time

import blenders
import pytest
import services
from access import Site
from blender import Blender

ZIPS = {"3.4": "legacy", "4.3": "extension", "5.2": "extension"}
MODULES = {"legacy": "scenesync", "extension": "bl_ext.user_default.scenesync"}


@pytest.fixture(scope="module")
def zips():
    """Folder of the zips, made by the target `addon` of the build that the agent under test is from."""
    build = pathlib.Path(services.binary()).resolve().parent
    subprocess.run(["cmake", "--build", build, "--target", "addon"], check=True, capture_output=True)
    return build


class Artist:
    """Somebody with a home of his own and a Blender with a window."""

    def __init__(self, folder, version, stack):
        self.version, self.stack, self.home = version, stack, folder
        self.kind = ZIPS[version]
        self.module = MODULES[self.kind]
        (folder / "run").mkdir(parents=True)
        self.environment = {
            "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run"), "SCENESYNC_LINGER": "1",
            "SCENESYNC_ROOTS": os.environ.get("SCENESYNC_ROOTS") or os.path.expanduser("~/.cache/scenesync/roots"),
        }  # fmt: skip
        self.socket = folder / "run" / "scenesync" / "agent.sock"
        self.data = folder / ".local" / "share" / "scenesync"
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            self.environment[name] = str(folder / {"XDG_DATA_HOME": ".local/share", "XDG_CONFIG_HOME": ".config", "XDG_CACHE_HOME": ".cache"}[name])

    def extension(self, *words):
        command = [*blenders.command(self.version), "--command", "extension", *map(str, words)]
        done = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def open(self):
        blender = Blender(self.version, window=True, bare=True, environment=self.environment)
        self.stack.append(blender)
        return blender

    def install(self, blender, zips):
        (archive,) = zips.glob(f"*-{self.kind}.zip")
        if self.kind == "legacy":
            blender.run("bpy.ops.preferences.addon_install(filepath=path)", path=str(archive))
        else:
            self.extension("validate", archive)
            self.extension("install-file", "-r", "user_default", archive)
            blender.run("bpy.ops.extensions.repo_refresh_all() if hasattr(bpy.ops.extensions, 'repo_refresh_all') else None")

    def enable(self, blender, broker, store):
        blender.run(
            "import importlib\nresult = list(bpy.ops.preferences.addon_enable(module=module))\n"
            "scenesync = importlib.import_module(module)\n"
            "registration = importlib.import_module(module + '.registration')\n"
            "settings = bpy.context.preferences.addons[module].preferences\n"
            "settings.broker, settings.store = broker, store",
            module=self.module, broker=broker.url, store=store.url,
        )  # fmt: skip

    def uninstall(self, blender):
        if self.kind == "legacy":
            blender.run(
                "window = bpy.context.window_manager.windows[0]\n"
                "with bpy.context.temp_override(window=window, area=window.screen.areas[0]):\n"
                "    bpy.ops.preferences.addon_remove(module=module)",
                module=self.module,
            )
        else:
            self.extension("remove", "scenesync")

    def agents(self):
        """The processes that serve this home."""
        return [int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*") if str(self.data) in _command(path)]


def _command(process):
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode(errors="replace") if b"agent" in words else ""


@pytest.fixture
def artist(tmp_path, display, request):
    version = request.node.callspec.params["version"]
    blenders.require(version)
    opened = []
    made = Artist(tmp_path / "home", version, opened)
    yield made
    for blender in opened:
        blender.close()
    for process in made.agents():
        os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("servers")
    with services.Broker(folder) as broker, services.Store(folder) as store:
        yield broker, store


def eventually(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, f"it did not become so within {seconds} s"
        time.sleep(0.05)
    return result


def join(blender, scene):
    blender.run("bpy.ops.scenesync.join(scene=scene)", scene=scene)
    eventually(lambda: blender.run("result = registration.session().state") == "active")
    assert blender.run("result = scenesync.wait_synced(30)"), blender.run("result = list(registration.session().errors)")


@pytest.mark.parametrize("version", ZIPS)
def test_the_whole_life(artist, servers, zips, version):
    blender = artist.open()
    artist.install(blender, zips)
    artist.enable(blender, *servers)
    assert not artist.agents()

    join(blender, f"life{version.replace('.', '')}")
    assert blender.run("result = registration.session().status['broker']") == "connected"
    assert len(artist.agents()) == 1
    assert (artist.data / "agent.conf").stat().st_mode & 0o777 == 0o600

    blender.run("bpy.ops.scenesync.leave()")
    assert blender.run("result = registration.session()") is None
    eventually(lambda: not artist.agents())  # nobody needs it any more

    join(blender, f"life{version.replace('.', '')}")  # and again
    blender.run("bpy.ops.preferences.addon_disable(module=module)", module=artist.module)
    assert blender.run("result = hasattr(bpy.types, 'SCENESYNC_PT_main') or hasattr(bpy.types.WindowManager, 'scenesync_scene')") is False
    artist.uninstall(blender)
    eventually(lambda: not artist.agents())
    assert not list(artist.home.glob(".config/blender/**/scenesync/__init__.py"))
    assert "Traceback" not in blender.log() and "Error" not in blender.log(), blender.log()


@pytest.mark.parametrize("version", ["3.4"])
def test_two_blenders_share_one_agent(artist, servers, zips, version):
    first = artist.open()
    artist.install(first, zips)
    second = artist.open()
    for blender in (first, second):
        artist.enable(blender, *servers)
        join(blender, "shared")
    (process,) = artist.agents()
    for blender in (first, second):  # under People
        eventually(lambda: blender.run("result = [peer['app'] for peer in registration.session().presence.peers.values()]") == ["Blender"])
    first.run("bpy.data.objects['Cube'].location = (1, 2, 3)")
    eventually(lambda: second.run("result = list(bpy.data.objects['Cube'].location)") == [1, 2, 3])
    first.close()
    second.run("bpy.data.objects['Cube'].location.x = 7\nresult = scenesync.wait_synced(20)")
    assert artist.agents() == [process]


@pytest.mark.parametrize("version", ["3.4"])
def test_an_edit_made_before_quitting_is_delivered(artist, servers, zips, version, tmp_path):
    """The broker is away while somebody edits and quits: the agent stays until it has delivered."""
    broker = services.Broker(tmp_path / "own")
    broker.start()
    try:
        blender = artist.open()
        artist.install(blender, zips)
        artist.enable(blender, broker, servers[1])
        join(blender, "quit")
        broker.kill()
        blender.run("bpy.data.objects['Cube'].location.x = 42\nresult = scenesync.wait_synced(20)")
        blender.close()
        time.sleep(5)  # longer than it would stay without reason
        assert len(artist.agents()) == 1
        broker.start()
        eventually(lambda: not artist.agents())
        with services.Agent(tmp_path / "other", broker.url, servers[1].url) as other:
            eventually(lambda: "42" in other.run("get", "quit", "transform/Cube", "--json", check=False).stdout)
    finally:
        broker.stop()


@pytest.mark.parametrize("version", ["3.4"])
def test_other_preferences_replace_the_agent(artist, servers, zips, version):
    blender = artist.open()
    artist.install(blender, zips)
    artist.enable(blender, *servers)
    blender.run("settings.broker = 'mqtt://127.0.0.1:1'\nbpy.ops.scenesync.join(scene='changed')")
    eventually(lambda: blender.run("result = registration.session().status.get('broker')") == "offline")
    (before,) = artist.agents()
    blender.run("settings.broker = url", url=servers[0].url)
    join(blender, "changed")
    eventually(lambda: blender.run("result = registration.session().status.get('broker')") == "connected")
    eventually(lambda: len(artist.agents()) == 1)
    assert artist.agents() != [before]


@pytest.mark.parametrize("version", ["3.4"])
def test_an_invitation_is_pasted(artist, servers, zips, tmp_path, version):
    """Over TLS, with a certificate that only the invitation vouches for."""
    site = Site(tmp_path / "site")
    with site.broker:
        blender = artist.open()
        artist.install(blender, zips)
        artist.enable(blender, *servers)
        paste = "bpy.context.window_manager.clipboard = text\nbpy.ops.scenesync.paste_invitation()"
        with pytest.raises(AssertionError, match="begins with scenesync://"):
            blender.run(paste, text="https://example.org")
        blender.run(paste, text=site.invite("film", "--role", "editor", "--user", "anna"))
        assert blender.run("result = bpy.context.window_manager.scenesync_scene") == "film"
        join(blender, "film")
        assert blender.run("result = registration.session().status['broker']") == "connected"
        assert (artist.data / "agent.conf").stat().st_mode & 0o777 == 0o600
        assert blender.run("result = registration.session().user") == "anna"
        blender.run("registration.leave()\nsettings.name = 'Anna K.'\n" + paste, text=site.invite("film", "--role", "editor", "--user", "anna"))
        join(blender, "film")
        assert blender.run("result = registration.session().user") == "Anna K."


@pytest.mark.parametrize("version", ["3.4"])
def test_what_keeps_the_agent_from_running_is_said(artist, servers, zips, version):
    blender = artist.open()
    artist.install(blender, zips)
    artist.enable(blender, *servers)
    blender.run("settings.user = 'not/a level'\nbpy.ops.scenesync.join(scene='refused')")
    errors = eventually(lambda: blender.run("result = [text for _, text in registration.session().errors]"))
    assert "cannot be a level of a topic" in errors[0]
    blender.run("settings.user = ''")
    join(blender, "refused")
