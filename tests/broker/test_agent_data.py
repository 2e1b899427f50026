# SPDX-License-Identifier: Apache-2.0
"""A data directory from a crash, of another machine, damaged, not writable: what is recovered, and what is refused with words that help."""
import itertools
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from agents import eventually, new_id, world
from link import Link
from services import binary


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


def refuses(data, socket):
    """What an agent says that does not start in this directory."""
    done = subprocess.run([binary(), "agent", "--data", data, "--socket", socket], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1, done.stderr
    assert "ready" not in done.stderr
    return done.stderr


def origin_of(agent):
    return Path(agent.data, "origin").read_bytes()


def change_host(agent, key, value):
    host = Path(agent.data, "host")
    lines = dict(line.split(" ", 1) for line in host.read_text().splitlines())
    assert lines[key]
    lines[key] = value
    host.write_text("".join(f"{name} {text}\n" for name, text in lines.items()))


def unsent(scene, agent, count):
    """Edits that are acknowledged while the broker is away; the agent is killed then."""
    scene.broker.kill()
    with Link(agent.socket, "demo") as link:
        made = [new_id() for _ in range(count)]
        for number, identity in enumerate(made):
            link.set("object", identity, name=f"unsent {number}")
    agent.kill()
    return made


def test_a_directory_of_another_machine_goes_on_under_another_identity(scene, tmp_path):
    first = scene.agent("ada")
    cube = new_id()
    scene.link(first).set("object", cube, name="Cube")
    balls = unsent(scene, first, 20)
    second = scene.agent("bob", start=False)
    shutil.copytree(first.data, second.data)
    change_host(second, "machine", "0123456789abcdef")
    scene.broker.start()
    second.start()
    assert "it comes from another machine" in second.output() and "another identity" in second.output()
    assert origin_of(second) != origin_of(first)
    first.start()
    ada, bob, eve = scene.link(first), scene.link(second), scene.link(scene.agent("eve"))
    for link in (ada, bob, eve):
        for number, ball in enumerate(balls):
            link.sees("object", ball, "name", f"unsent {number}")
    ada.set("object", cube, name="Box")
    bob.set("object", balls[0], name="Ball")
    eve.sees("object", cube, "name", "Box")
    eve.sees("object", balls[0], "name", "Ball")
    eventually(lambda: ada.digest() == bob.digest() == eve.digest())
    before = origin_of(second)
    second.restart()
    assert origin_of(second) == before and "another machine" not in second.output()


@pytest.mark.parametrize("durability, ends, changes", [("relaxed", "kill", True), ("relaxed", "stop", False), ("full", "kill", False)])
def test_a_machine_that_went_down_under_a_relaxed_agent(scene, durability, ends, changes):
    agent = scene.agent("ada", options=["--durability", durability])
    cube = new_id()
    scene.link(agent).set("object", cube, name="Cube")
    before = origin_of(agent)
    getattr(agent, ends)()
    if changes:
        change_host(agent, "boot", "11111111-2222-3333-4444-555555555555")
    else:
        assert "boot" not in Path(agent.data, "host").read_text()
    agent.start()
    assert (origin_of(agent) != before, "went down while durability was relaxed" in agent.output()) == (changes, changes)
    scene.link(agent).sees("object", cube, "name", "Cube")


@pytest.mark.parametrize("durability", ["full", "relaxed"])
def test_what_was_acknowledged_survives_kills_in_the_middle_of_edits(scene, durability):
    agent = scene.agent("ada", options=["--durability", durability])
    acknowledged = {}
    for round_ in range(8):
        with Link(agent.socket, "demo") as link:
            end = threading.Timer(0.005 * round_, agent.kill)
            with pytest.raises(OSError):
                for count in itertools.count(1):
                    identity = new_id()
                    link.set("object", identity, name="x" * 300)
                    acknowledged[identity] = "x" * 300
                    if count == 15:
                        end.start()
            end.join()
        agent.start()
    ada, bob = scene.link(agent), scene.link(scene.agent("bob"))
    for link in (ada, bob):
        for identity, name in acknowledged.items():
            link.sees("object", identity, "name", name)


@pytest.mark.parametrize("damage", ["missing", "empty"])
def test_a_replica_that_is_gone_comes_back_from_others(scene, damage):
    agent, other = scene.agent("ada"), scene.agent("bob")
    cube = new_id()
    scene.link(agent).set("object", cube, name="Cube")
    scene.link(other).sees("object", cube, "name", "Cube")
    before = origin_of(agent)
    agent.stop()
    replica = Path(agent.data, "replica", "data.mdb")
    replica.unlink()
    if damage == "empty":
        replica.touch()
    agent.start()
    assert "replica/data.mdb is missing or empty" in agent.output()
    assert origin_of(agent) != before
    scene.link(agent).sees("object", cube, "name", "Cube")


def damaged(name):
    def first_page(data):
        with open(data, "r+b") as file:
            file.truncate(1000)

    def something_else(data):
        data.write_bytes(b"x" * 20000)

    def newer(data):
        with open(data, "r+b") as file:
            for page in (0, 4096):
                file.seek(page + 20)
                file.write((999).to_bytes(4, "little"))

    return {"first page": first_page, "something else": something_else, "newer": newer}[name]


@pytest.mark.parametrize("what, says", [("first page", "is no database, or damaged"), ("something else", "is no database, or damaged"),
                                        ("newer", "a newer LMDB wrote data.mdb")])
def test_a_replica_that_cannot_be_opened_is_refused_and_left_alone(scene, tmp_path, what, says):
    agent = scene.agent("ada")
    scene.link(agent).set("object", new_id(), name="Cube")
    agent.stop()
    data = Path(agent.data, "replica", "data.mdb")
    damaged(what)(data)
    before = data.read_bytes()
    problem = refuses(agent.data, tmp_path / "s")
    assert says in problem and "replica" in problem and str(agent.data) in problem
    assert data.read_bytes() == before


def scribble_on_records(data):
    """On every page behind the first, but for its head. What LMDB reads then can end the agent, or not."""
    with open(data, "r+b") as file:
        for page in range(2, file.seek(0, os.SEEK_END) // 4096):
            file.seek(4096 * page + 200)
            file.write(b"\xff" * 2000)


@pytest.mark.parametrize("damage", ["cut", "scribbled"])
def test_a_scene_whose_records_are_damaged_is_refused_and_comes_back(scene, damage):
    agent, other = scene.agent("ada"), scene.agent("bob")
    ada, bob = scene.link(agent), scene.link(other)
    ids = [new_id() for _ in range(300)]
    for identity in ids:
        ada.edit("object", identity, {"name": "x" * 500})
    ada.wait("ack", id=ada.last_id)
    bob.sees("object", ids[-1], "name", "x" * 500)
    agent.stop()
    data = Path(agent.data, "replica", "data.mdb")
    if damage == "cut":
        os.truncate(data, data.stat().st_size // 2)
    else:
        scribble_on_records(data)
    agent.start()
    if damage == "cut":
        assert f"{data} was cut off" in agent.output()
    else:
        eventually(lambda: "damaged" in agent.output() and f"scenesync doctor --data {agent.data}" in agent.output())
    agent.stop()
    Path(agent.data, "replica").rename(Path(agent.data, "replica.damaged"))  # as the words say
    agent.start()
    ada = scene.link(agent)
    for identity in ids:
        ada.sees("object", identity, "name", "x" * 500)


def test_a_damaged_origin_is_replaced(scene):
    agent = scene.agent("ada")
    cube = new_id()
    scene.link(agent).set("object", cube, name="Cube")
    agent.stop()
    Path(agent.data, "origin").write_bytes(b"half")
    agent.start()
    assert "its origin is damaged" in agent.output()
    scene.link(agent).sees("object", cube, "name", "Cube")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize("options, says", [("ro", "let this user write there"), ("size=4k", "make room on that disk")])
def test_a_disk_that_takes_nothing_is_named(tmp_path, options, says):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)
    try:
        if options != "ro":
            (disk / "filler").write_bytes(b"x" * 4096)
        problem = refuses(disk / "data", tmp_path / "s")
        assert says in problem and str(disk) in problem
    finally:
        subprocess.run(["umount", disk], check=True)
