# SPDX-License-Identifier: Apache-2.0
"""`scenesync record` and `replay`: a session as a file, and what is left of it when the recorder or the file is cut off."""
import json
import os
import re
import signal
import struct
import subprocess
import time

import msgpack
import pytest
from agents import eventually, world


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with world(tmp_path_factory.mktemp("recording")) as made:
        yield made.agent("ada"), made.agent("bob")


@pytest.fixture
def scene(request):
    return re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:50]


class Recorder:
    """`scenesync record` as it runs; `end` is Ctrl-C, `kill` a crash."""

    def __init__(self, agent, path, *scenes):
        self.path = path
        self.process = subprocess.Popen([agent.program, "record", path, *scenes, "--socket", agent.socket], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        assert self.process.stderr.readline() == "recording; Ctrl-C ends it\n"

    def end(self):
        self.process.send_signal(signal.SIGINT)
        said, wrong = self.process.communicate(timeout=60)
        assert self.process.returncode == 0 and not wrong, wrong
        return said

    def kill(self):
        self.process.kill()
        self.process.communicate()


def frames(path):
    """The frames of a file, as agent/recording/recording.h has them."""
    data = path.read_bytes()
    at = 8
    while at < len(data) - 16:
        size = struct.unpack_from("<I", data, at)[0]
        yield msgpack.unpackb(data[at + 4:at + 4 + size])
        at += 4 + size


def create(agent, scene, kind, **fields):
    words = [f"{name}={json.dumps(value)}" for name, value in fields.items()]
    return agent.run("create", scene, kind, *words).stdout.strip()


def shown(agent, scene):
    """What is there, but for the scene's own entity, whose UUID is that of its name."""
    return [line for line in agent.run("dump", scene).stdout.splitlines() if not line.startswith("scene/")]


def move(agent, scene, name, x):
    agent.run("set", scene, f"transform/{name}", f"location=[{x}, 0, 0]")


def place(agent, scene, name):
    return json.loads(agent.run("get", scene, f"transform/{name}", "--json").stdout)["fields"]["location"][0]


def session(agent, scene, path):
    """A cube that was there, moves to 1, 2 and 3 half a second apart, and a lamp that comes and goes."""
    create(agent, scene, "object", name="Cube", type="MESH")
    recorder = Recorder(agent, path, scene)
    create(agent, scene, "light", name="Lamp", type="POINT")
    for x in (1, 2, 3):
        move(agent, scene, "Cube", x)
        time.sleep(0.5)
    agent.run("delete", scene, "light/Lamp")
    eventually(lambda: path.stat().st_size > 0)
    return recorder


def test_what_was_recorded_plays_again(two, scene, tmp_path):
    ada, bob = two
    path = tmp_path / "a.rec"
    said = session(ada, scene, path).end()
    assert re.fullmatch(r"\d+\.\d s, \d+ changes, 0 blobs, 0\.0 MB\n", said)
    began = time.monotonic()
    assert bob.run("replay", path, "--scene", "again-" + scene, "--speed", "0.5").stdout.startswith(f"{scene} plays in again-{scene}\n")
    assert time.monotonic() - began >= 3  # the lamp went after 1.5 s
    assert shown(bob, "again-" + scene) == shown(ada, scene)
    assert bob.run("replay", path, "--speed", "0").stdout.startswith(f"{scene} plays in {scene}-replay\n")
    assert shown(bob, scene + "-replay") == shown(ada, scene)


def test_a_part_of_it_plays_from_a_time_on(two, scene, tmp_path):
    ada, bob = two
    path = tmp_path / "a.rec"
    create(ada, scene, "object", name="Cube", type="MESH")
    recorder = Recorder(ada, path, scene)
    move(ada, scene, "Cube", 1)
    time.sleep(2)
    move(ada, scene, "Cube", 2)
    recorder.end()
    bob.run("replay", path, "--scene", "first-" + scene, "--to", "1", "--speed", "0")
    assert place(bob, "first-" + scene, "Cube") == 1
    bob.run("replay", path, "--scene", "middle-" + scene, "--from", "1.5", "--to", "1.6", "--speed", "0")
    assert place(bob, "middle-" + scene, "Cube") == 1  # what there was then
    bob.run("replay", path, "--scene", "last-" + scene, "--from", "100")
    assert place(bob, "last-" + scene, "Cube") == 2
    assert json.loads(bob.run("replay", path, "--from", "1", "--speed", "0", "--json").stdout) == {"scenes": {scene: scene + "-replay"}, "changes": 1}


def test_a_long_recording_has_keyframes_to_begin_at(two, scene, tmp_path):
    ada, bob = two
    path = tmp_path / "a.rec"
    create(ada, scene, "object", name="Cube", type="EMPTY")
    recorder = Recorder(ada, path, scene)
    for i in range(100):
        ada.run("set", scene, "object/Cube", "properties/note=" + json.dumps(f"{i:03}" + "x" * 60000))
    recorder.end()
    found = list(frames(path))
    kinds = [frame[0] for frame in found]
    assert kinds.count(1) == 2 and kinds[-1] == 4 and len(found[-1][2]) == 2
    bob.run("replay", path, "--speed", "0", "--from", "3600")
    assert shown(bob, scene + "-replay") == shown(ada, scene)
    second = found[kinds.index(1, kinds.index(1) + 1)]
    before = [frame for frame in found if frame[0] == 2 and frame[1] < second[1]][-1]  # who began at the second keyframe would not see it
    bob.run("replay", path, "--scene", "before-" + scene, "--speed", "0", "--from", str(before[1] / 1000), "--to", str(before[1] / 1000))
    values = dict(zip(*before[4][0][2:]))
    note = json.loads(bob.run("get", "before-" + scene, "object/Cube", "--json").stdout)["fields"]["properties/note"]
    assert note == values["properties/note"] != json.loads(ada.run("get", scene, "object/Cube", "--json").stdout)["fields"]["properties/note"]


def test_what_names_the_scene_names_the_other(two, scene, tmp_path):
    ada, bob = two
    path = tmp_path / "a.rec"
    own = create(ada, scene, "scene", frame_end=100)
    create(ada, scene, "object", name="Cube", type="MESH", **{"collections/" + own.replace("-", ""): True, "properties/of": {"$bin": own.replace("-", "")}})
    Recorder(ada, path, scene).end()
    bob.run("replay", path)
    other = json.loads(bob.run("ls", scene + "-replay", "scene", "--json").stdout)[0]["id"]
    fields = json.loads(bob.run("get", scene + "-replay", "object/Cube", "--json").stdout)["fields"]
    assert other != own and fields["collections/" + other.replace("-", "")] is True
    assert fields["properties/of"] == {"$bin": other.replace("-", "")}


def test_meshes_and_images_are_in_the_file(two, scene, tmp_path):
    """Played at an agent that has neither the cache nor the store of the other."""
    ada, _ = two
    path, data = tmp_path / "a.rec", tmp_path / "data"
    data.write_bytes(os.urandom(3_000_000))
    sha256 = ada.run("blob", "put", data).stdout.strip()
    create(ada, scene, "image", name="Old", source="FILE", file={"sha256": sha256, "size": 3_000_000})
    recorder = Recorder(ada, path, scene)
    data.write_bytes(b"new" * 20000)
    newer = ada.run("blob", "put", data).stdout.strip()
    create(ada, scene, "image", name="New", source="FILE", file={"sha256": newer, "size": 60000})
    time.sleep(0.5)
    assert "2 blobs" in recorder.end()
    with world(tmp_path / "elsewhere") as elsewhere:
        eve = elsewhere.agent("eve")
        eve.run("replay", path, "--scene", scene)
        assert shown(eve, scene) == shown(ada, scene)
        eve.run("blob", "get", newer, "-o", tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == data.read_bytes()
        eve.run("blob", "get", sha256, "-o", tmp_path / "got")


def test_a_wrong_size_does_not_keep_a_blob_out_of_the_file(two, scene, tmp_path):
    ada, _ = two
    path, data = tmp_path / "a.rec", tmp_path / "data"
    data.write_bytes(os.urandom(3_000_000))
    sha256 = ada.run("blob", "put", data).stdout.strip()
    recorder = Recorder(ada, path, scene)
    for size in (3_000_001, 5, 3_000_000):
        create(ada, scene, "image", name=f"{size} bytes", source="FILE", file={"sha256": sha256, "size": size})
        time.sleep(0.3)
    assert "1 blobs" in recorder.end()
    with world(tmp_path / "elsewhere") as elsewhere:
        eve = elsewhere.agent("eve")
        assert eve.run("replay", path, "--scene", scene, "--speed", "0").stderr == ""
        eve.run("blob", "get", sha256, "-o", tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == data.read_bytes()


def test_a_blob_that_was_begun_twice_is_found(two, scene, tmp_path):
    """The disk failed in the middle of it, and the recorder was killed before the index."""
    ada, _ = two
    path, data = tmp_path / "a.rec", tmp_path / "data"
    data.write_bytes(os.urandom(3_000_000))
    sha256 = ada.run("blob", "put", data).stdout.strip()
    create(ada, scene, "image", name="Image", source="FILE", file={"sha256": sha256, "size": 3_000_000})
    Recorder(ada, path, scene).end()
    whole = path.read_bytes()
    header = 12 + struct.unpack_from("<I", whole, 8)[0]
    piece = 4 + struct.unpack_from("<I", whole, header)[0]
    path.write_bytes(whole[:header + piece] + whole[header:-16])
    with world(tmp_path / "elsewhere") as elsewhere:
        eve = elsewhere.agent("eve")
        assert "damaged" not in eve.run("replay", path, "--scene", scene, "--speed", "0").stderr
        eve.run("blob", "get", sha256, "-o", tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == data.read_bytes()


def test_several_scenes_go_into_one_file(two, scene, tmp_path):
    ada, bob = two
    path = tmp_path / "a.rec"
    for end in ("a", "b"):
        create(ada, f"{scene}-{end}", "light", name=end, type="SUN")
    Recorder(ada, path, scene + "-a", scene + "-b").end()
    done = bob.run("replay", path, "--scene", "other", check=False)
    assert done.returncode == 1 and f"  {scene}-a\n  {scene}-b\n" in done.stderr
    bob.run("replay", path, "--scene", f"{scene}-b=only-{scene}")
    assert json.loads(bob.run("ls", "only-" + scene, "--json").stdout)[0]["name"] == "b"
    bob.run("replay", path)
    assert shown(bob, f"{scene}-a-replay") == shown(ada, f"{scene}-a")


def test_a_recorder_that_was_killed_leaves_what_it_had(two, scene, tmp_path):
    ada, bob = two
    path = tmp_path / "a.rec"
    session(ada, scene, path).kill()
    done = bob.run("replay", path, "--speed", "0")
    assert re.search(r"was cut off; its first \d\.\d s are whole", done.stderr)
    assert place(bob, scene + "-replay", "Cube") == 3
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])  # in the middle of a frame
    assert "cut off" in bob.run("replay", path, "--scene", "less-" + scene, "--speed", "0").stderr


def test_what_is_no_recording_is_refused(two, scene, tmp_path):
    ada, bob = two
    path = tmp_path / "a.rec"
    create(ada, scene, "light", name="Lamp", type="SUN")
    Recorder(ada, path, scene).end()
    whole = path.read_bytes()

    def refused(content):
        path.write_bytes(content)
        done = bob.run("replay", path, check=False)
        assert done.returncode == 1 and done.stdout == ""
        return done.stderr

    assert "no recording" in refused(b"") and "no recording" in refused(b"glTF" * 10)
    assert "damaged" in refused(whole[:10]) and "damaged" in refused(whole[:8] + b"\xff" * 40)
    assert "damaged" in refused(whole.replace(scene.encode(), b"\x1b" * len(scene)))
    assert "before the scene's state" in refused(whole[:whole.index(b"\x92\x01")])
    assert "it is there already" in ada.run("record", path, scene, check=False).stderr
