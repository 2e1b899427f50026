# SPDX-License-Identifier: Apache-2.0
"""Blobs through each of the asset stores that Scenesync knows: nginx, lighttpd, an S3 bucket."""
import hashlib
import os
import shutil
import stat
import time
from pathlib import Path

import pytest
from agents import Tap, eventually, new_id, world
from docker import servers_root
from link import Link
from services import Store
from stores import S3, Lighttpd


@pytest.fixture(params=["nginx", "lighttpd", "s3"])
def scene(request, tmp_path):
    root = servers_root() if request.param == "lighttpd" else None
    if request.param == "lighttpd" and root is None:
        pytest.skip("lighttpd in a Debian root needs root rights and a Debian mirror")
    stores = {"nginx": lambda: Store(tmp_path), "lighttpd": lambda: Lighttpd(tmp_path, root), "s3": lambda: S3(tmp_path)}
    with world(tmp_path, store=stores[request.param]()) as made:
        yield made


def name(sha256):
    return f"{sha256.hex()[:2]}/{sha256.hex()}"


def in_store(scene, content):
    sha256 = hashlib.sha256(content).digest()
    path = scene.store.files / name(sha256)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return sha256


def want(link, sha256):
    link.send({"t": "want", "sha256": sha256})
    return Path(link.wait("have", sha256=sha256)["path"])


def blob_of(content):
    return {"sha256": hashlib.sha256(content).digest(), "size": len(content)}


@pytest.mark.parametrize("size", [100_000, 9_000_000])
def test_a_blob_reaches_the_other_before_the_field_that_names_it(scene, size):
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    content, image = os.urandom(size), new_id()
    ada.give_blob(content)
    ada.set("image", image, name="Wood", pixels=blob_of(content))
    bob.until(lambda: bob.values.get(("image", image, "pixels")))
    path = Path(bob.welcome["cache"], name(blob_of(content)["sha256"]))
    assert path.read_bytes() == content
    assert (scene.store.files / name(blob_of(content)["sha256"])).read_bytes() == content
    bob.sync()


def test_everything_else_of_the_entity_goes_at_once(scene):
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    scene.store.kill()
    content, image = os.urandom(50_000), new_id()
    ada.give_blob(content)
    ada.set("image", image, name="Wood", pixels=blob_of(content))
    bob.sees("image", image, "name", "Wood")
    assert ("image", image, "pixels") not in bob.values
    ada.wait("status", store="error")
    scene.store.start()
    bob.sees("image", image, "pixels", blob_of(content))


def test_a_wrong_file_is_not_taken(scene):
    ada = scene.link(scene.agent("ada"))
    incoming = Path(ada.welcome["incoming"])
    (incoming / "liar").write_bytes(b"x" * 1000)
    (incoming.parent / "secret").write_bytes(b"secret")
    (incoming / "link").symlink_to(incoming.parent / "secret")
    secret = hashlib.sha256(b"secret").digest()
    for sha256, size, path in ((b"0" * 32, 1000, incoming / "liar"), (secret, 6, incoming / "link"), (secret, 6, incoming / "../secret"),
                               (secret, 6, incoming.parent / "secret"), (secret, 6, incoming / "absent")):
        ada.send({"t": "blob", "sha256": sha256, "size": size, "path": str(path)})
        assert ada.wait("refused")["error"] == "blob"
    assert (incoming.parent / "secret").read_bytes() == b"secret"
    assert not any(path.is_file() for path in Path(ada.welcome["cache"]).rglob("*"))
    ada.set("object", new_id(), name="Cube")


def test_a_large_wrong_file_does_not_reach_the_store(scene):
    ada = scene.link(scene.agent("ada"))
    path = Path(ada.welcome["incoming"], "liar")
    path.write_bytes(os.urandom(40_000_000))
    sha256 = hashlib.sha256(b"something else").digest()
    ada.send({"t": "blob", "sha256": sha256, "size": 40_000_000, "path": str(path)})
    assert "SHA-256" in ada.wait("refused", error="blob")["text"]
    right = os.urandom(5_000_000)  # whose upload ends later than that of the other one would have
    ada.give_blob(right)
    ada.set("image", new_id(), pixels=blob_of(right))
    eventually((scene.store.files / name(blob_of(right)["sha256"])).exists)
    assert not (scene.store.files / name(sha256)).exists()


