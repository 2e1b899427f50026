# SPDX-License-Identifier: Apache-2.0
"""`scenesync import` and `export` without Blender: files by hand, others' ways of saying things, and files that lie."""
import json
import re
import struct
import uuid

import glb_write
import numpy
import pytest
from agents import world
from glb import Glb
from node import gltf_problems


@pytest.fixture(scope="module")
def ada(tmp_path_factory):
    with world(tmp_path_factory.mktemp("gltf")) as made:
        yield made.agent("ada")


@pytest.fixture
def scene(request):
    return re.sub("[^a-z0-9]+", "-", request.node.name.lower())[:60]


@pytest.fixture
def through(ada, scene, tmp_path):
    """Imports a document, and gives what is exported then."""

    def run(root=None, binary=glb_write.TRIANGLE, **more):
        source, result = tmp_path / "in.glb", tmp_path / "out.glb"
        source.write_bytes(glb_write.glb(root or glb_write.document(**more), binary))
        ada.run("import", scene, source)
        ada.run("export", scene, result)
        assert gltf_problems(result) == []
        return Glb(result)

    return run


def entities(ada, scene, kind):
    return [json.loads(ada.run("get", scene, f"{kind}/{each['id']}", "--json").stdout)["fields"]
            for each in json.loads(ada.run("ls", scene, kind, "--json").stdout)]


def test_a_triangle_goes_in_and_comes_out(ada, scene, through):
    file = through()
    assert [(material, triangle.tolist()) for material, triangle in file.triangles(0)] == [(None, [[[0, 0, 0], [1, 0, 0], [0, 0, 1]]])]
    mesh = entities(ada, scene, "mesh")[0]
    at = "at/" + mesh["topology"]
    assert mesh[at + "/counts"] == [3, 3, 3, 1] and mesh["material_count"] == 1 and mesh["bounds"] == [0, 0, 0, 1, 0, 1]
    assert numpy.frombuffer(bytes.fromhex(mesh[at + "/edges"]["$ext"][1]), "<i4").tolist() == [0, 1, 1, 2, 0, 2]


def test_a_gltf_with_its_bytes_beside_or_inside(ada, scene, tmp_path):
    source = tmp_path / "in.gltf"
    (tmp_path / "its bytes.bin").write_bytes(glb_write.TRIANGLE)
    for uri in ("its%20bytes.bin", glb_write.data_uri()):
        source.write_text(json.dumps(glb_write.document(buffers=[{"byteLength": 44, "uri": uri}])))
        assert ada.run("import", scene, source).stdout == "3 entities\n"
    assert ada.run("import", scene, source, "--json").stdout == '{"entities": 3}\n'


def test_nothing_outside_the_folder_is_read(ada, scene, tmp_path):
    (tmp_path / "secret.bin").write_bytes(glb_write.TRIANGLE)
    (tmp_path / "inside").mkdir()
    source = tmp_path / "inside" / "in.gltf"
    for uri in ("../secret.bin", "x/../../secret.bin", "%2e%2e/secret.bin", str(tmp_path / "secret.bin"), f"file://{tmp_path}/secret.bin"):
        source.write_text(json.dumps(glb_write.document(buffers=[{"byteLength": 44, "uri": uri}])))
        done = ada.run("import", scene, source, check=False)
        assert done.returncode == 1 and "not there" in done.stderr, uri
    assert ada.run("ls", scene).stdout == ""


