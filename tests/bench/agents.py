# SPDX-License-Identifier: Apache-2.0
"""Rows of agents alone: from client to client through the broker, against libmosquitto; idle cost and memory."""
import statistics
import time

from place import Listener, memory_mb, processor_seconds, wait_until_idle
from rows import at_least, at_most

EDITS = 20000
LIVE_MESSAGES = 1000
LIVE_BYTES = 248 * 1024  # with topic and packing just below what a message may have
OBJECTS = 100000
IDLE_SECONDS = 20
DURABLE_EDITS = 30000


def best(measure, rounds=3):
    """(count, bytes, seconds) of the fastest round: the others were disturbed."""
    return min((measure() for _ in range(rounds)), key=lambda found: found[2])


def settled(place):
    """Our messages carry more than the 100 bytes of the edit; the raw part is given messages of our size."""
    with Listener(place, "scenesync/#") as listener:
        place.edits("settled", 500, 100)
        time.sleep(1)
        messages, _, payload = listener.heard("/state/object/")
    size = payload // messages
    count, _, seconds = best(lambda: place.edits("settled", EDITS, 100))
    raw_count, _, raw_seconds = best(lambda: place.raw("settled", EDITS, size))
    note = f"a message has {size} bytes with the entity's other fields, stamps and origin; durable on both sides"
    return [at_least("agent to agent, settled edits of 100 B", count / seconds, raw_count / raw_seconds, 0.8, "edits/s", note)]


def latency(place):
    ours = statistics.median(place.edits("latency", 200)[0] for _ in range(2)) * 1000
    raw = statistics.median(place.raw("latency", 200, 120)[0] for _ in range(2)) * 1000
    against = f"raw {raw:.2f} ms / 0.8"
    return [at_most("agent to agent, one live move, p50", ours, raw / 0.8, "ms", against, "client to client: two local links besides the broker")]


def live(place):
    _, size, seconds = best(lambda: place.edits("live", LIVE_MESSAGES, LIVE_BYTES))
    _, raw_size, raw_seconds = best(lambda: place.raw("live", LIVE_MESSAGES, LIVE_BYTES))
    return [at_least("agent to agent, live messages of 248 KiB", size / seconds / 1e6, raw_size / raw_seconds / 1e6, 0.8, "MB/s")]


def idle(place):
    """100,000 objects in the scene of two agents, whose clients have gone."""
    first, second = place.agents
    scene = place.scene()
    place.program("agent_fill", first.socket, scene, OBJECTS)
    if not wait_until_idle(first.pid):
        raise RuntimeError("the agent does not come to rest")
    before = processor_seconds(first.pid)
    time.sleep(IDLE_SECONDS)
    percent = 100 * (processor_seconds(first.pid) - before) / IDLE_SECONDS
    mapped = memory_mb(first.pid, "RssFile")
    note = f"of which {mapped:.0f} MB are pages of its data file, which the system can take back"
    return [at_most("agent, idle, scene of 100,000 objects", percent, 0.1, "% CPU", "0 (less than 0.1)"),
            at_most("agent, memory for 100,000 objects", memory_mb(first.pid), 150, "MB", note=note)]


def durable(place):
    """One client at one agent, whose edits are acknowledged when they are durable, full or relaxed; in turns, as others use the disk, too."""
    agents = {"full": place.agents[0], "relaxed": place.new_agent("--durability", "relaxed")}
    rows = []
    for work, count, window, share in (("at once", DURABLE_EDITS, 4096, 0.5), ("one after the other", DURABLE_EDITS // 10, 1, 0.1)):
        took = {name: [] for name in agents}
        for _ in range(5):
            for name, agent in agents.items():
                took[name].append(place.program("agent_durable", agent.socket, place.scene(), count, window)[1])
        full, relaxed = (count / min(took[name]) for name in ("full", "relaxed"))
        rows += [at_least(f"durable (full) edits of 100 B, {work}", full, relaxed, share, "edits/s", "raw: relaxed"),
                 at_least(f"durable (relaxed) edits of 100 B, {work}", relaxed, full, 0.9, "edits/s", "raw: full")]
    return rows


GROUPS = {"settled": settled, "latency": latency, "live": live, "idle": idle, "durable": durable}
