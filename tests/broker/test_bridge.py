# SPDX-License-Identifier: Apache-2.0
"""The JSON bridge: what the broker retains of a scene, updates and their answers, and what happens when something ends."""
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from agents import OldBroker, eventually, world
from bridges import Bridge, Tool
from node import ajv_problems
from services import Broker, binary

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "schemas"))
import generate  # noqa: E402
from load import Schema  # noqa: E402

SCHEMA = Schema()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with world(tmp_path_factory.mktemp("bridge")) as it:
        it.ada, it.bob = it.agent("ada"), it.agent("bob")
        yield it


@pytest.fixture
def scene(request):
    return re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:60].strip("-")


@pytest.fixture
def bridge(made, scene, tmp_path):
    with Bridge(tmp_path / "first", made.broker.url, made.ada.socket, scene) as it:
        yield it


@pytest.fixture
def tool(made, scene, bridge):
    with Tool(made.broker.url, scene) as it:
        yield it


def create(agent, scene, kind, *fields):
    return agent.run("create", scene, kind, *fields).stdout.strip()


def lamp(agent, scene, name="Lamp"):
    return create(agent, scene, "light", 'type="POINT"', f'name="{name}"', "energy=100")


def fields(agent, scene, target):
    return json.loads(agent.run("get", scene, target, "--json").stdout)["fields"]


def new():
    return str(uuid.uuid4())


def test_a_scene_is_told_in_json_with_names_beside_uuids(made, scene, tool):
    parent = create(made.bob, scene, "object", 'name="Rig"', 'type="EMPTY"')
    child = create(made.bob, scene, "object", 'name="Wheel"', 'type="EMPTY"', f'parent="{parent}"')
    told = tool.has(f"object/{child}", lambda message: message and message["names"])
    assert told == {"v": 1, "kind": "object", "id": child, "name": "Wheel", "fields": {"name": "Wheel", "type": "EMPTY", "parent": parent},
                    "names": {parent: "Rig"}}
    assert tool.has(f"transform/{child}") == {"v": 1, "kind": "transform", "id": child, "name": "Wheel", "names": {}, "fields": {
        "location": [0, 0, 0], "rotation_euler": [0, 0, 0], "scale": [1, 1, 1]}}
    made.bob.run("set", scene, f"object/{parent}", 'name="Body"')
    tool.has(f"object/{child}", lambda message: message["names"] == {parent: "Body"})
    tool.has(f"transform/{parent}", lambda message: message["name"] == "Body")


def test_what_is_deleted_is_cleared_and_comes_back(made, scene, tool):
    made_id = create(made.bob, scene, "object", 'name="Cube"', 'type="EMPTY"')
    tool.has(f"transform/{made_id}")
    made.bob.run("delete", scene, f"object/{made_id}")
    tool.has(f"object/{made_id}", lambda message: message is None)
    tool.has(f"transform/{made_id}", lambda message: message is None)
    assert tool.set(f"object/{made_id}", {"fields": {"name": "Again"}})["error"] == "deleted"
    assert tool.set(f"object/{made_id}", {"fields": {"deleted": False}}) == {"v": 1, "ok": True}
    assert tool.has(f"object/{made_id}")["name"] == "Cube"
    assert tool.has(f"transform/{made_id}")["name"] == "Cube"


def test_updates_become_edits_of_everybody_and_are_answered(made, scene, tool):
    light = lamp(made.bob, scene)
    tool.has(f"light/{light}")
    assert tool.set(f"light/{light}", {"fields": {"energy": 5, "properties/tags": ["a", None]}, "call": "7"}) == {"v": 1, "ok": True, "call": "7"}
    assert tool.has(f"light/{light}", lambda message: message["fields"]["energy"] == 5)["fields"]["properties/tags"] == ["a", None]
    eventually(lambda: fields(made.bob, scene, f"light/{light}")["energy"] == 5)
    assert tool.set(f"light/{light}", {"fields": {"properties/tags": None}})["ok"]
    eventually(lambda: "properties/tags" not in fields(made.bob, scene, f"light/{light}"))


