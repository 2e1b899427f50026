# SPDX-License-Identifier: Apache-2.0
"""The command line against real agents: what it prints, what it refuses, and how it ends."""
import hashlib
import itertools
import json
import os
import re
import signal
import subprocess
import threading
import uuid

import pytest
from agents import eventually, world
from link import Link
from services import Agent, binary, free_port

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with world(tmp_path_factory.mktemp("cli")) as made:
        yield made.agent("ada"), made.agent("bob")


@pytest.fixture
def ada(two):
    return two[0]


@pytest.fixture
def bob(two):
    return two[1]


@pytest.fixture
def scene(request):
    """Each test has a scene of its own."""
    return re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:60]


def output(agent, *arguments):
    return agent.run(*arguments).stdout.strip()


def fails(agent, status, *arguments):
    done = agent.run(*arguments, check=False)
    assert done.returncode == status, done
    assert done.stdout == ""
    return done.stderr


def got(agent, scene, target):
    return json.loads(output(agent, "get", scene, target, "--json"))


def lamp(agent, scene, name="Lamp"):
    return output(agent, "create", scene, "light", 'type="POINT"', f'name="{name}"', "energy=100")


def test_create_get_set_delete(ada, scene):
    made = lamp(ada, scene)
    assert re.fullmatch(UUID, made)
    fields = {"type": "POINT", "name": "Lamp", "energy": 100}
    assert got(ada, scene, "light/Lamp") == {"kind": "light", "id": made, "name": "Lamp", "fields": fields}
    assert got(ada, scene, f"light/{made.upper()}") == got(ada, scene, "light/Lamp")
    assert output(ada, "set", scene, "light/Lamp", "energy=12.5", 'name="Spot"', "properties/note=[1, null]") == ""
    fields |= {"energy": 12.5, "name": "Spot", "properties/note": [1, None]}
    assert got(ada, scene, "light/Spot")["fields"] == fields
    assert output(ada, "get", scene, "light/Spot").splitlines() == [
        f'light/{made} "Spot"', "  energy=12.5", '  name="Spot"', "  properties/note=[1, null]", '  type="POINT"']
    output(ada, "set", scene, "light/Spot", "properties/note=null")
    assert "properties/note" not in got(ada, scene, "light/Spot")["fields"]
    output(ada, "delete", scene, "light/Spot")
    assert output(ada, "ls", scene) == ""
    assert "there is no light called Spot" in fails(ada, 1, "get", scene, "light/Spot")
    assert f"there is no light with the id {made}" in fails(ada, 1, "get", scene, f"light/{made}")


def test_an_object_has_a_transform_of_its_name(ada, scene):
    made = output(ada, "create", scene, "object", 'name="Cube"', 'type="MESH"')
    assert got(ada, scene, "transform/Cube") == {"kind": "transform", "id": made, "name": "Cube", "fields": {
        "location": [0, 0, 0], "rotation_euler": [0, 0, 0], "scale": [1, 1, 1]}}
    output(ada, "set", scene, "transform/Cube", "location=[1, -2.5, 1e-3]")
    assert got(ada, scene, f"transform/{made}")["fields"]["location"] == [1, -2.5, 1e-3]
    assert output(ada, "ls", scene).splitlines() == [f'object/{made} "Cube"', f'transform/{made} "Cube"']
    assert output(ada, "ls", scene, "transform") == f'transform/{made} "Cube"'
    assert json.loads(output(ada, "ls", scene, "object", "--json")) == [{"kind": "object", "id": made, "name": "Cube"}]
    assert "lihgt: this version knows no such kind" in fails(ada, 1, "ls", scene, "lihgt")
    output(ada, "delete", scene, "object/Cube")
    assert output(ada, "ls", scene) == ""


def test_a_name_that_several_have_is_asked_about(ada, scene):
    made = [lamp(ada, scene), lamp(ada, scene)]
    error = fails(ada, 1, "get", scene, "light/Lamp")
    assert all(f"light/{each}" in error for each in made)


