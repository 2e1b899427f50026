# SPDX-License-Identifier: Apache-2.0
"""docker/ as a whole: the server of docker-compose.yml on a machine of its own, and people who join it from this one with invitations.

Its tests follow one another: each takes the server as the one before left it.
"""
import contextlib
import hashlib
import os
import re
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode

import blenders
import docker
import pytest
from access import login
from agents import eventually, new_id
from blender import Blender
from browser import Page
from link import Link
from mqtt import Client
from services import REPOSITORY, Agent, binary

SERVICES = ["access", "agent", "broker", "web"]


class Invited(Agent):
    """An agent that knows nothing but an invitation."""

    def __init__(self, directory, link):
        super().__init__(directory, None, None)
        subprocess.run([binary(), "join", link, "--data", self.directory], check=True, capture_output=True)
        self.socket, self.ca = str(self.directory / "agent.sock"), self.directory / "ca.crt"

    def command(self):
        return [self.program, "agent", "--config", self.directory / "agent.conf"]


class Server:
    """The machine with the stack; `version` names its images."""

    def __init__(self, machine):
        self.machine, self.version, self.first = machine, "first", None
        self.settings = machine.directory / "env"
        said = re.findall(r"echo (\w+=\S+) >+\.env", (REPOSITORY / "docs" / "deploy.md").read_text())
        self.settings.write_text("\n".join(said).replace("server.example", machine.address) + "\n")

    def compose(self, *words, **options):
        environment = {"SCENESYNC_VERSION": self.version, "DOCKER_BUILDKIT": "0"}
        if self.machine.release != "bookworm":  # where it is so anyway
            environment["COMPOSE_PARALLEL_LIMIT"] = "1"  # one image after the other: what they have in common is then built once
        return self.machine.compose("--env-file", self.settings, "-f", REPOSITORY / "docker" / "docker-compose.yml", *words, environment=environment, **options)

    def up(self, *words):
        self.compose("up", "-d", *words)
        eventually(self.healthy, 180)

    def down(self):
        """With all that it kept."""
        self.compose("--profile", "backup", "--profile", "blender", "--profile", "bridge", "--profile", "metrics", "down", "--volumes")

    def healthy(self):
        listed = self.machine.docker("ps", "--format", "{{.Label \"com.docker.compose.service\"}} {{.Status}}", stdout=subprocess.PIPE).stdout
        return set(SERVICES) <= {line.split()[0] for line in listed.splitlines() if "(healthy)" in line}

    def log(self):
        return self.compose("logs", "access", stdout=subprocess.PIPE).stdout

    def invitation(self):
        """That of the first person, by the command that the first start printed."""
        if not self.first:
            said = re.search(r"exec access scenesync (invite .*) --user NAME", self.log()).group(1)
            self.first = self.access(*said.split(), "--user", "first")
        return self.first

    def access(self, *words):
        return self.compose("exec", "-T", "access", "scenesync", *words, stdout=subprocess.PIPE).stdout.strip()

    def crash(self, service):
        """Everything in it but its init dies; what the daemon does then is its restart policy's."""
        self.compose("exec", "-T", service, "sh", "-c", "kill -9 -1", check=False)


@pytest.fixture(scope="module", params=docker.RELEASES)
def server(request, tmp_path_factory):
    if os.geteuid() != 0 or docker.find_root(request.param) is None:
        pytest.skip("Docker on a machine of its own needs root rights and a Debian mirror")
    with docker.Docker(request.param, tmp_path_factory.mktemp(request.param)) as machine:
        machine.import_base()
        made = Server(machine)
        made.compose("build")
        made.up()
        yield made


@pytest.fixture(scope="module")
def people(server, tmp_path_factory):
    """Two agents with the first invitation."""
    link = server.invitation()
    agents = [Invited(tmp_path_factory.mktemp(name), link) for name in ("ada", "bob")]
    for agent in agents:
        agent.start()
    yield agents
    for agent in agents:
        agent.stop()


def share(writer, reader, name):
    """An edit by one agent that another sees."""
    identity = new_id()
    with Link(writer.socket, "main") as one, Link(reader.socket, "main") as other:
        one.set("object", identity, name=name)
        other.sees("object", identity, "name", name, 60)
    return identity


def newcomer(server, directory, link):
    """The names that somebody new sees while nobody else is there."""
    agent = Invited(directory, link)
    with agent:
        return agent.run("ls", "main", "object").stdout


def test_two_people_join(server, people):
    share(people[0], people[1], "Cube")
    share(people[1], people[0], "Lamp")


def test_no_invitation_is_in_a_log(server, people):
    assert "password=" not in server.log() and "scenesync://" not in server.log()


def test_an_owner_invites_from_elsewhere(server, people, tmp_path):
    def ask(*words):
        return subprocess.run([binary(), *words, "--config", people[0].directory / "agent.conf"], capture_output=True, text=True, timeout=60)

    link = ask("invite", "main", "--role", "editor", "--user", "gina", "--expires", "1h").stdout.strip()
    with Invited(tmp_path, link) as guest:
        share(guest, people[1], "From a guest")
    assert ask("revoke", "gina", "main").returncode == 0 and "gina" not in ask("who", "main").stdout
    assert "nor an owner of other" in ask("who", "other").stderr