def test_objects_are_created_with_their_transforms_and_deleted(made, scene, tool):
    cube, at = new(), new()
    assert tool.set(f"object/{cube}", {"fields": {"type": "EMPTY", "name": "Cube"}})["ok"]
    assert tool.has(f"transform/{cube}")["fields"]["scale"] == [1, 1, 1]
    assert tool.set(f"transform/{at}", {"fields": {"location": [1, 2, 3]}})["ok"]
    assert tool.set(f"object/{at}", {"fields": {"type": "EMPTY", "name": "There"}})["ok"]
    assert tool.has(f"transform/{at}")["fields"] == {"location": [1, 2, 3]}
    assert tool.set(f"object/{cube}", {"fields": {"deleted": True}})["ok"]
    tool.has(f"transform/{cube}", lambda message: message is None)
    assert [line.split()[-1] for line in made.ada.run("ls", scene, "object").stdout.splitlines()] == ['"There"']


WRONG = [
    ("light/{light}", "", "json", "not JSON"), ("light/{light}", "{", "json", "from byte 1"), ("light/{light}", "[]", "json", "expected"),
    ("light/{light}", '{"fields": {}}', "json", "expected"), ("light/{light}", '{"fields": {"energy": NaN}}', "json", "not JSON"),
    ("light/{light}", '{"fields": {"energy": 1e999}}', "value", "64 bits"), ("light/{light}", '{"fields": {"energy": "much"}}', "value", "a number"),
    ("light/{light}", '{"fields": {"enrgy": 1}}', "field", "no such field"), ("light/{light}", '{"fields": {"type": "PIONT"}}', "value", "one of POINT"),
    ("light/{light}", '{"fields": {"energy": 1, "energy": 2}}', "field", "twice"), ("light/{light}", '{"fields": {"name": "a\\u0000b"}}', "json", "NUL"),
    ("light/{light}", '{"fields": {"energy": 1}} {}', "json", "not JSON"), ("light/{light}", b'{"fields": {"name": "\xff"}}', "value", "name"),
    ("light/{light}", '{"fields": {"properties/x": ' + "[" * 40 + "]" * 40 + "}}", "value", "limits"), ("light/{light}", "[" * 5000, "json", "not JSON"),
    ("light/{light}", json.dumps({"fields": {"properties/x": "y" * 70000}}), "value", "limits"), ("light/{light}", " " * 262145, "limit", "262144"),
    ("light/{light}", '{"fields": {"energy": 1}, "call": 1}', "call", "string"), ("lamp/{light}", '{"fields": {"energy": 1}}', "kind", "no such kind"),
    ("light/Lamp", '{"fields": {"energy": 1}}', "topic", "uuidgen"), ("light/{new}", '{"fields": {"energy": 1}}', "missing", "type"),
    ("scene/{new}", '{"fields": {"name": "x"}}', "kind", "one scene"),
    ("object/{new}", '{"fields": {"name": "C", "type": "EMPTY", "parent": "Cube"}}', "value", "UUID"),
    ("light/{light}", '{"fields": {"properties/x": {"$omitted": {"size": 9}}}}', "value", "leave out")]


@pytest.mark.parametrize("target, payload, error, text", WRONG, ids=lambda part: str(part)[:30])
def test_what_is_wrong_is_said(wrongs, target, payload, error, text):
    made, scene, tool, light = wrongs
    answer = tool.set(target.format(light=light, new=new()), payload)
    assert (answer["v"], answer["ok"], answer["error"]) == (1, False, error)
    assert text in answer["text"]
    assert fields(made.ada, scene, f"light/{light}") == {"type": "POINT", "name": "Lamp", "energy": 100}


@pytest.fixture(scope="module")
def wrongs(made, tmp_path_factory):
    light = lamp(made.ada, "wrong")
    with Bridge(tmp_path_factory.mktemp("wrong"), made.broker.url, made.ada.socket, "wrong"), Tool(made.broker.url, "wrong") as tool:
        yield made, "wrong", tool, light