def test_references_blobs_and_arrays_go_in_as_they_come_out(ada, scene, tmp_path):
    data = tmp_path / "pixels.bin"
    data.write_bytes(os.urandom(300000))
    sha256 = output(ada, "blob", "put", data)
    assert sha256 == hashlib.sha256(data.read_bytes()).hexdigest()
    parent = output(ada, "create", scene, "object", 'name="P"', 'type="EMPTY"')
    child = output(ada, "create", scene, "object", 'name="C"', 'type="EMPTY"', f'parent="{parent}"')
    assert got(ada, scene, f"object/{child}")["fields"]["parent"] == parent
    odd = {"a": [{"$float": "nan"}, {"$float": "-0"}, {"$float": "-inf"}], "b": {"$bin": "00ff"}, "c": {"$ext": [1, "0000803f"]}, "d": 1e300}
    output(ada, "set", scene, f"object/{child}", "properties/odd=" + json.dumps(odd), 'properties/text="ключ \\n \\u0001"')
    fields = got(ada, scene, f"object/{child}")["fields"]
    assert fields["properties/odd"] == odd
    assert fields["properties/text"] == "ключ \n \x01"
    assert "parent" in fails(ada, 1, "set", scene, "object/C", 'parent="P"')


def test_values_are_checked_before_anything_is_sent(ada, scene):
    lamp(ada, scene)
    before = output(ada, "dump", scene)
    error = fails(ada, 1, "set", scene, "light/Lamp", "energy=5", "color=[1, 0.5]")
    assert "color: " in error and "3 numbers" in error and "not [1, 0.5]" in error
    assert "energy" in fails(ada, 1, "set", scene, "light/Lamp", 'energy="bright"')
    assert "wants one of POINT" in fails(ada, 1, "set", scene, "light/Lamp", 'type="PIONT"')
    assert "not JSON" in fails(ada, 1, "set", scene, "light/Lamp", "name=Lamp")
    assert "ends too early: [1, 0, (put single quotes" in fails(ada, 1, "set", scene, "light/Lamp", "color=[1, 0,")
    assert "a value is missing" in fails(ada, 1, "set", scene, "light/Lamp", "energy=")
    assert "64 bits" in (error := fails(ada, 1, "set", scene, "light/Lamp", "energy=1e400")) and "not 1e400" in error
    assert "wants a value, without which nobody is shown the entity, not null" in fails(ada, 1, "set", scene, "light/Lamp", "type=null")
    assert "wants a value, without which nobody is shown the entity, not null" in fails(ada, 1, "create", scene, "light", "type=null")
    assert "comes with its object" in fails(ada, 2, "create", scene, "transform", "location=[0, 0, 1]")
    assert "no such field" in fails(ada, 1, "set", scene, "light/Lamp", "enrgy=5")
    assert "no such kind" in fails(ada, 1, "create", scene, "lamp", "energy=5")
    assert "type" in fails(ada, 1, "create", scene, "light", "energy=5")
    assert output(ada, "dump", scene) == before
    output(ada, "set", scene, "light/Lamp", "enrgy=5", 'type="LASER"', "--force")
    assert got(ada, scene, "light/Lamp")["fields"] == {"energy": 100, "enrgy": 5, "name": "Lamp", "type": "LASER"}


def test_a_blob_that_nobody_has_keeps_back_only_what_needs_it(ada, scene):
    lamp(ada, scene)
    missing = json.dumps({"sha256": {"$bin": "00" * 32}, "size": 3})
    assert "in time" in fails(ada, 1, "set", scene, "light/Lamp", f"properties/blob={missing}", "--wait", "3")
    assert output(ada, "ls", scene).endswith('"Lamp"')
    output(ada, "set", scene, "light/Lamp", "energy=5", "--wait", "20")
    eventually(lambda: "still on its way" in ada.run("dump", scene, "--wait", "0.2", check=False).stderr)  # once it is being looked for


