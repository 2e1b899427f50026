# SPDX-License-Identifier: Apache-2.0
"""Somebody stalls under constant edits: it costs the agent no more than the scene's size, and the newest values arrive when he wakes."""
import os
import signal
from pathlib import Path

import pytest
from agents import eventually, new_id, world
from services import Broker

COUNT, TEXT = 200, "x" * 15_000
SCENE_MB = COUNT * len(TEXT) / 1e6
ROUNDS = 50  # of edits of the whole scene: several times what it may cost
KEPT_MB = 24  # of freed memory, which an agent keeps for its next step (daemon/loop.c)


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


def own_mb(agent):
    """Memory of its own: pages of the data file are the system's."""
    fields = dict(line.split(":") for line in Path(f"/proc/{agent.pid}/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) / 1024


def assert_bounded(agent, link, ids):
    """The edits of a stall: what they cost is the scene, at most once more for whom it waits, and what the agent keeps in any case."""
    before = own_mb(agent)
    for turn in range(ROUNDS):
        for identity in ids:
            link.edit("object", identity, {"name": f"{TEXT}{turn}"})
        link.wait("ack", id=link.last_id)
    grown = own_mb(agent) - before
    assert grown < KEPT_MB + 2 * SCENE_MB < ROUNDS * SCENE_MB / 4, f"{grown:.1f} MB more, for a scene of {SCENE_MB:.1f} MB"


def newest(link, ids):
    for identity in ids:
        link.sees("object", identity, "name", f"{TEXT}{ROUNDS - 1}")


def test_a_client_that_stalls(scene):
    agent = scene.agent("ada")
    stalled, busy = scene.link(agent), scene.link(agent, changes=False)
    ids = [new_id() for _ in range(COUNT)]
    assert_bounded(agent, busy, ids)
    newest(stalled, ids)


@pytest.mark.parametrize("how", ["stopped", "gone"])
def test_a_broker_that_stalls(scene, how):
    agent, other = scene.agent("ada"), scene.agent("bob")
    ada, bob = scene.link(agent, changes=False), scene.link(other)
    ids = [new_id() for _ in range(COUNT)]
    ada.set("object", ids[0], name="before")
    bob.sees("object", ids[0], "name", "before")
    if how == "stopped":
        os.kill(scene.broker.pid, signal.SIGSTOP)
    else:
        scene.broker.kill()
    try:
        assert_bounded(agent, ada, ids)
    finally:
        if how == "stopped":
            os.kill(scene.broker.pid, signal.SIGCONT)
        else:
            scene.broker.start()
    newest(bob, ids)
    eventually(lambda: ada.digest() == bob.digest())


def test_an_agent_that_stalls(scene):
    """It is the broker's to bound what it keeps for him; the others go on and do not grow."""
    agent, other = scene.agent("ada"), scene.agent("bob")
    ada, bob = scene.link(agent, changes=False), scene.link(other)
    ids = [new_id() for _ in range(COUNT)]
    ada.set("object", ids[0], name="before")
    bob.sees("object", ids[0], "name", "before")
    os.kill(other.pid, signal.SIGSTOP)
    try:
        assert_bounded(agent, ada, ids)
    finally:
        os.kill(other.pid, signal.SIGCONT)
    newest(bob, ids)
    eventually(lambda: ada.digest() == bob.digest())


def test_what_is_no_longer_used_is_given_back_at_rest(scene):
    agent = scene.agent("ada")
    link = scene.link(agent, changes=False)
    ids = [new_id() for _ in range(COUNT)]
    before = own_mb(agent)
    for value in (TEXT * 4, None):
        for identity in ids:
            link.edit("object", identity, {"note": value})
        link.wait("ack", id=link.last_id)
    grown = own_mb(agent) - before
    assert grown > SCENE_MB
    eventually(lambda: own_mb(agent) < before + 3 * grown / 4, 30)


def one_at_a_time(text):
    assert "max_inflight_messages 0" in text
    return text.replace("max_inflight_messages 0", "max_inflight_messages 1")


def test_a_broker_that_is_lost_again_and_again_before_it_takes_what_is_sent(tmp_path):
    with world(tmp_path, Broker(tmp_path, edit=one_at_a_time)) as scene:
        agent = scene.agent("ada")
        ada, before = scene.link(agent), 0
        ids = [new_id() for _ in range(60)]
        for turn in range(10):
            ada.wait("status", broker="connected", pending=0)
            before = before or (turn == 1 and own_mb(agent))
            os.kill(scene.broker.pid, signal.SIGSTOP)
            for identity in ids:
                ada.edit("object", identity, {f"note{part}": os.urandom(30_000) for part in range(4)})
            ada.wait("ack", id=ada.last_id)
            scene.broker.kill()
            scene.broker.start()
        grown = own_mb(agent) - before
        assert grown < KEPT_MB, f"{grown:.1f} MB more"
