# SPDX-License-Identifier: Apache-2.0
"""A browser whose clock is wrong: the store's time counts, else that of those who are here."""
import time

import pytest
import services
from person import Person

WINDOW = (960, 540)
HOUR = 3600
EDIT = "scenesync.session.edit(scenesync.session.replica.get('transform', '{key}'), {{ location: [1, 2, 3] }})"


def join(page, seconds, site, **settings):
    """Joins by the form in a browser that is so much ahead of the time."""
    page.open(site.url)
    page.evaluate(f"(() => {{ const now = Date.now; Date.now = () => now() + {1000 * seconds}; }})()")
    for name, text in settings.items():
        page.fill(f"input[name={name}]", text)
    page.click(".primary")


def edited(page, crowd):
    """Edits in the page; by how many seconds the stamp that others see is ahead."""
    key = crowd.ids[0].hex()
    page.evaluate(EDIT.format(key=key))
    assert crowd.heard("transform", "location", key) == [1, 2, 3]
    return crowd.stamped("transform", key) - time.time()


@pytest.mark.parametrize("seconds", [-HOUR, HOUR, -30 * 24 * HOUR])
def test_the_stores_time_counts(page, world, scene, crowd, seconds):
    join(page, seconds, world.site, broker=world.broker.ws_url, store=world.store.url, scene=scene)
    page.shown(2)
    assert abs(edited(page, crowd)) < 60


def test_without_a_store_that_of_the_others_counts(page, world, scene, crowd):
    person = Person(world.broker, scene, "Ben")
    join(page, -HOUR, world.site, broker=world.broker.ws_url, store=f"http://127.0.0.1:{services.free_port()}", scene=scene)
    page.wait("window.scenesync?.session.loaded")
    assert page.evaluate("scenesync.content.objects") == 0
    assert "6 edits" in page.evaluate("document.querySelector('.refused').textContent")
    person.says_time()
    page.wait("scenesync.content.objects === 2")
    assert abs(edited(page, crowd)) < 60
    person.close()
