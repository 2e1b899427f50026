# SPDX-License-Identifier: Apache-2.0
"""Others in the scene, and seeing what they see."""
import pytest
from crowd import Crowd
from person import Person

WINDOW = (960, 540)
# Two metres above the ground, looking straight along y.
AHEAD = [1, 0, 0, 0, 0, 0, -1, -5, 0, 1, 0, 2, 0, 0, 0, 1]
UP = [1, 0, 0, 0, 0, 0, -1, -5, 0, 1, 0, 4, 0, 0, 0, 1]
EYE = "(({ elements: m }) => [m[12], m[13], m[14]].map((value) => Math.round(1e4 * value) / 1e4))(scenesync.stage.eye.camera.matrixWorld)"


@pytest.fixture
def ben(world, scene):
    person = Person(world.broker, scene, "Ben")
    yield person
    person.close()


def test_a_person_is_followed_until_we_move_ourselves(page, world, scene, ben):
    crowd = Crowd(world.broker, scene, 2)
    crowd.build()
    page.join(world.site, broker=world.broker.ws_url, store=world.store.url, scene=scene, name="Vera")
    page.shown(2)
    ben.looks(AHEAD, selection=[crowd.ids[0]])
    page.wait("document.querySelector('.avatar')?.textContent === 'Ben' && document.querySelector('.row .mark') && !document.querySelector('.person').disabled")
    page.click(".person")
    page.wait(f"{EYE}.join() === '0,-5,2'")
    ben.looks(UP)
    page.wait(f"{EYE}.join() === '0,-5,4'")
    page.drag(400, 300, 460, 300)
    page.wait("document.querySelector('.person').getAttribute('aria-pressed') === 'false'")
    ben.looks(AHEAD)
    page.settled()
    assert page.evaluate(f"{EYE}.join()") != "0,-5,2"
    crowd.close()