def test_a_name_used_again_brings_no_other_file_to_the_store(scene):
    ada = scene.link(scene.agent("ada"))
    scene.store.kill()
    content = os.urandom(5_000_000)
    ada.give_blob(content, name="pixels")
    ada.set("image", new_id(), pixels=blob_of(content))
    ada.wait("status", store="error")
    Path(ada.welcome["incoming"], "pixels").write_bytes(os.urandom(5_000_000))  # the next one, not handed over yet
    scene.store.start()
    stored = scene.store.files / name(blob_of(content)["sha256"])
    eventually(stored.exists)
    assert stored.read_bytes() == content


def test_what_was_acknowledged_is_uploaded_after_kill_9(scene):
    agent = scene.agent("ada")
    scene.store.kill()
    content, image = os.urandom(50_000), new_id()
    with Link(agent.socket, "demo") as ada:
        ada.give_blob(content)
        ada.set("image", image, pixels=blob_of(content))
    agent.kill()
    scene.store.start()
    agent.start()
    eventually((scene.store.files / name(blob_of(content)["sha256"])).exists)
    scene.link(scene.agent("bob")).sees("image", image, "pixels", blob_of(content))


def test_a_file_that_no_field_names_is_uploaded_after_kill_9(scene, tmp_path):
    agent = scene.agent("ada")
    scene.store.kill()
    (tmp_path / "file").write_bytes(os.urandom(50_000))
    sha256 = bytes.fromhex(agent.run("blob", "put", tmp_path / "file").stdout)
    agent.kill()
    scene.store.start()
    agent.start()
    eventually((scene.store.files / name(sha256)).exists)


def test_a_download_resumes(scene):
    content = os.urandom(20_000_000)
    with Tap(scene.store.port) as tap:
        bob = scene.link(scene.agent("bob", store=scene.store.url.replace(str(scene.store.port), tap.url.split(":")[-1])))
        sha256 = in_store(scene, content)
        part = Path(bob.welcome["cache"], name(sha256) + ".part")
        part.write_bytes(content[:12_000_000])
        assert want(bob, sha256).read_bytes() == content
    asked, answered = bytes(tap.asked), bytes(tap.answered)
    assert f"/{name(sha256)} HTTP/1.1".encode() in asked and b"Range: bytes=12000000-\r\n" in asked
    assert b"HTTP/1.1 206 " in answered and b"Content-Range: bytes 12000000-19999999/20000000\r\n" in answered
    assert len(answered) < 9_000_000
    assert not part.exists()


@pytest.mark.parametrize("begun", [5000, 30_000, 60_000])
def test_a_damaged_beginning_is_thrown_away(scene, begun):
    bob = scene.link(scene.agent("bob"))
    content = os.urandom(30_000)
    sha256 = in_store(scene, content)
    Path(bob.welcome["cache"], name(sha256) + ".part").write_bytes(os.urandom(begun))
    bob.send({"t": "want", "sha256": sha256})
    bob.until(lambda: bob.seen and bob.seen[-1]["t"] in ("have", "refused"))
    eventually(lambda: want_or_none(bob, sha256))
    assert want(bob, sha256).read_bytes() == content


def want_or_none(link, sha256):
    link.send({"t": "want", "sha256": sha256})
    while (frame := link.read())["t"] not in ("have", "refused"):
        pass
    return frame if frame["t"] == "have" else None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device files")
def test_a_disk_that_does_not_give_back_what_was_written(scene):
    ada = scene.link(scene.agent("ada"))
    sha256 = in_store(scene, os.urandom(60_000_000))
    part = Path(ada.welcome["cache"], name(sha256) + ".part")
    os.mknod(part, stat.S_IFCHR | 0o600, os.makedev(1, 3))  # takes everything, and is empty
    ada.send({"t": "want", "sha256": sha256})
    ada.wait("refused", error="want")
    for other in (sha256, *(in_store(scene, os.urandom(50_000)) for _ in range(4))):
        want(ada, other)