def test_the_tree_shows_what_hangs_on_what(ada, scene):
    def thing(name, parent=None):
        return output(ada, "create", scene, "object", f'name="{name}"', 'type="EMPTY"', *([f'parent="{parent}"'] if parent else []))

    body = thing("Body")
    arm = thing("Arm", body)
    leg, hand = thing("Leg", body), thing("Hand", arm)
    assert output(ada, "tree", scene).splitlines() == [
        f'└─ "Body" "EMPTY" {body}', f'   ├─ "Arm" "EMPTY" {arm}', f'   │  └─ "Hand" "EMPTY" {hand}', f'   └─ "Leg" "EMPTY" {leg}']
    assert json.loads(output(ada, "tree", scene, "--json")) == [{"id": body, "name": "Body", "type": "EMPTY", "children": [
        {"id": arm, "name": "Arm", "type": "EMPTY", "children": [{"id": hand, "name": "Hand", "type": "EMPTY", "children": []}]},
        {"id": leg, "name": "Leg", "type": "EMPTY", "children": []}]}]
    output(ada, "delete", scene, f"object/{body}")
    assert [line[:4] for line in output(ada, "tree", scene).splitlines()] == ["├─ \"", "│  └", "└─ \""]


def test_a_circle_of_parents_is_cut_above_the_greatest(ada, scene):
    made = sorted(output(ada, "create", scene, "object", f'name="{name}"', 'type="EMPTY"') for name in "abc")
    for i, child in enumerate(made):
        output(ada, "set", scene, f"object/{child}", f'parent="{made[(i + 1) % 3]}"')
    tree = json.loads(output(ada, "tree", scene, "--json"))
    assert [tree[0]["id"], tree[0]["children"][0]["id"], tree[0]["children"][0]["children"][0]["id"]] == [made[2], made[1], made[0]]


def test_top_says_who_is_there_and_what_changes(two, scene):
    ada, bob = two
    made, rates = uuid.UUID(lamp(bob, scene)).bytes, set()
    with Link(ada.socket, scene) as link, subprocess.Popen([binary(), "top", scene, "--json", "--socket", bob.socket], stdout=subprocess.PIPE, text=True) as watching:
        for energy, line in enumerate(itertools.islice(watching.stdout, 60)):
            told, = json.loads(line)
            rates |= {name for name in ("settled_per_s", "live_per_s") if told[name] > 0}
            people = [(each["name"], each["online"]) for each in told["peers"]]
            if len(rates) == 2 and people == [("ada", True)] and "latency_ms" in told and not told["pending"]:
                break
            link.edit("light", made, {"energy": energy}, live=True)
        watching.terminate()
    assert (told["scene"], told["broker"], told["store"], told["entities"], told["pending"]) == (scene, "connected", "ok", 1, 0)
    assert rates == {"settled_per_s", "live_per_s"} and told["latency_ms"] >= 0 and people == [("ada", True)]
    assert told["uploads"] == {"n": 0, "bytes": 0} and {"origin", "user", "app"} < told["peers"][0].keys()
    assert output(bob, "top", scene, "--once").startswith(f"{scene}: 1 entities")
    assert scene in {each["scene"] for each in json.loads(output(bob, "top", "--once", "--json"))}


def test_top_ends_when_it_is_told_to(ada, scene):
    lamp(ada, scene)
    watching = subprocess.Popen([binary(), "top", scene, "--json", "--socket", ada.socket], stdout=subprocess.PIPE, text=True)
    assert json.loads(watching.stdout.readline())[0]["scene"] == scene
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 0


def test_two_agents_dump_and_digest_alike(ada, bob, scene):
    for i in range(5):
        lamp(ada, scene, f"A{i}")
        lamp(bob, scene, f"B{i}")
        output(bob, "create", scene, "object", f'name="O{i}"', 'type="EMPTY"')
    eventually(lambda: output(ada, "digest", scene) == output(bob, "digest", scene) and output(ada, "dump", scene).count("\n") == 54)
    dump = ada.run("dump", scene).stdout
    assert dump == bob.run("dump", scene).stdout
    assert dump.splitlines() == sorted(dump.splitlines())
    assert hashlib.sha256(dump.encode()).hexdigest() == output(ada, "digest", scene)
    whole = json.loads(ada.run("dump", scene, "--json").stdout)
    assert len(whole) == 20 and all(set(each) == {"kind", "id", "name", "fields"} for each in whole)
    assert json.loads(output(bob, "digest", scene, "--json")) == {"digest": output(ada, "digest", scene)}