def test_data_are_told_by_size_and_hash_and_odd_numbers_by_name(made, scene, tool):
    positions = json.dumps([0.5] * 3000)
    mesh = create(made.bob, scene, "mesh", 'topology="0a1b2c3d"', "at/0a1b2c3d/counts=[1000, 0, 0, 0]", f"at/0a1b2c3d/positions={positions}",
                  'properties/odd=[{"$float": "nan"}, {"$float": "-inf"}, {"$bin": "00ff"}]')
    told = tool.has(f"mesh/{mesh}")["fields"]
    assert told["at/0a1b2c3d/positions"]["$omitted"].keys() == {"size", "sha256", "ext"}
    assert told["at/0a1b2c3d/positions"]["$omitted"]["size"] == 12000
    assert told["properties/odd"] == [{"$float": "nan"}, {"$float": "-inf"}, {"$bin": "00ff"}]


def test_an_entity_that_no_message_holds_is_cut_and_says_so(made, scene, tool):
    text = "x" * 60000
    light = lamp(made.bob, scene)
    for i in range(5):
        made.bob.run("set", scene, f"light/{light}", f'properties/p{i}="{text}"')
    told = tool.has(f"light/{light}", lambda message: message and "truncated" in message)
    assert told["truncated"] is True and told["name"] == "Lamp" and "properties/p4" not in told["fields"]
    assert len(json.dumps(told)) < 262144


def test_what_a_newer_version_knows_is_passed_on(made, scene, tool):
    light = create(made.bob, scene, "light", 'type="POINT"', "glow=3", "--force")
    assert tool.has(f"light/{light}")["fields"] == {"type": "POINT", "glow": 3}
    lens = create(made.bob, scene, "lens", "power=3", "--force")
    assert tool.has(f"lens/{lens}") == {"v": 1, "kind": "lens", "id": lens, "fields": {"power": 3}, "names": {}}


def test_what_moves_is_told_at_a_bounded_rate_and_ends_where_it_ended(made, scene, tmp_path):
    cube = create(made.bob, scene, "object", 'name="Cube"', 'type="EMPTY"')
    with Bridge(tmp_path / "slow", made.broker.url, made.ada.socket, scene, options=("--rate", "2")), Tool(made.broker.url, scene) as tool:
        tool.has(f"transform/{cube}")
        before, start = len(tool.messages), time.monotonic()
        with made.link(made.bob, scene) as link:
            for i in range(100):
                link.edit("transform", uuid.UUID(cube).bytes, {"location": [i, 0, 0]}, live=True)
                time.sleep(0.02)
        tool.has(f"transform/{cube}", lambda message: message["fields"]["location"] == [99, 0, 0])
        seconds = time.monotonic() - start
        told = [where for where, _ in tool.messages[before:] if where == f"transform/{cube}"]
        assert 2 <= len(told) <= 2 * seconds + 2


def test_a_restarted_bridge_publishes_only_what_differs(made, scene, tmp_path):
    lights = [lamp(made.ada, scene, f"L{i}") for i in range(12)]
    bridge = Bridge(tmp_path / "first", made.broker.url, made.ada.socket, scene)
    with bridge, Tool(made.broker.url, scene) as tool:
        for light in lights:
            tool.has(f"light/{light}")
        bridge.stop()
        made.ada.run("set", scene, f"light/{lights[3]}", "energy=7")
        made.ada.run("delete", scene, f"light/{lights[5]}")
        before = len(tool.listen().messages)
        bridge.start()
        tool.has(f"light/{lights[3]}", lambda message: message["fields"]["energy"] == 7)
        tool.has(f"light/{lights[5]}", lambda message: message is None)
        assert sorted(where for where, _ in tool.listen(1).messages[before:] if where != "bridge") == sorted([f"light/{lights[3]}", f"light/{lights[5]}"])


def test_of_two_bridges_one_is_at_work_and_the_other_takes_over(made, scene, bridge, tool, tmp_path):
    light = lamp(made.bob, scene)
    tool.has(f"light/{light}")
    second = Bridge(tmp_path / "second", made.broker.url, made.bob.socket, scene)
    second.ready = lambda: True  # it waits
    with second:
        tool.listen(2)
        before = len(tool.messages)
        made.bob.run("set", scene, f"light/{light}", "energy=1")
        tool.has(f"light/{light}", lambda message: message["fields"]["energy"] == 1)
        assert tool.set(f"light/{light}", {"fields": {"energy": 2}})["ok"]
        tool.has(f"light/{light}", lambda message: message["fields"]["energy"] == 2)
        told = [where for where, _ in tool.listen(1).messages[before:]]
        assert told.count(f"light/{light}") == 2 and told.count(f"light/{light}/answer") == 1
        first = tool.mirror["bridge"]
        bridge.kill()
        tool.has("bridge", lambda claim: claim["bridge"] not in (None, first["bridge"]))
        assert tool.set(f"light/{light}", {"fields": {"energy": 3}})["ok"]
        tool.has(f"light/{light}", lambda message: message["fields"]["energy"] == 3)