def test_what_the_store_has_is_verified(scene):
    bob = scene.link(scene.agent("bob"))
    sha256 = in_store(scene, b"right" * 1000)
    (scene.store.files / name(sha256)).write_bytes(b"wrong" * 1000)
    bob.send({"t": "want", "sha256": sha256})
    assert "not what its name says" in bob.wait("refused")["text"]
    assert not Path(bob.welcome["cache"], name(sha256)).exists()
    (scene.store.files / name(sha256)).write_bytes(b"right" * 1000)
    assert want(bob, sha256).read_bytes() == b"right" * 1000


def test_what_the_store_lost_is_uploaded_again_by_whoever_has_it(scene):
    ada = scene.link(scene.agent("ada"))
    content, image = os.urandom(400_000), new_id()
    ada.give_blob(content)
    ada.set("image", image, pixels=blob_of(content))
    stored = scene.store.files / name(blob_of(content)["sha256"])
    eventually(stored.exists)
    ada.wait("status", pending=0)
    stored.unlink()
    bob = scene.link(scene.agent("bob"))
    bob.sees("image", image, "pixels", blob_of(content))
    assert Path(bob.welcome["cache"], name(blob_of(content)["sha256"])).read_bytes() == content
    assert stored.read_bytes() == content


def test_a_missing_blob_is_asked_for_again(scene):
    bob = scene.link(scene.agent("bob"))
    sha256 = hashlib.sha256(b"later").digest()
    bob.send({"t": "want", "sha256": sha256})
    bob.wait("refused", error="want")
    in_store(scene, b"later")
    assert want(bob, sha256).read_bytes() == b"later"


@pytest.mark.parametrize("away", [False, True])
def test_what_only_a_program_wanted_is_forgotten_once_it_was_told(scene, away):
    agent = scene.agent("bob")
    if away:
        scene.store.kill()
    bob = scene.link(agent)
    bob.send({"t": "want", "sha256": hashlib.sha256(b"nobody's").digest()})
    bob.wait("refused", error="want")
    assert scene.link(agent).wait("status")["downloads"]["n"] == 0


def test_the_cache_forgets_only_what_the_store_has(scene, tmp_path):
    (tmp_path / "small.ini").write_text("cache_bytes = 1M\n")
    agent = scene.agent("ada", config=tmp_path / "small.ini")
    ada = scene.link(agent)
    stored = [in_store(scene, os.urandom(300_000)) for _ in range(3)]
    for sha256 in stored:
        want(ada, sha256)
    scene.store.kill()
    long_ago = time.time() - 3600
    for sha256 in stored:
        path = Path(ada.welcome["cache"], name(sha256))
        eventually(lambda path=path: path.stat().st_mode & 0o777 == 0o400)
        os.utime(path, (long_ago, long_ago))
    mine = [os.urandom(300_000) for _ in range(5)]
    for content in mine:
        ada.give_blob(content)
        ada.set("image", new_id(), pixels=blob_of(content))
    eventually(lambda: not any(Path(ada.welcome["cache"], name(sha256)).exists() for sha256 in stored))
    for content in mine:
        assert Path(ada.welcome["cache"], name(blob_of(content)["sha256"])).read_bytes() == content


def test_many_small_blobs(scene):
    ada, bob = scene.link(scene.agent("ada")), scene.link(scene.agent("bob"))
    contents = [os.urandom(2000) for _ in range(300)]
    for content in contents:
        ada.give_blob(content)
        ada.edit("image", new_id(), {"pixels": blob_of(content)})
    ada.wait("ack", id=ada.last_id)
    bob.until(lambda: sum(key[2] == "pixels" for key in bob.values) == len(contents))
    shutil.rmtree(scene.store.files / name(blob_of(contents[0])["sha256"])[:2])
    for content in contents:
        assert Path(bob.welcome["cache"], name(blob_of(content)["sha256"])).read_bytes() == content