def test_cameras_and_lights_keep_their_view_and_children_their_place(ada, scene, through):
    half = 0.7071067811865476
    file = through(
        nodes=[{"name": "eye", "camera": 0, "translation": [1, 2, 3], "rotation": [0, half, 0, half], "children": [1]},
               {"name": "child", "translation": [0, 0, -4]}, {"name": "lamp", "extensions": {"KHR_lights_punctual": {"light": 0}}}],
        scenes=[{"nodes": [0, 2]}],
        cameras=[{"type": "perspective", "name": "lens", "perspective": {"yfov": 0.5, "znear": 0.01}}],
        extensionsUsed=["KHR_lights_punctual"],
        extensions={"KHR_lights_punctual": {"lights": [{"type": "spot", "name": "lamp", "intensity": 683, "range": 3, "color": [1, 0.5, 0],
                                                         "spot": {"innerConeAngle": 0.1, "outerConeAngle": 0.4}}]}})
    worlds = {node["name"]: world for node, world in file.nodes()}
    assert numpy.allclose(worlds["eye"][:3, 2], [1, 0, 0], atol=1e-6)  # it looks along -x
    assert numpy.allclose(worlds["child"][:3, 3], [-3, 2, 3], atol=1e-6)
    assert abs(file.json["cameras"][0]["perspective"]["yfov"] - 0.5) < 1e-6
    light = file.json["extensions"]["KHR_lights_punctual"]["lights"][0]
    assert light["type"] == "spot" and abs(light["intensity"] - 683) < 1e-3 and light["range"] == 3 and light["color"] == [1, 0.5, 0]
    assert abs(light["spot"]["innerConeAngle"] - 0.1) < 1e-6 and abs(light["spot"]["outerConeAngle"] - 0.4) < 1e-6
    eye = next(each for each in entities(ada, scene, "object") if each["name"] == "eye")
    assert eye["type"] == "CAMERA" and eye["rotation_mode"] == "QUATERNION"


def test_strips_fans_lines_and_bytes_are_understood(ada, scene, through):
    square = struct.pack("<12f", 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0) + bytes([0, 1, 2, 3])
    views = [{"buffer": 0, "byteOffset": 0, "byteLength": 48}, {"buffer": 0, "byteOffset": 48, "byteLength": 4}]
    corners = [{"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]},
               {"bufferView": 1, "componentType": 5121, "count": 4, "type": "SCALAR"}]

    def mesh(*modes):
        return [{"primitives": [{"mode": mode, "attributes": {"POSITION": 0}, "indices": 1} for mode in modes]}]

    common = {"accessors": corners, "bufferViews": views, "buffers": [{"byteLength": 52}]}
    file = through(binary=square, meshes=mesh(5), **common)
    triangles = [triangle for _, triangle in file.triangles(0)][0]
    assert len(triangles) == 2 and (numpy.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])[:, 1] < 0).all()
    counts = [entities(ada, scene, "mesh")[0]]
    assert counts[0]["at/" + counts[0]["topology"] + "/counts"] == [4, 5, 6, 2]
    file = through(binary=square, meshes=mesh(3), **common)
    assert sorted(p.get("mode", 4) for m in file.json["meshes"] for p in m["primitives"]) == [1, 4]