def test_a_broker_of_mqtt_3_1_1_will_do(made, scene, tmp_path):
    old = OldBroker(made.broker.port)
    light = lamp(made.bob, scene)
    bridge = Bridge(tmp_path / "bridge", old.url, made.ada.socket, scene)
    with bridge, Tool(made.broker.url, scene) as tool:
        tool.has(f"light/{light}")
        for energy in (1, 2, 1):  # what it hears of itself is not taken for what is retained
            assert tool.set(f"light/{light}", {"fields": {"energy": energy}})["ok"]
            tool.has(f"light/{light}", lambda message, energy=energy: message["fields"]["energy"] == energy)
        bridge.stop()
        assert tool.listen().mirror["bridge"] == {"v": 1, "bridge": None}
        before = len(tool.messages)
        bridge.start()
        assert [where for where, _ in tool.listen(1).messages[before:] if where != "bridge"] == []
    old.close()


def test_a_broker_that_forgot_is_told_again(tmp_path):
    with world(tmp_path) as it:
        ada = it.agent("ada")
        light = lamp(ada, "demo")
        with Bridge(tmp_path / "bridge", it.broker.url, ada.socket, "demo"):
            it.broker.kill()
            it.broker.forget()
            ada.run("set", "demo", f"light/{light}", "energy=9")
            it.broker.start()
            with Tool(it.broker.url, "demo") as tool:
                tool.has(f"light/{light}", lambda message: message["fields"]["energy"] == 9)
                assert tool.set(f"light/{light}", {"fields": {"energy": 10}})["ok"]


def test_an_agent_that_goes_and_comes_loses_nothing_of_the_mirror(tmp_path):
    with world(tmp_path) as it:
        ada = it.agent("ada")
        lights = [lamp(ada, "demo", f"L{i}") for i in range(5)]
        with Bridge(tmp_path / "bridge", it.broker.url, ada.socket, "demo"), Tool(it.broker.url, "demo") as tool:
            for light in lights:
                tool.has(f"light/{light}")
            ada.kill()
            answer = tool.set(f"light/{lights[0]}", {"fields": {"energy": 1}})
            assert (answer["ok"], answer["error"]) == (False, "agent")
            before = len(tool.listen(1).messages)
            ada.start()
            eventually(lambda: tool.set(f"light/{lights[0]}", {"fields": {"energy": 2}})["ok"])
            tool.has(f"light/{lights[0]}", lambda message: message["fields"]["energy"] == 2)
            told = {where for where, _ in tool.listen(1).messages[before:]}
            assert not told & {f"light/{light}" for light in lights[1:]}


def test_a_retained_update_is_not_done_again_and_again(made, scene, tmp_path):
    light = lamp(made.ada, scene)
    with Tool(made.broker.url, scene) as tool:
        tool.client.publish(f"{tool.root}/light/{light}/set", '{"fields": {"energy": 1}}', retain=True)
        with Bridge(tmp_path / "bridge", made.broker.url, made.ada.socket, scene):
            tool.has(f"light/{light}")
            tool.listen(1)
    assert fields(made.ada, scene, f"light/{light}")["energy"] == 100


def test_nothing_is_answered_before_it_is_durable(made, scene, bridge, tool):
    light = lamp(made.ada, scene)
    tool.has(f"light/{light}")
    os.kill(made.ada.pid, signal.SIGSTOP)
    try:
        tool.client.publish(f"{tool.root}/light/{light}/set", '{"fields": {"energy": 1}, "call": "first"}')
        assert tool.set(f"light/{light}", "{")["error"] == "json"  # which the bridge took after the first
    finally:
        os.kill(made.ada.pid, signal.SIGCONT)
    eventually(lambda: tool.listen().answers[1:] == [(f"light/{light}", {"v": 1, "ok": True, "call": "first"})])


