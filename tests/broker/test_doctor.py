# SPDX-License-Identifier: Apache-2.0
"""`scenesync doctor`: what it finds in data directories, at brokers and stores that are well, and in each that is not."""
import hashlib
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from agents import OldBroker, SilentBroker, eventually, new_id, world
from link import Link
from mqtt import Client
from services import Broker, Store, binary

EDITOR = "user ada\ntopic write scenesync/v1/+/state/#\ntopic write scenesync/v1/+/checkpoint\n"


def doctor(*words, status=0):
    """What it says: [(level, text)]."""
    done = subprocess.run([binary(), "doctor", *map(str, words), "--json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stdout + done.stderr
    return [(line["level"], line["text"]) for line in json.loads(done.stdout)]


def says(found, level, text):
    assert any(each == level and text in said for each, said in found), found


def all_well(found):
    assert found and {level for level, _ in found} == {"ok"}, found


def test_all_is_well_with_an_agent_at_work(tmp_path):
    with world(tmp_path) as scene:
        agent = scene.agent("ada")
        ada = scene.link(agent)
        for number in range(20):
            ada.set("object", new_id(), name=f"Cube {number}")
        blobs = set(scene.store.files.rglob("*"))
        with Client(scene.broker.url) as tool:
            tool.subscribe("scenesync/v1/+/state/#")
            eventually(lambda: tool.next())
            found = doctor("--data", agent.data, "--broker", scene.broker.url, "--store", scene.store.url)
        all_well(found)
        says(found, "ok", f"process {agent.pid}")
        says(found, "ok", "scene demo: 20 entities")
        says(found, "ok", "nothing of this check is left")
        with Client(scene.broker.url) as tool:
            tool.subscribe("scenesync/v1/+/#")
            assert {topic.split("/")[2] for topic, _ in tool.all()} == {"demo"}
        left = [path for path in set(scene.store.files.rglob("*")) - blobs if path.is_file()]
        assert len(left) == 1 and left[0].stat().st_size == 4096
        says(found, "ok", f"the 4 KiB of this check stay there: {scene.store.url}/{left[0].parent.name}/{left[0].name}")
        ada.set("object", new_id(), name="after")


def test_for_people_it_is_a_line_each(tmp_path):
    with Store(tmp_path) as store:
        done = subprocess.run([binary(), "doctor", "--store", store.url], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and all(line.startswith("ok       store   ") for line in done.stdout.splitlines())


@pytest.mark.parametrize("words, words_say", [([], "name what to look at"), (["--colour", "red"], "unknown option"), (["--broker", "tcp://x"], "must begin with")])
def test_wrong_calls(words, words_say):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SCENESYNC_") or key == "SCENESYNC_BIN"}
    done = subprocess.run([binary(), "doctor", *words], capture_output=True, text=True, timeout=20, env=environment)
    assert done.returncode == 2 and words_say in done.stderr and "doctor --help` says more" in done.stderr


# ---- Data directories --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path):
    """A directory whose agent was killed with 20 edits unsent, and that must not be changed."""
    with world(tmp_path) as scene:
        agent = scene.agent("ada")
        with Link(agent.socket, "demo") as ada:
            ada.set("object", new_id(), name="Cube")
            eventually(lambda: "connected" in agent.output())
            scene.broker.kill()
            for number in range(20):
                ada.set("object", new_id(), name=f"Cube {number}" + "x" * 500)
        agent.kill()
        yield Path(agent.data)


def sums(folder):
    return {path: hashlib.sha256(path.read_bytes()).digest() for path in folder.rglob("*") if path.is_file() and path.name != "lock.mdb"}


def test_a_directory_from_a_crash(data):
    before = sums(data)
    found = doctor("--data", data)
    all_well(found)
    says(found, "ok", "scene demo: 21 entities")
    says(found, "ok", "the broker has not confirmed: 2")
    says(found, "ok", "no agent uses it now")
    assert sums(data) == before


def test_a_directory_of_another_machine(data):
    (data / "host").write_text("machine 0123456789abcdef\n")
    says(doctor("--data", data), "warning", "it comes from another machine")


def cut(data):
    os.truncate(data / "replica" / "data.mdb", (data / "replica" / "data.mdb").stat().st_size // 2)


def scribble(data):
    with open(data / "replica" / "data.mdb", "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        for page in range(2, size // 4096):
            file.seek(4096 * page + 200)
            file.write(b"\xff" * 2000)


@pytest.mark.parametrize("damage, level, text", [
    (lambda data: (data / "version").write_text("scenesync data 9\n"), "problem", "says `scenesync data 9`, which this scenesync does not read"),
    (lambda data: (data / "version").unlink(), "problem", "is not the data directory of an agent"),
    (shutil.rmtree, "problem", "No such file or directory; an agent makes it"),
    (lambda data: (data / "origin").write_bytes(b"half"), "warning", "its origin is missing or damaged"),
    (lambda data: os.truncate(data / "replica" / "data.mdb", 0), "warning", "missing or empty"),
    (lambda data: os.truncate(data / "replica" / "data.mdb", 1000), "problem", "is no database, or damaged"),
    (lambda data: (data / "replica" / "data.mdb").write_bytes(b"x" * 20000), "problem", "is no database, or damaged"),
    (cut, "problem", "was cut off"),
    (scribble, "problem", "damaged"),
])
def test_a_damaged_directory(data, damage, level, text):
    damage(data)
    says(doctor("--data", data, status=1 if level == "problem" else 0), level, text)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_disk_that_is_full_or_cannot_be_written(data, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=True)
    try:
        shutil.copytree(data, disk / "data")
        says(doctor("--data", disk / "data", status=1), "problem", "MiB left; make room")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        found = doctor("--data", disk / "data", status=1)
        says(found, "problem", "cannot be written: Read-only file system")
        says(found, "ok", "scene demo: 21 entities")
    finally:
        subprocess.run(["umount", disk], check=True)


# ---- Brokers -----------------------------------------------------------------------------------------------------------------------------


def test_a_broker_that_is_not_there():
    says(doctor("--broker", "mqtt://127.0.0.1:1", status=1), "problem", "is not reached: Connection refused")


def test_passwords_and_rights(tmp_path):
    rights = "\n".join(f"pattern read scenesync/v1/+/{what}/#" for what in ("state", "peer")) + "\npattern write scenesync/v1/+/peer/%u/+\n"
    with Broker(tmp_path, "lan.conf", {"ada": "lovelace", "bob": "secret", "eve": "x"}, rights + EDITOR + "user none\n") as broker:
        def at(login):
            return "--broker", broker.url.replace("://", f"://{login}@")

        all_well(doctor(*at("ada:lovelace")))
        says(doctor(*at("ada:wrong"), status=1), "problem", "refuses this user and password: ada")
        says(doctor("--broker", broker.url, status=1), "problem", "whoever gives no user and password")
        found = doctor(*at("bob:secret"))
        says(found, "warning", "may look on, but not edit")
        says(found, "ok", "confirms a message")


def test_a_user_who_may_not_even_say_that_he_is_there(tmp_path):
    with Broker(tmp_path, "lan.conf", {"eve": "x"}, "pattern read scenesync/#\n") as broker:
        says(doctor("--broker", broker.url.replace("://", "://eve:x@"), status=1), "problem", "may not say that he is there")


@pytest.mark.parametrize("line, text", [("retain_available false", "it retains nothing"), ("message_size_limit 65536", "256 KiB does not pass"),
                                        ("max_packet_size 100000", "it takes messages of at most 100000 bytes")])
def test_a_broker_that_lacks_something(tmp_path, line, text):
    def edit(configuration):
        kept = [each for each in configuration.splitlines() if each.split(" ")[0] != line.split(" ")[0]]
        return "\n".join([line, *kept]) + "\n"

    with Broker(tmp_path, edit=edit) as broker:
        says(doctor("--broker", broker.url, status=1), "problem", text)


def test_a_broker_that_replays_nothing_to_a_wildcard(tmp_path):
    with Broker(tmp_path) as broker, SilentBroker(broker.port) as silent:
        says(doctor("--broker", silent.url), "warning", "not replay to a wildcard")


def test_a_broker_of_mqtt_311(tmp_path):
    with Broker(tmp_path) as broker:
        old = OldBroker(broker.port)
        found = doctor("--broker", old.url)
        old.close()
        all_well(found)
        says(found, "ok", "with MQTT 3.1.1")


def test_a_broker_behind_tls(tmp_path):
    with Broker(tmp_path, "lan.conf", {"ada": "lovelace"}, EDITOR + "topic read scenesync/#\npattern write scenesync/v1/+/peer/%u/+\n", tls=True) as broker:
        (tmp_path / "agent.ini").write_text(f"broker = {broker.url}\nuser = ada\npassword = lovelace\nca_file = {broker.ca}\n")
        all_well(doctor("--config", tmp_path / "agent.ini"))
        (tmp_path / "agent.ini").write_text(f"broker = {broker.url}\nuser = ada\npassword = lovelace\n")
        says(doctor("--config", tmp_path / "agent.ini", status=1), "problem", "is not reached: its certificate is not trusted (self-signed certificate): ca_file")


# ---- Stores ------------------------------------------------------------------------------------------------------------------------------


class OddStore(Store):
    """A store whose configuration has some text in place of another."""

    def __init__(self, directory, old, new):
        super().__init__(directory)
        self.old, self.new = old, new

    def ready(self):
        try:
            urllib.request.urlopen(self.url, timeout=1).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def prepare(self):
        super().prepare()
        path = self.directory / "store.inc"
        text = path.read_text()
        assert self.old in text
        path.write_text(text.replace(self.old, self.new))


def test_a_store_that_is_not_there():
    says(doctor("--store", "http://127.0.0.1:1", status=1), "problem", "is not reached")


@pytest.mark.parametrize("old, new, level, text", [
    ("dav_methods PUT;", "", "problem", "this user may only read"),
    ("return 412;", "", "warning", "a file can be overwritten"),
    ("dav_methods PUT;", "dav_methods PUT DELETE;", "ok", "the file of this check was deleted"),
    ("dav_methods PUT;", "dav_methods PUT; max_ranges 0;", "warning", "a part of a file"),
    ("    return 404;", "    return 200;", "warning", "may show what files there are"),
])
def test_a_store_that_is_not_as_it_should_be(tmp_path, old, new, level, text):
    with OddStore(tmp_path, old, new) as store:
        says(doctor("--store", store.url, status=1 if level == "problem" else 0), level, text)


def test_a_web_server_that_is_no_store(tmp_path):
    with OddStore(tmp_path, 'location ~ "^/', 'location ~ "^/nowhere/') as store:
        says(doctor("--store", store.url, status=1), "problem", "cannot be uploaded")
    with OddStore(tmp_path / "all", "location / {\n    return 404;", "location ~ /../ {\n    return 200;\n}\nlocation / {\n    return 200;") as store:
        says(doctor("--store", store.url, status=1), "problem", "this is not a store's address")


def test_a_store_with_passwords(tmp_path):
    with Store(tmp_path, "store-lan.conf", {"ada": "lovelace"}) as store:
        all_well(doctor("--store", store.url.replace("://", "://ada:lovelace@")))
        says(doctor("--store", store.url.replace("://", "://ada:wrong@"), status=1), "problem", "refuses this user and password")


def test_a_store_whose_disk_is_full(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    files = tmp_path / "store" / "files"
    files.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", files], check=True)
    try:
        with Store(tmp_path) as store:
            with pytest.raises(OSError), open(files / "filler", "wb", buffering=0) as filler:
                while filler.write(b"x" * 4096):
                    pass
            says(doctor("--store", store.url, status=1), "problem", "cannot be uploaded (500)")
    finally:
        subprocess.run(["umount", files], check=True)
