# SPDX-License-Identifier: Apache-2.0
"""Broker, store, an agent, and a Chromium that shows viewer/dist."""
import itertools
import os
import sys
from pathlib import Path

import pytest
import services

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blender"))
from browser import Page, Site  # noqa: E402
from crowd import Crowd  # noqa: E402

_scenes = itertools.count(1)


class World:
    """The servers that a test's people share."""

    def __init__(self, broker, store, agent, site):
        self.broker, self.store, self.agent, self.site = broker, store, agent, site


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("viewer")
    with services.Broker(folder / "broker") as broker, services.Store(folder / "store") as store:
        with services.Agent(folder / "agent", broker.url, store.url, name="anna") as agent, Site() as site:
            yield World(broker, store, agent, site)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A broker and a store with passwords: alice may edit, vera may look."""
    folder = tmp_path_factory.mktemp("guarded")
    words = {"alice": "secret-a", "vera": "secret-v"}
    with services.Broker(folder, "lan.conf", words) as broker, services.Store(folder, "store-lan.conf", words) as store:
        yield broker, store


@pytest.fixture(scope="module")
def browser(request):
    """One Chromium for a file: starting it and compiling its shaders takes longest. Without a graphics card, a small WINDOW is a fast one."""
    page = Page(*getattr(request.module, "WINDOW", (1280, 800)))
    yield page
    page.close()


@pytest.fixture
def page(browser):
    """A page that is nowhere; what it throws fails the test."""
    browser.open("about:blank")
    before = len(browser.said())
    yield browser
    thrown = [line for line in browser.said()[before:] if line.startswith("thrown:")]
    assert not thrown, thrown


@pytest.fixture
def scene():
    """The name of a scene nobody has used."""
    return f"scene{next(_scenes)}-{os.getpid()}"


@pytest.fixture
def crowd(world, scene):
    people = Crowd(world.broker, scene, 2)
    people.build()
    yield people
    people.close()