class Watch:
    """`scenesync watch`, its lines as they come."""

    def __init__(self, agent, *arguments):
        self.process = subprocess.Popen([binary(), "watch", *arguments, "--json", "--socket", agent.socket], stdout=subprocess.PIPE, text=True)
        self.lines = []

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def __enter__(self):
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_watch_prints_a_line_per_change_until_interrupted(ada, bob, scene, end):
    made = output(bob, "create", scene, "object", 'name="Cube"', 'type="MESH"')
    eventually(lambda: "transform" in output(ada, "ls", scene))
    with Watch(ada, scene, "transform") as watch:
        steps = iter(range(1, 1000))
        def moved():
            output(bob, "set", scene, "transform/Cube", f"location=[{next(steps)}, 0, 0]")
            return watch.lines
        eventually(moved)  # it begins when it has joined
        output(bob, "set", scene, "object/Cube", 'name="Box"')
        output(bob, "set", scene, "transform/Box", "scale=[1, 2, 3]")
        eventually(lambda: watch.lines[-1]["fields"].keys() == {"scale"})
        assert watch.lines[-1] == {"kind": "transform", "id": made, "name": "Box", "live": False, "fields": {"scale": [1, 2, 3]}}
        assert all(line["kind"] == "transform" for line in watch.lines)
        watch.process.send_signal(end)
        assert watch.process.wait(20) == 0


