# SPDX-License-Identifier: Apache-2.0
"""docker/grafana-dashboard.json asks only for numbers that the agent has, and for all of them, and a real Prometheus answers every query."""
import json
import re
import urllib.parse
import urllib.request

import pytest
from agents import eventually, world
from docker import servers_root
from services import REPOSITORY, Service, free_port, in_root

DASHBOARD = json.loads((REPOSITORY / "docker/grafana-dashboard.json").read_text())
PANELS = DASHBOARD["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]


class Prometheus(Service):
    """Scrapes one agent every half second."""

    name = "prometheus"

    def __init__(self, directory, root, port):
        super().__init__(directory)
        self.root = root
        self.scraped, self.port = port, free_port()

    def prepare(self):
        (self.directory / "prometheus.yml").write_text(
            "global: {scrape_interval: 500ms, scrape_timeout: 400ms}\n"
            f"scrape_configs: [{{job_name: scenesync, static_configs: [{{targets: ['127.0.0.1:{self.scraped}']}}]}}]\n")

    def command(self):
        return [*in_root(self.root), "prometheus", f"--config.file={self.directory}/prometheus.yml", f"--storage.tsdb.path={self.directory}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"]

    def ask(self, path, **query):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def ready(self):
        try:
            return bool(self.ask("/api/v1/query", query="scenesync_info")["result"])
        except OSError:
            return False


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with world(tmp_path_factory.mktemp("dashboard")) as made:
        port = free_port()
        ada = made.agent("ada", options=["--metrics", str(port)])
        ada.run("create", "demo", "light", 'type="POINT"')
        with made.link(ada) as link:
            link.send({"t": "edit", "id": 1, "batches": [{"kind": "NO", "ids": bytes(16), "columns": {}}]})  # something to refuse
            link.wait("refused")
            yield port


def exposed(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return set(re.findall(r"^# TYPE (\S+)", text, re.M)), set(re.findall(r"[{,](\w+)=", text))


def test_it_asks_for_what_the_agent_has_and_for_all_of_it(port):
    names, labels = exposed(port)
    asked = QUERIES + [each["query"]["query"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
    assert set(re.findall(r"scenesync_\w+", " ".join(QUERIES))) == names
    assert set(re.findall(r"scenesync_\w+", " ".join(asked))) == names
    used = set(re.findall(r"[{,](\w+)=", " ".join(asked))) | {name for names in re.findall(r"by \(([\w, ]+)\)", " ".join(asked)) for name in names.split(", ")}
    used |= set(re.findall(r"{{(\w+)}}", json.dumps(PANELS)))
    assert used - {"instance"} <= labels  # Prometheus itself adds the instance


def test_panels_have_places_of_their_own():
    places = [(panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y) for panel in PANELS
              for x in range(panel["gridPos"]["w"]) for y in range(panel["gridPos"]["h"])]
    assert len(set(places)) == len(places) and max(x for x, _ in places) < 24
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_a_prometheus_answers_every_query(port, tmp_path):
    root = servers_root()
    if root is None:
        pytest.skip("Prometheus in a Debian root needs root rights and a Debian mirror")
    with Prometheus(tmp_path, root, port) as prometheus:
        for query in QUERIES:
            filled = query.replace("$instance", ".+").replace("$scene", ".+")
            eventually(lambda: prometheus.ask("/api/v1/query", query=filled)["result"], 30)
        assert prometheus.ask("/api/v1/label/scene/values") == ["demo"]