def test_files_that_lie_are_refused_or_left_out(ada, scene, tmp_path):
    source = tmp_path / "in.glb"

    def said(content):
        source.write_bytes(content)
        done = ada.run("import", scene, source, check=False)
        return done.returncode, done.stderr

    def change(**more):
        return said(glb_write.glb(glb_write.document(**more)))

    whole = glb_write.glb(glb_write.document())
    for content in (b"", b"glTF", whole[:20], whole[:8] + b"\xff" * 40, b"{", b"[" * 100000, b'{"asset": {"version": "1.0"}}'):
        assert said(content) == (1, f"scenesync: {source}: it is not glTF 2.0\n"), content[:30]
    assert change(extensionsRequired=["KHR_draco_mesh_compression"])[1].endswith("not known here: KHR_draco_mesh_compression\n")
    assert "no scene" in change(scenes=[{"nodes": [7, -1, 0.5, "0", None]}])[1]
    assert ada.run("ls", scene).stdout == ""
    positions, indices = glb_write.document()["accessors"]
    for accessor in ({"count": 4}, {"count": -1}, {"count": 1e300}, {"byteOffset": 1}, {"bufferView": 9}, {"type": "MAT4"}, {"componentType": 1}):
        status, text = change(accessors=[{**positions, **accessor}, indices])
        assert status == 0 and "parts that cannot be read" in text, accessor
    for view in ({"byteLength": 2**40}, {"byteOffset": -4}, {"buffer": 1}, {"byteStride": 1}, {"byteStride": 2**31}):
        views = glb_write.document()["bufferViews"]
        assert "parts that cannot be read" in change(bufferViews=[{**views[0], **view}, views[1]])[1], view
    far = struct.pack("<9f3H2x", *[0.0] * 9, 0, 1, 3)
    assert "parts that cannot be read" in said(glb_write.glb(glb_write.document(), far))[1]
    circle = [{"name": "a", "children": [1]}, {"name": "b", "children": [0, 1]}]
    assert change(nodes=circle)[0] == 0  # a is in the scene, b hangs on it
    named = {f"a list with names, {number}": {} for number in range(1000)}
    assert "no scene" in change(nodes=named)[1]
    assert "parts that cannot be read" in change(buffers={name: {"byteLength": 3, "uri": "data:;base64,AAAA"} for name in named})[1]
    odd = struct.pack("<9f3H2x", float("nan"), float("inf"), 0, 1, 0, 0, 0, 1, 0, 0, 1, 2)
    assert said(glb_write.glb(glb_write.document(), odd))[0] == 0
    ada.run("export", scene, tmp_path / "out.glb")
    assert gltf_problems(tmp_path / "out.glb") == []


def test_names_that_are_too_long_or_no_text(ada, scene, tmp_path):
    source = tmp_path / "in.glb"
    source.write_bytes(glb_write.glb(glb_write.document(nodes=[{"name": "é" * 200, "mesh": 0}])).replace(b"leaf", b"\xff\xffaf"))
    ada.run("import", scene, source)
    assert entities(ada, scene, "object")[0]["name"] == "é" * 127
    assert "name" not in entities(ada, scene, "mesh")[0]


