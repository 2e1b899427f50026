# SPDX-License-Identifier: Apache-2.0
"""What must hold whenever the last fault has healed."""
import ctypes
import hashlib
import re
import time
from collections import defaultdict
from pathlib import Path

import msgpack
from agents import eventually
from link import Link, cell
from mqtt import Client
from place import AGENTS, PASSWORDS, SCENE

PATIENCE = 90  # seconds until all is at rest
KEPT_MB = 24  # of freed memory, which an agent keeps for its next step (daemon/loop.c)
BASE_MB = 16  # an agent without scenes, and what travels at the moment
REFUSALS = {"disk", "blob"}  # of edits while there is no room, of files while there is none for them
PASSING = REFUSALS | {"paho"}  # of messages while a connection breaks; they are sent again
TOPIC = f"scenesync/v1/{SCENE}/state/"
ZSTD = b"\x28\xb5\x2f\xfd"


def own_mb(service):
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{service.pid}/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) / 1024


def plain(value):
    """Without the msgpack type of an array of numbers."""
    return cell(value, 0, 1) if isinstance(value, msgpack.ExtType) else value


# ---- at rest


def at_rest(place):
    """Everybody is connected, has sent all and holds the same."""
    for reader in place.readers.values():
        status = reader.status
        if not status or status["broker"] != "connected" or status["store"] != "ok" or status["pending"]:
            return False
        if status["uploads"]["n"] or status["downloads"]["n"]:
            return False
    return len({place.agents[name].run("digest", SCENE).stdout for name in AGENTS}) == 1


def until_at_rest(place):
    """For a second at a stretch."""
    end = time.monotonic() + PATIENCE
    since = None
    while since is None or time.monotonic() < since + 1:
        since = (since or time.monotonic()) if at_rest(place) else None
        place.assert_alive()
        if time.monotonic() > end:
            raise AssertionError(f"no rest within {PATIENCE} s:\n" + state(place))
        time.sleep(0.1)


def state(place):
    """What every agent says of itself, and what is not the same in all."""
    dumps = {name: set(place.agents[name].run("dump", SCENE).stdout.splitlines()) for name in AGENTS}
    common = set.intersection(*dumps.values())
    lines = [f"{name}: {place.agents[name].run('digest', SCENE).stdout.strip()[:12]} {place.readers[name].status}" for name in AGENTS]
    return "\n".join(lines + [f"{name} has {line[:200]}" for name in AGENTS for line in sorted(dumps[name] - common)[:10]])


# ---- what is there


def shown(values):
    """What of the values that a program was given is to be seen: nothing of what is deleted, nothing below what was removed."""
    gone = {key[:2] for key, value in values.items() if key[2] == "deleted" and value is True}
    return {key: value for key, value in values.items() if value is not None and key[:2] not in gone and key[2] != "deleted"}


def view(agent):
    """What a program that joins now is given."""
    with Link(agent.socket, SCENE) as link:
        link.sync()
        return shown(link.values)


def differences(one, other):
    return [(key[0], key[1].hex(), key[2], one.get(key), other.get(key)) for key in one.keys() | other.keys() if one.get(key) != other.get(key)][:5]


def check_views(place):
    """Equal at all agents, for who joins now, for who has been there all the time, and in print; what they show is returned."""
    views = {name: view(agent) for name, agent in place.agents.items()}
    first = views[AGENTS[0]]
    for name in AGENTS:
        assert not differences(first, views[name]), f"{AGENTS[0]} and {name} show different things: {differences(first, views[name])}"
        reader = place.readers[name]
        eventually(lambda reader=reader: not differences(first, shown(dict(reader.values))), 30)
    assert len({place.agents[name].run("dump", SCENE).stdout for name in AGENTS}) == 1
    return first


def unpacked(payload):
    if not payload.startswith(ZSTD):
        return msgpack.unpackb(payload, strict_map_key=False)
    zstd = ctypes.CDLL("libzstd.so.1")
    out = ctypes.create_string_buffer(1 << 20)
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    size = zstd.ZSTD_decompress(out, ctypes.c_size_t(len(out)), payload, ctypes.c_size_t(len(payload)))
    return msgpack.unpackb(out.raw[:size], strict_map_key=False)