def test_blobs(ada, bob, tmp_path):
    data = os.urandom(1 << 20)
    (tmp_path / "in").write_bytes(data)
    put = json.loads(output(ada, "blob", "put", tmp_path / "in", "--json"))
    assert put == {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    assert (tmp_path / "in").read_bytes() == data
    assert output(ada, "blob", "get", put["sha256"], "-o", tmp_path / "out") == ""
    assert (tmp_path / "out").read_bytes() == data
    eventually(lambda: bob.run("blob", "get", put["sha256"], "-o", tmp_path / "there", check=False).returncode == 0)  # once it is in the store
    assert (tmp_path / "there").read_bytes() == data
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in", "out", "there"]
    assert "there" in fails(ada, 1, "blob", "put", tmp_path / "nothing-there")
    assert "64 hexadecimal digits" in fails(ada, 2, "blob", "get", "abc", "-o", tmp_path / "out")
    assert "-o FILE" in fails(ada, 2, "blob", "get", put["sha256"])
    assert fails(ada, 1, "blob", "get", "00" * 32, "-o", tmp_path / "none", "--wait", "5")
    assert not (tmp_path / "none").exists()


def test_status_and_scenes(ada, bob, scene):
    lamp(ada, scene)
    lamp(bob, scene)
    def status():
        return next(each for each in json.loads(output(ada, "status", "--json")) if each["scene"] == scene)
    eventually(lambda: status()["peers"] == 1 and status()["entities"] == 2 and status()["pending"] == 0)
    assert status()["broker"] == "connected" and status()["store"] == "ok"
    assert {"scene": scene, "entities": 2, "peers": 1, "open": True} in json.loads(output(ada, "scenes", "--json"))
    assert f"{scene}: entities 2, peers 1" in output(ada, "scenes").splitlines()
    assert f"{scene}: entities 2, peers 1, edits that others may not have 0" in output(ada, "status").splitlines()


def wrongly(*words):
    done = subprocess.run([binary(), *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("words, says", [
    (["invent"], "no command `invent`"),
    (["ls", "demo", "light", "more"], "more is one argument too many"),
    (["status", "--invent"], "--invent is no option"),
    (["status", "-x"], "-x is no option"),
    (["status", "--socket"], "--socket lacks its value"),
    (["--json", "status"], "options come after the command, as in `scenesync status --json`"),
    (["status", "--wait", "soon"], "0.001 to 86400, not soon"), (["status", "--wait", "0"], "not 0"),
    (["blob", "move"], "put or get, not `move`"),
    (["blob"], "put is missing"), (["blob", "put"], "FILE is missing"), (["blob", "get"], "SHA256 is missing"), (["ls"], "SCENE is missing"),
    (["create", "demo", "light"], "FIELD=JSON… is missing"),
    (["set", "demo", "light/x", "energy"], "FIELD=JSON"),
    (["set", "demo", "light/x", "energy=1", "energy=2"], "energy is given twice"),
    (["who", "--invent"], "--invent is no option"),
    (["who", "a", "b"], "b is one argument too many"),
])
def test_what_is_wrong_with_a_call_is_named(words, says):
    error = wrongly(*words)
    assert says in error and "usage: scenesync" in error and error.count("\n") <= 3


@pytest.mark.parametrize("command", ["agent", "bridge", "doctor", "sweep"])
def test_one_line_says_what_is_wrong_and_one_where_to_read_more(command):
    assert wrongly(command, "--invent", "x").splitlines() == [f"scenesync {command}: unknown option --invent", f"`scenesync {command} --help` says more."]


def test_what_is_no_file_is_not_handed_over(ada, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "is a device or a pipe" in fails(ada, 1, "blob", "put", "/dev/full")
    assert "is a device or a pipe" in fails(ada, 1, "blob", "put", tmp_path / "pipe")
    assert "is a folder" in fails(ada, 1, "blob", "put", tmp_path)


def test_nothing_is_told_apart_from_not_knowing(two, ada, scene, tmp_path):
    assert ada.run("ls", scene).stderr == ""
    with Agent(tmp_path / "lone", f"mqtt://127.0.0.1:{free_port()}", ada.store) as lone:
        done = lone.run("ls", scene)
        assert done.stdout == "" and "the broker has not answered yet, so what is in" in done.stderr
        lamp(lone, scene)
        assert lone.run("ls", scene).stderr == ""


def test_wrong_calls_are_told_apart_from_failures(ada, scene):
    for arguments in ([], ["get", scene], ["get", scene, "Lamp"], ["set", scene, "light/x"], ["blob", "move", "x"]):
        done = subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "usage:" in done.stderr and done.stdout == "", arguments
    assert "a scene is named by" in fails(ada, 1, "ls", "No Scene")


def test_without_an_agent_the_reason_is_given(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key not in ("SCENESYNC_SOCKET", "XDG_RUNTIME_DIR")}
    def run(**more):
        return subprocess.run([binary(), "status"], capture_output=True, text=True, timeout=60, env=environment | more)
    assert run().returncode == 1 and "SCENESYNC_SOCKET" in run().stderr
    missing = run(SCENESYNC_SOCKET=str(tmp_path / "none.sock"))
    assert missing.returncode == 1 and "no agent at" in missing.stderr and "none.sock" in missing.stderr
    assert "scenesync/agent.sock" in run(XDG_RUNTIME_DIR=str(tmp_path)).stderr


def test_an_agent_that_does_not_answer_is_not_waited_for_longer_than_told(ada, scene):
    os.kill(ada.pid, signal.SIGSTOP)
    try:
        assert "in time" in fails(ada, 1, "ls", scene, "--wait", "0.5")
    finally:
        os.kill(ada.pid, signal.SIGCONT)


def test_help_is_for_newcomers(ada):
    overview = subprocess.run([binary(), "--help"], capture_output=True, text=True, timeout=60)
    assert overview.returncode == 0
    for command in ("agent", "doctor", "status", "scenes", "ls", "get", "set", "create", "delete", "watch", "dump", "digest", "blob"):
        assert re.search(rf"^  {command}\b", overview.stdout, re.M)
        if command not in ("agent", "doctor"):
            assert output(ada, command, "--help").startswith(f"usage: scenesync {command}")


def test_singletons_have_the_uuid_of_their_scene(ada, scene):
    made = output(ada, "create", scene, "scene", "frame_start=1")
    assert made == str(uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "scenesync:" + scene), "scene"))