def test_an_invitation_ends(server, people):
    short = login(server.access("invite", "main", "--role", "viewer", "--user", "shorty", "--expires", "1s"))

    def refused():
        with Client(f"mqtts://{server.machine.address}:8883", *short, ca=people[0].ca) as client:
            return client.connected == 5

    eventually(refused)
    assert request(server, people, "GET", "/00/" + 64 * "0", short)[0] == 401


def test_nobody_takes_all_connections_to_the_broker(server, people):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_connection((server.machine.address, 8883))) for _ in range(300)]
        eventually(lambda: sum(is_closed(one) for one in sockets) > 30)
    share(people[0], people[1], "Afterwards")


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def request(server, people, method, path, user=None, data=None):
    url = urllib.request.Request(f"https://{server.machine.address}:8443{path}", method=method, data=data)
    if user:
        url.add_header("Authorization", "Basic " + b64encode(":".join(user).encode()).decode())
    try:
        with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=people[0].ca)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def test_the_store_lets_editors_write_and_viewers_read(server, people):
    editor, viewer = login(server.invitation()), login(server.access("invite", "main", "--role", "viewer", "--user", "vera"))
    data = b"a file"
    digest = hashlib.sha256(data).hexdigest()
    path = f"/{digest[:2]}/{digest}"
    for user in (None, viewer, (editor[0], "wrong")):
        assert request(server, people, "PUT", path, user, data)[0] == 401
    assert request(server, people, "PUT", path, editor, data)[0] == 201
    assert request(server, people, "PUT", path, editor, b"other")[0] == 412
    assert request(server, people, "DELETE", path, editor)[0] == 405
    assert request(server, people, "GET", path, viewer) == (200, data)
    assert request(server, people, "GET", path)[0] == 401
    server.access("revoke", "vera")
    assert request(server, people, "GET", path, viewer)[0] == 401


@pytest.mark.parametrize("path", ["/../users/writers", "/%2e%2e/users/writers", "/users/writers", "/.incoming/0", "/.uploads.log", "/ab/../ab/x"])
def test_the_store_has_nothing_but_files_named_by_their_contents(server, people, path):
    editor = login(server.invitation())
    for method in ("GET", "PUT", "DELETE"):
        assert request(server, people, method, path, editor, b"x" if method == "PUT" else None)[0] in (400, 404, 405)


def test_a_browser_finds_the_viewer_and_the_broker(server, people):
    status, page = request(server, people, "GET", "/")
    assert status == 200 and b"<title>Scenesync</title>" in page
    asset = re.search(rb'src="\./(assets/[^"]+)"', page).group(1).decode()
    assert request(server, people, "GET", f"/{asset}")[0] == 200
    with Client(f"wss://{server.machine.address}:8443", *login(server.invitation()), ca=people[0].ca) as client:
        assert client.connected == 0
    with Client(f"wss://{server.machine.address}:8443", "first", "wrong", ca=people[0].ca) as client:
        assert client.connected == 5


def test_nothing_is_reached_without_tls(server, people):
    ports = server.machine.docker("ps", "--format", "{{.Ports}}", stdout=subprocess.PIPE).stdout
    assert set(re.findall(r":(\d+)->", ports)) == {"8443", "8883"}


def test_containers_are_confined(server):
    for name in server.machine.docker("ps", "--format", "{{.Names}}", stdout=subprocess.PIPE).stdout.split():
        told = server.machine.docker("inspect", "--format", "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.Memory}}",
                                     name, stdout=subprocess.PIPE).stdout.split()
        assert told[:3] == ["scenesync", "true", "[ALL]"] and int(told[3]) > 0, name
        assert server.machine.docker("exec", name, "touch", "/etc/x", check=False, stderr=subprocess.DEVNULL).returncode != 0


def test_old_checkpoints_are_swept(server):
    """It reaches the broker, and may delete."""
    server.compose("exec", "-T", "sweep", "sh", "-c", "scenesync sweep --config /agent/agent.conf && touch /store/may && rm /store/may")


def test_crashes_lose_nothing(server, people):
    for service in SERVICES:
        server.crash(service)
        share(people[0], people[1], f"While {service} restarts")
        eventually(server.healthy, 120)
    share(people[1], people[0], "Afterwards")


def test_a_newcomer_is_served_while_nobody_is_there(server, people, tmp_path):
    for agent in people:
        agent.stop()
    assert "Afterwards" in newcomer(server, tmp_path, server.invitation())
    for agent in people:
        agent.start()


def moved(blender, name):
    """Where an object is in a Blender; nothing while it has none of that name."""
    return blender.run("it = bpy.data.objects.get(name)\nresult = it and round(it.location.x, 3)", name=name)


