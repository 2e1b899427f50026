# SPDX-License-Identifier: Apache-2.0
"""The helper that all other tests stand on: it starts, stops, kills and restarts real servers."""
import time
from pathlib import Path

import pytest
from services import Broker, Store


def gone(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"  # dead, though nobody has asked how


@pytest.mark.parametrize("make", [Broker, Store])
def test_lives(make, tmp_path):
    service = make(tmp_path)
    url = service.url
    with service:
        assert service.alive
        first = service.pid
        service.kill()
        assert gone(first) and not service.alive
        service.start()
        assert service.alive and service.url == url
        service.restart()
        last = service.pid
    assert gone(last)


def test_workers_go_with_a_kill(tmp_path):
    store = Store(tmp_path).start()
    children = open(f"/proc/{store.pid}/task/{store.pid}/children").read().split()
    assert children
    store.kill()
    end = time.monotonic() + 10
    while not all(map(gone, map(int, children))):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_failure_to_start_tells_why(tmp_path):
    broker = Broker(tmp_path, edit=lambda text: text + "no_such_setting 1\n")
    with pytest.raises(RuntimeError, match="no_such_setting"):
        broker.start()
    assert not broker.alive


def test_everything_below_the_folder(tmp_path):
    with Broker(tmp_path) as broker, Store(tmp_path):
        assert {entry.name for entry in tmp_path.iterdir()} == {"broker", "store"}
        broker.stop()
        assert (tmp_path / "broker" / "mosquitto.db").exists()
