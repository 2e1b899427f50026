# SPDX-License-Identifier: Apache-2.0
"""Two people, each with a Blender and an agent of their own, at one broker and one store.

SCENESYNC_BLENDERS lists the versions to test with; by default 3.4 only, or with a window (`versions`) all. Blenders are started once per
file and version; every test gets an empty Blender on each side and a scene of its own.
"""

import itertools
import os
import subprocess

import blenders
import pytest
import services
from blender import Blender, settle
from undo import UNDO

VERSIONS = os.environ.get("SCENESYNC_BLENDERS", "3.4").split(",")
IN_WINDOWS = os.environ.get("SCENESYNC_BLENDERS", ",".join(blenders.VERSIONS)).split(",")
versions = pytest.mark.parametrize("version", IN_WINDOWS, scope="module")  # one after the other, so that no window stays open beside others
_scenes = itertools.count(1)


@pytest.fixture(scope="module")
def agents(tmp_path_factory):
    """Two agents, at one broker and one store; `agents.broker` and `agents.store`."""
    folder = tmp_path_factory.mktemp("services")
    with services.Broker(folder / "broker") as broker, services.Store(folder / "store") as store:
        with services.Agent(folder / "a", broker.url, store.url, name="anna") as first:
            with services.Agent(folder / "b", broker.url, store.url, name="ben") as second:
                pair = Agents((first, second))
                pair.broker, pair.store = broker, store
                yield pair


class Agents(tuple):
    broker = store = None


@pytest.fixture(scope="module")
def display():
    """An X server of its own, for Blenders with a window: a small one, as all is drawn without a graphics card."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "480x320x24", "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as lines:
        number = lines.readline().strip()
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = f":{number}"
    yield
    if before is None:
        del os.environ["DISPLAY"]
    else:
        os.environ["DISPLAY"] = before
    server.terminate()
    server.wait()


@pytest.fixture(scope="module", params=VERSIONS)
def blenders_of_file(request):
    """Two headless Blenders of one version."""
    blenders.require(request.param)
    pair = (Blender(request.param), Blender(request.param))
    yield pair
    for blender in pair:
        blender.close()


@pytest.fixture
def scene():
    """The name of a scene nobody has used."""
    return f"scene{next(_scenes)}-{os.getpid()}"


@pytest.fixture
def alone(blenders_of_file):
    """Both Blenders, empty, in no scene."""
    for blender in blenders_of_file:
        blender.run("scenesync.leave()")
        blender.empty()
    return blenders_of_file


@pytest.fixture
def both(alone, agents, scene):
    """Both Blenders, empty, in one scene."""
    for blender, agent in zip(alone, agents):
        blender.join(agent, scene)
        blender.synced()
    return alone


@pytest.fixture(scope="module")
def opened(display):
    """The Blenders with windows that `borrow` has opened and nobody has now."""
    kept = {}
    yield kept
    close(kept)


@pytest.fixture
def borrow(opened, request):
    """borrow(key, start): the Blenders that `start` opens, kept for the next test until one fails or borrows others, as Mesa's first picture
    takes seconds."""
    lent = {}
    failed = request.session.testsfailed

    def borrow(key, start):
        if key not in opened:
            close(opened)
        lent[key] = opened.pop(key, None) or start()
        return lent[key]

    yield borrow
    if request.session.testsfailed == failed:
        opened.update(lent)
    else:
        close(lent)


def close(groups):
    while groups:
        for blender in groups.popitem()[1]:
            blender.close()


@pytest.fixture
def windows(borrow, agents, scene, request):
    """Two Blenders with windows, empty, in one scene; the version is the test's parameter `version`."""
    version = request.node.callspec.params["version"]
    blenders.require(version)
    pair = borrow(version, lambda: (Blender(version, window=True), Blender(version, window=True)))
    for blender, agent in zip(pair, agents):
        blender.run("scenesync.leave()")
        blender.empty()
        blender.join(agent, scene)
        blender.synced()
    return pair


@pytest.fixture
def two(windows):
    """The same with one object, "mine", and with what undo.py has."""
    for person in windows:
        person.run(UNDO)
    a, b = windows
    a.run("o = bpy.data.objects.new('mine', None)\nbpy.context.scene.collection.objects.link(o)\npush()")
    settle(a, b)
    b.run("push()")
    return a, b