def some_value(spec, parent):
    """What a person may write for a field."""
    special = {"ref": parent, "blob": {"$bin": "00ff"}, "array": {"$ext": [generate.json_schema.EXT_TYPES.get(spec.get("element"), 1), "00" * 96]}}
    return special.get(spec["type"]) or generate.sample(spec)


def every_field(kind, parent):
    fields = {re.sub(r"\{.*?\}", "0a1b2c3d", name): some_value(spec, parent) for name, spec in SCHEMA.kinds[kind]["fields"].items()}
    return {"fields": {**fields, "deleted": False}}


def test_every_field_of_every_kind_goes_in_and_comes_out_as_the_schemas_say(made, scene, tool, tmp_path):
    generate.write(tmp_path, generate.build_files(SCHEMA))
    parent, pairs = create(made.ada, scene, "object", 'name="P"', 'type="EMPTY"'), []
    for kind, known in SCHEMA.kinds.items():
        identity = singleton(scene, kind) if known["singleton"] else new()
        update = every_field(kind, parent)
        answer = tool.set(f"{kind}/{identity}", update)
        assert answer == {"v": 1, "ok": True}, kind
        pairs.append((f"set/{kind}.json", update))
        if kind == "transform":
            assert tool.set(f"object/{identity}", {"fields": {"name": "C", "type": "EMPTY"}})["ok"]
        told = tool.has(f"{kind}/{identity}")
        assert told["fields"].keys() >= update["fields"].keys() - {"deleted"} or kind in ("mesh", "curve"), kind
    for where, payload in tool.listen(1).messages:
        if payload:
            last = where.rsplit("/", 1)[-1]
            schema = f"json/{last}.json" if last in ("bridge", "answer") else f"mirror/{where.split('/')[0]}.json"
            pairs += [] if last == "set" else [(schema, json.loads(payload))]
    assert len(pairs) > 2 * len(SCHEMA.kinds)
    problems = ajv_problems(tmp_path / "json", pairs)
    assert [(pair[0], said[:3]) for pair, said in zip(pairs, problems, strict=True) if said] == []


def singleton(scene, kind):
    return str(uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, f"scenesync:{scene}"), kind))


@pytest.mark.parametrize("words, problem", [
    (("demo",), "--broker URL is missing"), (("--broker", "mqtt://127.0.0.1"), "name a scene"), (("De mo", "--broker", "mqtt://127.0.0.1"), "a scene is a word"),
    (("demo", "--rate", "0"), "--rate takes"), (("demo", "--rate"), "--rate takes"), (("demo", "--brocker", "x"), "unknown option --brocker")])
def test_a_wrong_call_is_told(words, problem):
    done = subprocess.run([binary(), "bridge", *words], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and problem in done.stderr


def test_over_tls_as_a_user_of_its_own(tmp_path):
    """With the rights that lan.acl gives; and without its authority's certificate it does not come in, and says so."""
    with world(tmp_path) as made, Broker(tmp_path / "tls", "lan.conf", {"alice": "secret-a", "bridge": "secret-b"}, tls=True) as broker:
        for user, word in broker.passwords.items():
            (tmp_path / f"{user}.ini").write_text(f"ca_file = {broker.ca}\nuser = {user}\npassword = {word}\n")
        ada = made.agent("ada", broker=broker.url, config=tmp_path / "alice.ini")
        light = lamp(ada, "demo")
        alice = broker.url.replace("://", "://alice:secret-a@")
        with Bridge(tmp_path / "bridge", broker.url, ada.socket, "demo", options=["--config", tmp_path / "bridge.ini"]), Tool(alice, "demo", ca=broker.ca) as tool:
            assert tool.has(f"light/{light}")["name"] == "Lamp"
            assert tool.set(f"light/{light}", {"fields": {"energy": 250}})["ok"]
            assert fields(ada, "demo", f"light/{light}")["energy"] == 250
        stranger = Bridge(tmp_path / "stranger", broker.url.replace("://", "://bridge:secret-b@"), ada.socket, "demo")
        stranger.launch()
        eventually(lambda: "its certificate is not trusted (self-signed certificate): ca_file" in stranger.output())
        stranger.stop()