def test_two_blenders_meet_there(server, people, tmp_path):
    version = blenders.VERSIONS[0]
    blenders.require(version)
    one, other = Blender(version), Blender(version)
    try:
        for blender, agent in zip((one, other), people):
            blender.join(agent, "main", content="receive")
            blender.synced(60)
        one.run("mesh = bpy.data.meshes.new('Shared')\nmesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])\n"
                "it = bpy.data.objects.new('Shared', mesh)\nbpy.context.scene.collection.objects.link(it)\nit.location.x = 1.5")
        eventually(lambda: moved(other, "Shared") == 1.5)
        other.run("bpy.data.objects['Shared'].location.x = 2.5")
        eventually(lambda: moved(one, "Shared") == 2.5)
    finally:
        one.close()
        other.close()


def test_the_address_that_is_printed_shows_the_scene_in_a_browser(server, people):
    """What the Blenders made. Chromium trusts that server's certificate alone, as somebody does who says yes to it once."""
    said = server.compose("exec", "-T", "access", "scenesync", "invite", "main", "--role", "viewer", "--user", "wanda",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    address = re.search(r"In a browser.*: (https://\S+)", said).group(1)
    page = Page(1280, 800, f"--ignore-certificate-errors-spki-list={key_of(server)}")
    try:
        page.open(address)
        page.shown()
        assert "Shared" in page.evaluate("[...document.querySelectorAll('.row')].map((row) => row.textContent)")
        with Link(people[0].socket, "main") as link:
            link.until(lambda: any(frame["t"] == "peer" and frame.get("name") == "wanda" for frame in link.seen))
    finally:
        page.close()


def key_of(server):
    """What Chromium calls the key of the certificate."""
    pem = ssl.get_server_certificate((server.machine.address, 8443))
    key = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=pem.encode(), check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True, capture_output=True).stdout
    return b64encode(hashlib.sha256(der).digest()).decode()


def test_a_blender_on_the_server_saves_the_scene(server, people):
    if server.machine.release != "trixie":
        pytest.skip("once is enough: it is the same image")
    profile = ("--profile", "blender")
    server.compose(*profile, "build", "blender")
    server.compose(*profile, "up", "-d", "blender")

    def saved():
        there = server.compose(*profile, "exec", "-T", "blender", "test", "-s", "/worker/main.blend", check=False, stderr=subprocess.DEVNULL)
        return there.returncode == 0

    eventually(saved, 180)
    server.compose(*profile, "rm", "--stop", "--force", "blender")


def test_tools_without_our_code_read_json(server, people):
    server.compose("--profile", "bridge", "up", "-d", "bridge")
    with Client(f"mqtts://{server.machine.address}:8883", *login(server.invitation()), ca=people[0].ca) as tool:
        tool.subscribe("scenesync/v1/main/json/object/+")
        assert b'"name"' in tool.next()[1]
    server.compose("--profile", "bridge", "rm", "--stop", "--force", "bridge")


def test_it_has_a_name_of_its_own(server):
    """Not that of the folder, which others' stacks have, too: their volumes would be ours."""
    for kind in ("volume", "network"):
        made = server.machine.docker(kind, "ls", "--format", "{{.Name}}", stdout=subprocess.PIPE).stdout.split()
        assert {name.split("_")[0] for name in made} - {"bridge", "host", "none"} == {"scenesync"}


def test_a_prometheus_gathers_the_agents_numbers(server, people):
    if server.machine.release != "trixie":
        pytest.skip("once is enough: it is the same image")
    profile = ("--profile", "metrics")
    server.compose(*profile, "up", "-d", "metrics")

    def gathered():
        return server.compose(*profile, "exec", "-T", "metrics", "promtool", "query", "instant", "http://localhost:9090",
                              'scenesync_peers{scene="main", instance="agent:9464"}', stdout=subprocess.PIPE, check=False).stdout

    eventually(lambda: 'scene="main"' in gathered(), 120)
    assert re.findall(r"127\.0\.0\.1:9090->", server.machine.docker("ps", "--format", "{{.Ports}}", stdout=subprocess.PIPE).stdout)
    assert not answers(server.machine.address, 9090) and not answers(server.machine.address, 9464)
    server.compose(*profile, "rm", "--stop", "--force", "metrics")


def answers(host, port):
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def test_an_upgrade_keeps_everything(server, people):
    server.version = "second"
    server.up("--build")
    share(people[0], people[1], "After the upgrade")


def test_a_backup_can_be_restored(server, people, tmp_path):
    link = server.access("invite", "main", "--role", "editor", "--user", "carl")
    server.compose("stop")
    for agent in people:
        agent.stop()
    backup = tmp_path / "backup.tar.gz"
    with open(backup, "wb") as file:
        server.compose("run", "--rm", "-T", "backup", stdout=file)
    server.down()
    assert not server.machine.docker("volume", "ls", "--quiet", stdout=subprocess.PIPE).stdout
    with open(backup, "rb") as file:
        server.compose("run", "--rm", "-T", "restore", stdin=file)
    server.up()
    assert "After the upgrade" in newcomer(server, tmp_path / "carl", link)


def test_it_is_taken_down(server):
    server.down()
    for kind in ("ps --all", "volume ls"):
        assert not server.machine.docker(*kind.split(), "--quiet", stdout=subprocess.PIPE).stdout
