# SPDX-License-Identifier: Apache-2.0
"""`scenesync sweep`: of the checkpoints in a store's folder it deletes those that are of no use any more, and nothing else."""
import os
import shutil
import subprocess
import time
from collections import namedtuple

import msgpack
import pytest
from agents import ROOT, SilentBroker, eventually, world
from mqtt import Client
from services import Broker, binary
from test_joining import at_rest, checkpoint, fill, settings

DAYS = 24 * 3600
Written = namedtuple("Written", "scene silent old new")  # old, new: checkpoint messages
Swept = namedtuple("Swept", "files broker old new other")  # other: a file that is no checkpoint


def file_of(files, message):
    name = message["blob"]["sha256"].hex()
    return files / name[:2] / name


def age(path, seconds=2 * DAYS):
    os.utime(path, (time.time() - seconds,) * 2)


def sweep(files, broker, status=0):
    done = subprocess.run([binary(), "sweep", "--store-files", files, "--broker", broker], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def retain(broker, message):
    with Client(broker.url) as tool:
        tool.publish(f"{ROOT}/checkpoint", msgpack.packb(message) if message else b"", retain=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A scene of which two checkpoints were written, one after the other."""
    with world(tmp_path_factory.mktemp("written")) as scene, SilentBroker(scene.broker.port) as silent:
        host = scene.agent("ada", broker=silent.url, config=settings(scene.directory, "ada", checkpoint=1))
        ada = scene.link(host)
        fill(ada, 20)
        at_rest(ada)
        old = eventually(lambda: checkpoint(scene.broker), 60)
        most = max(old["vector"].values()) + 20
        fill(ada, 20)
        at_rest(ada)
        eventually(lambda: max(checkpoint(scene.broker)["vector"].values()) >= most, 60)
        host.stop()
        yield Written(scene, silent, old, checkpoint(scene.broker))


@pytest.fixture
def swept(written, tmp_path):
    """A copy of that scene's store, in which all is two days old."""
    files = tmp_path / "files"
    shutil.copytree(written.scene.store.files, files)
    other = files / "ab" / ("ab" * 32)
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(b"\x00\x00\x00\x05hello, a texture")
    for path in files.rglob("*"):
        age(path)
    retain(written.scene.broker, written.new)
    return Swept(files, written.scene.broker, written.old, written.new, other)


def all_kept(swept):
    return all(path.exists() for path in (file_of(swept.files, swept.old), file_of(swept.files, swept.new), swept.other))


def test_what_nothing_names_is_deleted(swept):
    said = sweep(swept.files, swept.broker.url)
    assert "demo: " in said and "deleted" in said
    assert not file_of(swept.files, swept.old).exists()
    assert file_of(swept.files, swept.new).exists() and swept.other.exists()


def test_what_is_younger_than_a_day_is_kept(swept):
    age(file_of(swept.files, swept.old), DAYS - 3600)
    sweep(swept.files, swept.broker.url)
    assert all_kept(swept)


def test_what_the_named_one_lacks_is_kept(swept):
    """A broker that was rolled back names an older one."""
    retain(swept.broker, swept.old)
    sweep(swept.files, swept.broker.url)
    assert all_kept(swept)


def test_all_is_kept_where_nothing_is_named(swept):
    retain(swept.broker, None)
    assert "the broker retains none" in sweep(swept.files, swept.broker.url)
    assert all_kept(swept)


def test_all_is_kept_where_the_named_one_is_missing(swept):
    file_of(swept.files, swept.new).unlink()
    sweep(swept.files, swept.broker.url)
    assert file_of(swept.files, swept.old).exists()


def test_all_is_kept_where_another_broker_has_a_scene_of_that_name(swept, tmp_path):
    with Broker(tmp_path / "other") as broker:
        retain(broker, {**swept.new, "vector": {"00112233445566ff": 1000}})
        sweep(swept.files, broker.url)
    assert all_kept(swept)


def test_all_is_kept_without_a_broker(swept):
    sweep(swept.files, "mqtt://127.0.0.1:9", status=1)
    assert all_kept(swept)


def test_half_a_checkpoint_is_kept(swept):
    """It may be anything."""
    path = file_of(swept.files, swept.old)
    path.write_bytes(path.read_bytes()[:-1])
    age(path)
    sweep(swept.files, swept.broker.url)
    assert all_kept(swept)


def test_who_joins_after_it_finds_the_scene(written):
    """Nobody is there, and the broker replays nothing to a wildcard."""
    store = written.scene.store
    for path in store.files.rglob("*"):
        age(path)
    retain(written.scene.broker, written.new)
    sweep(store.files, written.scene.broker.url)
    assert not file_of(store.files, written.old).exists()
    bob = written.scene.link(written.scene.agent("bob", broker=written.silent.url))
    assert bob.joined["entities"] == 40


@pytest.mark.parametrize("words", [[], ["--store-files", "/"], ["--broker", "mqtt://127.0.0.1"], ["--colour", "red"]])
def test_wrong_calls(words):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SCENESYNC_") or key == "SCENESYNC_BIN"}
    done = subprocess.run([binary(), "sweep", *words], capture_output=True, text=True, timeout=20, env=environment)
    assert done.returncode == 2 and "sweep --help` says more" in done.stderr
