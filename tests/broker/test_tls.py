# SPDX-License-Identifier: Apache-2.0
"""Why there is no connection over TLS, and what to do: told by the agent's log, `status`, `doctor` and the commands that ask the broker."""
import subprocess

import pytest
from agents import eventually, world
from services import Broker, Store, binary, free_port
from test_doctor import all_well, doctor, says

ELSEWHERE = "DNS:elsewhere.example,IP:192.0.2.7"
PEOPLE = {"ada": "lovelace"}
UNTRUSTED = ("is not trusted (self-signed certificate)", "ca_file")
ANOTHER_HOST = ("is for elsewhere.example, 192.0.2.7, not for 127.0.0.1", "tls_verify")


@pytest.fixture
def place(tmp_path):
    """A broker and a store that are well."""
    with world(tmp_path / "well") as made:
        yield made


@pytest.fixture
def other(tmp_path):
    """The certificate of somebody else's authority."""
    return Broker(tmp_path / "other", "lan.conf", tls=True).ca


def names_in(case):
    return ELSEWHERE if case == "for another host" else "IP:127.0.0.1"


def broker_of(path, other, case):
    """A broker, the address and the ca_file that are given, and what is told."""
    tls = case != "without TLS"
    broker = Broker(path, "lan.conf" if tls else "local.conf", PEOPLE, tls=tls, names=names_in(case))
    given = {"no authority": None, "another's authority": other, "no such file": path / "nowhere.crt"}.get(case, broker.ca)
    told = {
        "no authority": UNTRUSTED, "another's authority": UNTRUSTED, "for another host": ANOTHER_HOST, "no such file": ("ca_file", "cannot be read"),
        "without TLS": ("does not speak TLS", "mqtt://"), "nobody listens": ("Connection refused", "does the broker run"),
    }[case]
    return broker, f"mqtts://127.0.0.1:{free_port() if case == 'nobody listens' else broker.port}", given, told


@pytest.mark.parametrize("case", ["no authority", "another's authority", "no such file", "for another host", "without TLS", "nobody listens"])
def test_why_the_broker_is_not_reached(place, tmp_path, other, case):
    broker, url, given, told = broker_of(tmp_path, other, case)
    config = tmp_path / "agent.ini"
    config.write_text(f"broker = {url}\nuser = ada\npassword = lovelace\n" + (f"ca_file = {given}\n" if given else ""))
    with broker:
        ada = place.agent("ada", broker=url, config=config)
        place.link(ada)
        for word in told:
            eventually(lambda: word in ada.run("status").stdout)  # noqa: B023
            assert word in ada.output() and "connected to mqtts" not in ada.output()
            says(doctor("--config", config, status=1), "problem", word)
        done = subprocess.run([binary(), "who", "--config", config], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and all(word in done.stderr for word in told), done.stderr


@pytest.mark.parametrize("case", ["no authority", "another's authority", "no such file", "for another host"])
def test_why_the_store_is_not_reached(place, tmp_path, other, case):
    store = Store(tmp_path, "store-lan.conf", PEOPLE, tls=True, names=names_in(case))
    config = tmp_path / "agent.ini"
    given = {"no authority": None, "another's authority": other, "no such file": tmp_path / "nowhere.crt"}.get(case, store.ca)
    config.write_text("store_user = ada\nstore_password = lovelace\n" + (f"ca_file = {given}\n" if given else ""))
    with store:
        ada = place.agent("ada", store=store.url, config=config)
        for word in {"for another host": ("is for another host", "tls_verify"), "no such file": ("ca_file cannot be read",)}.get(case, UNTRUSTED):
            eventually(lambda: word in ada.run("status").stdout)  # noqa: B023
            says(doctor("--config", config, "--store", store.url, status=1), "problem", word)
        assert not [path for path in store.files.rglob("*") if path.is_file()]


def test_whoever_does_not_want_to_know_is_connected(place, tmp_path):
    """With tls_verify = no, whatever the certificates are."""
    config = tmp_path / "agent.ini"
    config.write_text("user = ada\npassword = lovelace\nstore_user = ada\nstore_password = lovelace\ntls_verify = no\n")
    acl = "user ada\ntopic readwrite scenesync/#\n"
    with Broker(tmp_path, "lan.conf", PEOPLE, acl, tls=True, names=ELSEWHERE) as broker, Store(tmp_path, "store-lan.conf", PEOPLE, tls=True, names=ELSEWHERE) as store:
        all_well(doctor("--config", config, "--broker", broker.url, "--store", store.url))