def retained(place):
    """What a plain tool finds at the broker: (stamp, value) by (kind, id, field), each the newest of its messages."""
    with place.broker.node:
        client = Client(place.broker.url, "tool", PASSWORDS["tool"])
    with client:
        client.subscribe(TOPIC + "#")
        messages = client.all()
    found = defaultdict(lambda: (b"",))
    for topic, payload in messages:
        kind, uuid = topic[len(TOPIC):].split("/")[:2]
        state = unpacked(payload)
        for name, value in state["fields"].items():
            key = (kind, bytes.fromhex(uuid.replace("-", "")), name)
            found[key] = max(found[key], (state.get("stamps", {}).get(name, state["stamp"]), value), key=lambda pair: pair[0])
    return found


def seconds(stamp):
    return int.from_bytes(stamp[:6], "big") / 1000


# ---- the promises


def slow(place):
    """By how much an agent thought its clock ahead at most since the last time, and stamped less. All have one clock here, but where no store has
    told the time yet the peers' messages do, and those may be late. At rest all have heard the store; its answer says how late it is."""
    slowest = 0
    for name, agent in place.agents.items():
        log = Path(agent.log).read_bytes()[place.log_read[name]:]
        place.log_read[name] += len(log)
        assert b"off the store's" not in log
        slowest = max([slowest, *(int(ms) / 1000 for ms in re.findall(rb"clock is (-?\d+) ms off the others'", log))])
    return slowest


def kept(place, ledger):
    """What is wrong with what was acknowledged, by what the broker retains; nothing is, in the end."""
    found = retained(place)
    wrong = []
    for key in list(ledger.attempts):
        stamp, value = found[key] if key in found else (bytes(16), None)
        problem = ledger.wrong(key, plain(value), seconds(stamp))
        if problem:
            wrong.append((key[0], key[1].hex(), key[2], problem, repr(value)[:80], seconds(stamp)))
    return wrong, found


def check_promises(place, ledger, visible):
    """Nothing acknowledged is lost at the broker, and the agents show what the broker has."""
    ledger.end_round(slow(place))
    end = time.monotonic() + PATIENCE
    while True:
        wrong, found = kept(place, ledger)
        if not wrong:
            break
        assert time.monotonic() < end, f"{len(wrong)} acknowledged edits are lost, the first: {wrong[:5]}"
        time.sleep(2)
    there = shown({key: value for key, (_, value) in found.items()})
    there = {key: plain(value) for key, value in there.items()}
    assert not differences(visible, there), f"an agent shows something else than the broker has: {differences(visible, there)}"


def check_blobs(place, visible):
    """Every agent can give every file that is named."""
    wanted = {bytes(value["sha256"]) for key, value in visible.items() if key[2] == "points"}
    for agent in place.agents.values():
        with Link(agent.socket, SCENE) as link:
            for sha256 in wanted:
                link.send({"t": "want", "sha256": sha256})
                with open(link.wait("have", sha256=sha256)["path"], "rb") as file:
                    assert hashlib.sha256(file.read()).digest() == sha256


def check_bounds(place, most_mb, visible):
    """Nobody has kept more than the scenes and a part of them that waits."""
    scene_mb = sum(len(value) if isinstance(value, bytes) else 100 for value in visible.values()) / 1e6
    entities = len({key[:2] for key in visible})
    for name in AGENTS:
        assert most_mb[name] < BASE_MB + KEPT_MB + 4 * scene_mb, f"{name} had {most_mb[name]:.0f} MB for a scene of {scene_mb:.1f} MB"
        assert place.readers[name].most_pending <= 4 * entities + 100, f"{name} had {place.readers[name].most_pending} edits waiting"
        strange = set(place.readers[name].refused) - PASSING
        assert not strange, f"{name} refused {place.readers[name].refused}"


def check(place, ledger, most_mb):
    until_at_rest(place)
    visible = check_views(place)
    check_promises(place, ledger, visible)
    check_blobs(place, visible)
    check_bounds(place, most_mb, visible)
    assert not set(ledger.refusals) - REFUSALS, ledger.refusals
    return len(visible)
