# SPDX-License-Identifier: Apache-2.0
"""Edits in the page: handles in the view, and who may not."""
import os
import signal
import time

import pytest
import services
from crowd import Crowd

PLACE = "scenesync.session.replica.get('transform', scenesync.selected).get({field!r})"
WINDOW = (960, 540)
SELECT = "scenesync.select([...scenesync.content.graph.nodes.keys()][0], true)"
LOOK_ONLY = "You may look at this scene, but not change it."
# A point of the page where the pointer finds this handle of the gizmo (X, Y, Z …): the middle of one of its triangles.
HANDLE = """(() => { const { controls } = scenesync.gizmo; const { camera } = scenesync.stage.eye; const box = document.querySelector('.view canvas').getBoundingClientRect();
    scenesync.gizmo.root.updateMatrixWorld(true);
    for (const { geometry: { index, attributes: { position } }, matrixWorld } of controls._gizmo.picker[controls.mode].children.filter((one) => one.name === NAME)) {
        for (let at = 0; at < index.count; at += 3) {
            const p = camera.position.clone().set(0, 0, 0);
            for (const k of [0, 1, 2]) p.addScaledVector(camera.position.clone().fromBufferAttribute(position, index.getX(at + k)), 1 / 3);
            p.applyMatrix4(matrixWorld).project(camera);
            controls.pointerHover({ x: p.x, y: p.y, button: -1 });
            if (controls.axis === NAME) return [box.left + (p.x + 1) / 2 * box.width, box.top + (1 - p.y) / 2 * box.height];
        }
    }
    throw new Error('no such handle can be seen'); })()"""


@pytest.fixture
def visit(page, world, scene, crowd):
    page.join(world.site, broker=world.broker.ws_url, store=world.store.url, scene=scene, name="Vera")
    page.shown(2)
    page.evaluate(SELECT)
    page.settled()
    return page


def value(page, field):
    return page.evaluate(PLACE.format(field=field))


def drag_handle(page, name, dx, dy):
    x, y = page.evaluate(HANDLE.replace("NAME", repr(name)))
    page.drag(x, y, x + dx, y + dy)
    page.settled()


def test_all_is_in_view_as_soon_as_it_is_there_and_keys_work_at_once(page, world, scene, crowd):
    page.join(world.site, broker=world.broker.ws_url, store=world.store.url, scene=scene, name="Vera")
    page.shown(2)
    assert page.evaluate("scenesync.stage.eye.distance") < 5  # two cubes are small; from afar is where a visit begins
    page.evaluate("scenesync.stage.eye.orbit(1, 0)")
    yaw = page.evaluate("scenesync.stage.eye.yaw")
    page.evaluate(SELECT.replace("true", "false"))
    page.settled()
    assert page.evaluate("scenesync.stage.eye.yaw") == yaw


def test_a_handle_moves_along_its_axis_and_others_hear(visit, crowd):
    before = value(visit, "location")
    drag_handle(visit, "Z", 0, -60)
    after = value(visit, "location")
    assert after[:2] == before[:2] and after[2] > before[2] + 0.05
    assert crowd.heard("transform", "location", visit.evaluate("scenesync.selected")) == pytest.approx(after)


def test_escape_puts_it_back(visit):
    before = value(visit, "location")
    x, y = visit.evaluate(HANDLE.replace("NAME", "'Z'"))
    visit.hold(x, y, x, y - 60)
    assert value(visit, "location") != before
    visit.press("Escape")
    visit.release()
    visit.settled()
    assert value(visit, "location") == before
    assert visit.text(".properties h2")


@pytest.mark.parametrize("key, field", [("r", "rotation_euler"), ("s", "scale")])
def test_keys_choose_the_handles(visit, crowd, key, field):
    visit.press(key)
    visit.settled()
    before = value(visit, field)
    drag_handle(visit, "Z", 40, -30)
    after = value(visit, field)
    assert after[2] != (before or [0, 0, 0])[2] and after[:2] == pytest.approx((before or [0, 0, 0])[:2], abs=1e-6)
    assert crowd.heard("transform", field, visit.evaluate("scenesync.selected")) == pytest.approx(after)


def test_a_drag_beside_the_handles_turns_the_view(visit):
    before, yaw = value(visit, "location"), visit.evaluate("scenesync.stage.eye.yaw")
    visit.drag(300, 480, 360, 480)
    assert value(visit, "location") == before and visit.evaluate("scenesync.stage.eye.yaw") != yaw


@pytest.fixture
def viewer(page, world, guarded, scene):
    """Vera, who may only look, in a scene that alice has made."""
    broker, store = guarded
    people = Crowd(broker, scene, 2, ("alice", "secret-a"))
    people.build()
    page.join(world.site, broker=broker.ws_url, store=store.url, scene=scene, user="vera", password="secret-v")
    page.shown(2)
    page.wait("scenesync.session.role === 'viewer'")
    page.evaluate(SELECT)
    page.settled()
    yield page
    people.close()


def test_a_viewer_is_told_and_finds_nothing_to_edit(viewer):
    assert viewer.text(".role") == "view only"
    assert LOOK_ONLY in viewer.text(".properties .locked")
    assert viewer.evaluate("document.querySelector('.tools').hidden && !scenesync.gizmo.root.visible")
    assert viewer.evaluate("[...document.querySelectorAll('.properties input')].every((input) => input.readOnly || input.disabled)")
    before = value(viewer, "location")
    box = viewer.box(".vector[data-field=location] .number:nth-of-type(1)")
    viewer.drag(box["x"] + 20, box["y"] + 13, box["x"] + 70, box["y"] + 13)
    assert value(viewer, "location") == before


def revoke(broker, acl):
    """Gives a running broker other rights."""
    broker.acl = acl
    broker.prepare()
    before = broker.output().count("Reloading config")
    os.kill(broker.pid, signal.SIGHUP)
    while broker.output().count("Reloading config") == before:
        time.sleep(0.05)


def test_who_loses_the_right_to_edit_is_told_and_has_nothing_left_of_it(page, world, scene, tmp_path):
    """Brokers say so or close the connection; neither may happen again and again."""
    with services.Broker(tmp_path, "lan.conf", {"alice": "secret-a"}) as broker:
        people = Crowd(broker, scene, 1, ("alice", "secret-a"))
        people.build()
        people.close()
        page.join(world.site, broker=broker.ws_url, store=world.store.url, scene=scene, user="alice", password="secret-a")
        page.shown(1)
        page.wait("scenesync.session.role === 'editor'")
        page.evaluate(SELECT)
        before = value(page, "location")
        revoke(broker, services.acl_of([]))
        page.fill(".vector[data-field=location] .number:nth-of-type(1) input", "7")
        page.press("Enter")
        page.wait("/taken back/.test(document.querySelector('.notice').textContent)")
        assert value(page, "location") == before
        page.wait("document.querySelector('.role').textContent === 'view only' && scenesync.session.link.state === 'online'")
        page.evaluate("window.lost = 0; scenesync.session.connection.client.on('close', () => lost++); new Promise((done) => setTimeout(done, 3000))")
        assert page.evaluate("lost") == 0 and value(page, "location") == before
        assert LOOK_ONLY in page.text(".properties .locked")
