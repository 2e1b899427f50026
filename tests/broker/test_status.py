# SPDX-License-Identifier: Apache-2.0
"""`scenesync status` says how broker and store are, whether a scene is open or not, and before anything was to be fetched."""
import json
import socket
import subprocess

import pytest
from agents import eventually, world
from services import Agent, free_port


@pytest.fixture
def place(tmp_path):
    with world(tmp_path) as made:
        yield made


def told(agent):
    return agent.run("status").stdout


def test_without_a_scene_it_says_where_the_broker_is_and_how_the_store_is(place):
    ada = place.agent("ada")
    said = eventually(lambda: "broker offline, store ok" in told(ada) and told(ada)).splitlines()
    assert said[0] == "the agent is running; no scene is open"
    assert said[-1] == f"  {ada.broker} is connected to when a scene is opened"
    assert json.loads(ada.run("status", "--json").stdout) == []
    with place.link(ada):
        eventually(lambda: "broker connected" in told(ada) and "store ok" in told(ada))


def test_a_store_that_is_not_there_is_told_before_it_is_needed(place):
    ada = place.agent("ada", store=f"http://127.0.0.1:{free_port()}")
    eventually(lambda: "broker offline, store error" in told(ada) and "the store is not reached: " in told(ada))
    with place.link(ada):
        eventually(lambda: json.loads(ada.run("status", "--json").stdout)[0]["store"] == "error")


def test_a_store_that_comes_late_is_found(place):
    place.store.stop()
    ada = place.agent("ada")
    eventually(lambda: "store error" in told(ada))
    place.store.start()
    eventually(lambda: "broker offline, store ok" in told(ada))
    assert "downloads 0 " in told(ada)


def test_what_is_no_store_is_told(place):
    with subprocess.Popen(["/usr/bin/python3", "-u", "-c", OTHER], stdout=subprocess.PIPE, text=True) as other:
        ada = place.agent("ada", store=f"http://127.0.0.1:{other.stdout.readline().strip()}")
        eventually(lambda: "the store answers 200, not 404, for a file that nobody has uploaded" in told(ada))
        other.kill()


OTHER = """
import http.server
class Always(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Always)
print(server.server_port)
server.serve_forever()
"""


def test_a_store_that_does_not_answer_is_not_said_to_be_well(place):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ada = place.agent("ada", store=f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert "store connecting" in told(ada)


class Alone(Agent):
    def command(self):
        return [self.program, "agent", "--data", self.data, "--socket", self.socket]


def test_neither_broker_nor_store_need_be(tmp_path):
    with Alone(tmp_path, None, None) as alone:
        assert "broker offline, store none" in told(alone) and "no broker is configured" in told(alone)