def pictured(image):
    """A document whose material shows an image."""
    return glb_write.document(
        images=[image], textures=[{"source": 0}], materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        meshes=[{"name": "leaf", "primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}])


def png(size):
    """As many bytes, which begin as a PNG does."""
    return glb_write.data_uri(b"\x89PNG\r\n\x1a\n" + bytes(size - 8))


@pytest.mark.parametrize("name, path", [("漢" * 14, "//textures/" + "漢" * 13 + ".png"), ("BAD", "//textures/image.png")])
def test_an_image_whose_name_is_long_or_no_text(ada, scene, tmp_path, name, path):
    root = pictured({"name": name, "uri": png(100)})
    text = json.dumps(root, ensure_ascii=False).encode().replace(b"BAD", b"\xff\xfe\xfd")
    (tmp_path / "leaf.bin").write_bytes(glb_write.TRIANGLE)
    source = tmp_path / "in.gltf"
    source.write_bytes(text.replace(b'"byteLength": 44', b'"byteLength": 44, "uri": "leaf.bin"'))
    ada.run("import", scene, source)
    assert [image["filepath"] for image in entities(ada, scene, "image")] == [path]


def test_what_cannot_be_given_to_the_agent_is_not_sent(ada, scene, tmp_path, monkeypatch):
    """A folder for temporary files that is not there, instead of a full disk."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "away"))
    source, many = tmp_path / "in.glb", 100_000
    positions = numpy.arange(9 * many, dtype="<f4").tobytes()
    accessor = {"bufferView": 0, "componentType": 5126, "count": 3 * many, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 1]}
    mesh = glb_write.document(accessors=[accessor], bufferViews=[{"buffer": 0, "byteLength": len(positions)}], buffers=[{"byteLength": len(positions)}],
                              meshes=[{"primitives": [{"attributes": {"POSITION": 0}}]}])
    for content in (glb_write.glb(mesh, positions), glb_write.glb(pictured({"uri": png(300_000)}))):
        source.write_bytes(content)
        done = ada.run("import", scene, source, check=False)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "away" in done.stderr, done.stderr
        assert ada.run("ls", scene).stdout == ""


def test_names_do_not_drive_the_terminal(ada, scene, tmp_path):
    source = tmp_path / "in.glb"
    source.write_bytes(glb_write.glb(glb_write.document(animations=[{"name": "wave\x1b[2J\n\x7f"}])))
    assert ada.run("import", scene, source).stderr == "scenesync: 1 animations were left out: wave?[2J??\n"
    source.write_bytes(glb_write.glb(glb_write.document(extensionsRequired=["EXT\x1b]0;title\x07"])))
    assert ada.run("import", scene, source, check=False).stderr.endswith("not known here: EXT?]0;title?\n")


def test_an_empty_scene_is_a_file_too(ada, scene, tmp_path):
    assert json.loads(ada.run("export", scene, tmp_path / "out.glb", "--json").stdout) == {"nodes": 0, "meshes": 0, "materials": 0, "bytes": 0}
    assert gltf_problems(tmp_path / "out.glb") == []
    assert Glb(tmp_path / "out.glb").json["scenes"] == [{"name": scene}]


def test_what_says_nothing_of_collections_is_in_the_scene_of_which_nobody_said_anything(ada, scene, tmp_path):
    made = ada.run("create", scene, "object", 'name="leaf"', 'type="EMPTY"').stdout.strip()
    ada.run("set", scene, f"transform/{made}", "location=[0, 0, 3]")
    own = uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "scenesync:" + scene), "scene").hex
    for said, names in ((None, ["leaf"]), ("false", []), ("true", ["leaf"])):
        if said:
            ada.run("set", scene, f"object/{made}", f"collections/{own}={said}")
        ada.run("export", scene, tmp_path / "out.glb")
        assert [node["name"] for node in Glb(tmp_path / "out.glb").json.get("nodes", [])] == names
    assert entities(ada, scene, "scene") == []


def test_units_are_metres(ada, scene, through):
    ada.run("create", scene, "scene", "units/scale_length=0.01")
    file = through(nodes=[{"name": "leaf", "mesh": 0, "translation": [0, 3, 0]}])
    assert file.json["nodes"][0]["translation"] == [0, 3, 0]
    assert file.json["accessors"][0]["max"][0] == pytest.approx(1)
    leaf = json.loads(ada.run("get", scene, "transform/leaf", "--json").stdout)["fields"]
    assert leaf["location"] == pytest.approx([0, 0, 300])


def test_collections_in_circles_and_parents_in_circles_end(ada, scene, tmp_path):
    ids = [ada.run("create", scene, "collection", f'name="{n}"').stdout.strip() for n in "abc"]
    for one in ids:
        ada.run("set", scene, f"collection/{one}", *[f"parents/{other.replace('-', '')}=true" for other in ids])
    made = [ada.run("create", scene, "object", f'name="{n}"', 'type="EMPTY"', 'instance_type="COLLECTION"', f'instance_collection="{ids[0]}"').stdout.strip()
            for n in "xy"]
    for i, one in enumerate(made):
        ada.run("set", scene, f"object/{one}", f'parent="{made[1 - i]}"', f"collections/{ids[i].replace('-', '')}=true")
    ada.run("export", scene, tmp_path / "out.glb")
    assert gltf_problems(tmp_path / "out.glb") == []
    free = ada.run("create", scene, "object", 'name="free"', 'type="EMPTY"', 'instance_type="COLLECTION"', f'instance_collection="{ids[0]}"').stdout.strip()
    done = ada.run("export", scene, tmp_path / "out.glb", check=False)  # instances in instances: 2 + 4 + 8 …
    assert free and done.returncode in (0, 1)
    if done.returncode == 0:
        assert gltf_problems(tmp_path / "out.glb") == []
