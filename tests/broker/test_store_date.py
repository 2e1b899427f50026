# SPDX-License-Identifier: Apache-2.0
"""The store's clock is everybody's, so that stamps of machines whose clocks differ can be compared; how long it takes to answer is no time of day."""
import contextlib
import email.utils
import re
import time

import pytest
from agents import eventually, new_id, world
from lines import Line

SAID = "clock is"
DATE = re.compile(rb"Date: [^\r]*")


class Answers(Line):
    """A way to the store whose answers are `late` by so many seconds, and by whose clock it is `ahead` of this one."""

    def __init__(self, port, late=0, ahead=0):
        super().__init__(port)
        self.late, self.ahead, self.url = late, ahead, f"http://127.0.0.1:{self.port}"

    def answer(self, server, client):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self.ahead:
                    data = DATE.sub(b"Date: " + email.utils.formatdate(time.time() + self.ahead, usegmt=True).encode(), data)
                time.sleep(self.late)
                client.sendall(data)


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


def upload(link):
    """A file that the store has when this returns."""
    sha256 = link.give_blob(new_id() * 3000)
    link.set("object", new_id(), points={"sha256": sha256, "size": 48_000})
    link.until(lambda: link.seen[-1]["t"] == "status" and not link.seen[-1]["pending"] and link.seen[-1]["store"] == "ok")


def test_a_late_answer_says_nothing_about_the_clock(scene):
    with Answers(scene.store.port, late=3) as store:
        agent = scene.agent("ada", store=store.url)
        upload(scene.link(agent))
        assert SAID not in agent.output()


@pytest.mark.parametrize("late", [0, 3])
def test_the_stores_clock_is_followed(scene, late):
    with Answers(scene.store.port, late, ahead=3600) as store:
        agent = scene.agent("ada", store=store.url)
        upload(scene.link(agent))
        said = eventually(lambda: re.search(r"clock is (-?\d+) ms off", agent.output()))
        assert abs(int(said.group(1)) + 3_600_000) < 1500 + 1000 * late
        assert agent.output().count(SAID) == 1
