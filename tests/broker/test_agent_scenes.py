# SPDX-License-Identifier: Apache-2.0
"""Which scenes an agent takes part in: those that a client uses, those with something to deliver, and those that it is told to keep."""
import json
import time

import pytest
from agents import SCENE, eventually, new_id, world


@pytest.fixture
def scene(tmp_path):
    with world(tmp_path) as made:
        yield made


def agent_with(scene, tmp_path, text, name="ada", **options):
    (tmp_path / f"{name}.ini").write_text(text)
    return scene.agent(name, config=tmp_path / f"{name}.ini", **options)


def scenes(agent):
    return {found["scene"]: found for found in json.loads(agent.run("scenes", "--json").stdout)}


def present(link):
    """The names of the others, as far as this client was told."""
    last = {frame["origin"]: frame for frame in link.seen if frame["t"] == "peer"}
    return sorted(frame["name"] for frame in last.values() if frame["online"])


def settled(link):
    link.until(lambda: any(frame["t"] == "status" and frame["broker"] == "connected" and frame["pending"] == 0 for frame in link.seen[-3:]))


def test_a_scene_that_nobody_uses_is_only_on_the_disk(scene):
    ada = scene.agent("ada")
    cube = new_id()
    with scene.link(ada) as link:
        link.set("object", cube, name="Cube")
        settled(link)
    bob = scene.link(scene.agent("bob"))
    bob.until(lambda: present(bob) == ["ada"])
    ada.restart()
    bob.until(lambda: present(bob) == [])
    assert scenes(ada) == {SCENE: {"scene": SCENE, "entities": 1, "peers": 0, "open": False}}
    assert "no scene is open" in ada.run("status").stdout
    assert present(bob) == []
    scene.link(ada).sees("object", cube, "name", "Cube")
    bob.until(lambda: present(bob) == ["ada"])
    assert scenes(ada)[SCENE]["open"]


def test_what_was_not_delivered_is_without_a_client(scene, tmp_path):
    ada = agent_with(scene, tmp_path, "leave_after = 1\n")
    cube, sphere = new_id(), new_id()
    with scene.link(ada) as link:
        link.set("object", sphere, name="Sphere")
        settled(link)
        scene.broker.kill()
        link.set("object", cube, name="Cube")
    ada.stop()
    scene.broker.start()
    bob = scene.link(scene.agent("bob"))
    ada.start()
    bob.sees("object", cube, "name", "Cube")
    bob.until(lambda: any(frame["t"] == "peer" for frame in bob.seen) and present(bob) == [])
    eventually(lambda: not scenes(ada)[SCENE]["open"])
    assert scenes(ada)[SCENE] == {"scene": SCENE, "entities": 2, "peers": 0, "open": False}


def test_a_drag_that_a_kill_ended_is_settled(scene):
    ada = scene.agent("ada")
    cube = new_id()
    link = scene.link(ada)
    link.set("object", cube, name="Cube")
    link.wait("ack", id=link.edit("transform", cube, {"location": [1, 2, 3]}, live=True))
    ada.kill()
    ada.start()
    scene.link(scene.agent("bob")).sees("transform", cube, "location", [1, 2, 3])


def test_a_scene_is_left_after_a_while_and_joined_again(scene, tmp_path):
    ada = agent_with(scene, tmp_path, "leave_after = 1\n")
    cube = new_id()
    bob = scene.link(scene.agent("bob"))
    for turn in range(3):
        with scene.link(ada) as link:
            link.set("object", cube, name=f"Cube {turn}")
            bob.sees("object", cube, "name", f"Cube {turn}")
        bob.until(lambda: present(bob) == [])
        bob.set("object", cube, name=f"Box {turn}")  # while nobody of theirs is there
        with scene.link(ada) as link:
            link.sees("object", cube, "name", f"Box {turn}")


def test_a_scene_in_which_nothing_was_made_is_forgotten(scene):
    ada = scene.agent("ada")
    with scene.link(ada, scene="early") as early:
        assert "early" in scenes(ada)
        assert ada.run("ls", "slip").stdout == ""
        assert "slip" not in scenes(ada)
        assert "slip" not in ada.run("status").stdout
        cube = new_id()
        early.set("object", cube, name="Cube")
    early = scene.link(ada, scene="early")
    assert early.values["object", cube, "name"] == "Cube"
    scene.link(ada, scene="late").sync()
    ada.restart()
    assert set(scenes(ada)) == {"early"}


def test_whoever_comes_while_it_is_being_left_waits(scene, tmp_path):
    ada = agent_with(scene, tmp_path, "leave_after = 1\n")
    cube = new_id()
    with scene.link(ada) as link:
        link.set("object", cube, name="Cube")
        settled(link)
    for turn in range(8):
        time.sleep(0.9 + 0.05 * turn)
        with scene.link(ada) as link:
            assert link.values["object", cube, "name"] == "Cube"
    assert ada.alive


@pytest.mark.parametrize("keep", ["other, demo", "*"])
def test_what_is_kept_is_never_left(scene, tmp_path, keep):
    ada = agent_with(scene, tmp_path, f"leave_after = 1\nkeep = {keep}\n")
    with scene.link(ada) as link:
        link.set("object", new_id(), name="Cube")
        settled(link)
    bob = scene.link(scene.agent("bob"))
    bob.until(lambda: present(bob) == ["ada"])
    time.sleep(3)
    bob.sync()
    assert present(bob) == ["ada"]
    ada.restart()
    bob.until(lambda: present(bob) == [])
    bob.until(lambda: present(bob) == ["ada"])
    assert scenes(ada)[SCENE]["open"]
    if keep != "*":
        assert scenes(ada)["other"]["open"]  # that it never heard of


def test_what_is_kept_must_be_names_of_scenes(scene, tmp_path):
    with pytest.raises(RuntimeError, match="keep"):
        agent_with(scene, tmp_path, "keep = demo, Not a Scene\n")


def test_many_scenes_and_all_are_listed(scene):
    ada = scene.agent("ada")
    for number in range(1, 21):
        with scene.link(ada, scene=f"scene{number}") as link:
            for _ in range(number):
                link.edit("object", new_id(), {"name": "Cube"})
            link.sync()
            settled(link)
    ada.restart()
    found = scenes(ada)
    assert {name: value["entities"] for name, value in found.items()} == {f"scene{number}": number for number in range(1, 21)}
    assert not any(value["open"] for value in found.values())
    eventually(lambda: scene.link(ada, scene="scene7").joined["entities"] == 7)
