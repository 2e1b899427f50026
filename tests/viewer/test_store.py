# SPDX-License-Identifier: Apache-2.0
"""An asset store that is slow or lacks what others have not uploaded yet: the page goes on meanwhile, with boxes in place of meshes."""
import hashlib
import os
import random
import signal
import uuid

import pytest
from crowd import CUBE, FACES, floats, ints
from test_link import NOTICE, says

WINDOW = (960, 540)
TOPOLOGY = "0123456789abcdef"
SHAPE = "scenesync.content.meshes.get('{mesh}')"


class Large:
    """An object whose mesh's points are in the asset store, or will be."""

    def __init__(self, crowd, store):
        size = random.uniform(1, 2)  # points of its own: what another test has uploaded is no longer lacking
        self.mesh, self.points, self.store = uuid.uuid4().bytes, floats([size * c for p in CUBE for c in p]).data, store
        self.name = hashlib.sha256(self.points).digest()
        at = f"at/{TOPOLOGY}/"
        crowd.state("mesh", self.mesh, {
            "name": "Large", "topology": TOPOLOGY, "bounds": [-1, -2, -3, 1, 2, 3], at + "counts": [8, 12, 24, 6],
            at + "corner_verts": ints([v for face in FACES for v in face]), at + "face_offsets": ints(list(range(0, 25, 4))),
            at + "positions": {"pages": [self.name], "size": len(self.points), "ext": 1}})
        key = uuid.uuid4().bytes
        crowd.state("object", key, {"name": "Large", "type": "MESH", "data": self.mesh, f"collections/{crowd.scene_id.hex}": True})
        crowd.state("transform", key, {"location": [0, 0, 0]}).wait_for_publish()
        self.shape = SHAPE.format(mesh=self.mesh.hex())

    def upload(self):
        folder = self.store.files / self.name.hex()[:2]
        folder.mkdir(exist_ok=True)
        (folder / self.name.hex()).write_bytes(self.points)


@pytest.fixture
def large(world, crowd):
    return Large(crowd, world.store)


def join(page, world, scene, store):
    page.join(world.site, broker=world.broker.ws_url, store=store, scene=scene, name="Vera")
    page.wait("window.scenesync?.session.loaded && scenesync.content.objects === 3", 40)


def waits(page, crowd, large):
    """The mesh is a box meanwhile; what others move moves, and what is clicked is selected."""
    assert page.evaluate(f"[{large.shape}.state, {large.shape}.geometry.type]") == ["waiting", "BoxGeometry"]
    key = crowd.ids[0].hex()
    before = page.evaluate(f"scenesync.content.graph.nodes.get('{key}').world[14]")
    crowd.move(0.4)
    page.wait(f"scenesync.content.graph.nodes.get('{key}').world[14] !== {before}")
    page.evaluate(f"scenesync.select('{key}', false)")
    page.wait("document.querySelector('.properties h2')?.textContent === 'Cube 0'")
    assert page.evaluate(f"{large.shape}.state") == "waiting"
    assert "1 files on their way" in says(page, ".loading", "on their way")


def test_a_store_that_takes_its_time_keeps_nobody_waiting(page, world, scene, crowd, large):
    large.upload()
    os.killpg(world.store.pid, signal.SIGSTOP)  # it takes connections, and says nothing
    try:
        join(page, world, scene, world.store.url)
        waits(page, crowd, large)
    finally:
        os.killpg(world.store.pid, signal.SIGCONT)
    page.wait(f"{large.shape}.state === 'ready' && scenesync.assets.underWay === 0", 60)  # it tries again every 15 seconds in the end
    page.settled()
    assert page.evaluate("document.querySelector('.notice').hidden")


def test_a_mesh_that_is_uploaded_later_is_shown_then(page, world, scene, crowd, large):
    join(page, world, scene, world.store.url)
    waits(page, crowd, large)
    assert "does not have it yet" in says(page, NOTICE, "Trying again")
    large.upload()
    page.wait(f"{large.shape}.state === 'ready' && document.querySelector('.notice').hidden", 60)  # it tries again every 15 seconds in the end
