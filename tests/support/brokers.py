# SPDX-License-Identifier: Apache-2.0
"""Every broker that Scenesync is tested with, from Debian's packages, on free loopback ports and below one folder.

`make(name, directory)` gives one of `NAMES`, not yet started; like a Broker of services.py, it can be started, stopped, killed and made to
forget. `urls` is where agents can go, `url` the first of them. Beyond that each says what tests must know of it:

    mqtt5      whether it speaks MQTT 5
    replays    what somebody who subscribes to a wildcard is sent of what is retained: "all", "some" or "nothing"

They come from Debian roots (scripts/broker-root): none is installed on this system.
"""
import glob
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from services import CONFIG, LOOPBACK, REPOSITORY, Broker, Service, answers, free_port, in_root


def find_root(suite):
    """The folder of a release's brokers, or None."""
    found = subprocess.run([REPOSITORY / "scripts" / "broker-root", "--find", suite], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else None


def configuration(name, replacements):
    """The text of a file in broker-config/ with ports and paths put in."""
    text = (CONFIG / name).read_text()
    for old, new in replacements:
        assert old in text, f"{name} has no {old}"
        text = text.replace(old, str(new))
    return text


class Mosquitto(Broker):
    """With broker-config's local.conf."""

    mqtt5, replays = True, "all"


class StockMosquitto(Mosquitto):
    """As Debian installs it: its own limits, and no WebSocket."""

    replays = "some"

    def prepare(self):
        stock = Path(self.root, "etc/mosquitto/mosquitto.conf").read_text()
        lines = [line for line in stock.splitlines() if line.startswith("persistence ")]
        user = ["user root"] if os.geteuid() == 0 else []  # else it would become one who cannot write below our folder
        (self.directory / "mosquitto.conf").write_text("\n".join([*lines, *user, f"persistence_location {self.directory}/"]) + "\n")

    def command(self):
        return [*super().command(), "-p", self.port]

    def ready(self):
        return answers(self.port)


class Alone(Service):
    """A program in a Debian root together with all that it starts, some of which would outlive it otherwise."""

    mqtt5, replays = False, "all"
    orphaned = signal.SIGKILL  # unshare ignores SIGTERM

    def __init__(self, directory, root):
        super().__init__(Path(directory) / "broker")
        self.root, self.port, self.ws_port = root, free_port(), free_port()
        self.data = self.directory / "data"

    @property
    def url(self):
        return f"mqtt://{LOOPBACK}:{self.port}"

    @property
    def urls(self):
        return [self.url]

    def inside(self, *words):
        return [*in_root(self.root, "--alone"), *words]

    def stop(self, timeout=60):
        """Asks the first of its processes; what waits for that one (unshare) would only kill it."""
        if self.alive:
            first = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            os.kill(int(first[0]), signal.SIGTERM)
            self.process.wait(timeout)

    def ready(self):
        return answers(self.port) and answers(self.ws_port)

    def forget(self):
        shutil.rmtree(self.data, ignore_errors=True)


class Ejabberd(Alone):
    mqtt5 = True

    @property
    def url(self):
        return f"mqtt://anna:any@{LOOPBACK}:{self.port}"

    def prepare(self):
        self.data.mkdir(exist_ok=True)
        (self.directory / "ejabberd.yml").write_text(
            configuration("ejabberd/ejabberd.yml", [("port: 1883", f"port: {self.port}"), ("port: 9001", f"port: {self.ws_port}")]))

    @property
    def ws_url(self):
        return f"ws://anna:any@{LOOPBACK}:{self.ws_port}/mqtt"

    def command(self):
        """What ejabberdctl would start, as the user that we are and with no name in any network."""
        return self.inside("erl", "-noinput", "-mnesia", "dir", f'"{self.data}"', "-s", "ejabberd")

    def environment(self):
        libraries = glob.glob(f"{self.root}/usr/lib/*/ejabberd-*")[0]
        return dict(os.environ, EJABBERD_CONFIG_PATH=str(self.directory / "ejabberd.yml"), EJABBERD_LOG_PATH=str(self.directory / "ejabberd.log"),
                    ERL_CRASH_DUMP=str(self.directory / "crash"), ERL_LIBS="/" + os.path.dirname(os.path.relpath(libraries, self.root)),
                    HOME=str(self.directory))


class RabbitMq(Alone):
    """`mqtt5`: since 3.13."""

    replays = "nothing"

    def __init__(self, directory, root, mqtt5=False):
        super().__init__(directory, root)
        self.mqtt5 = mqtt5
        self.names_port, self.node_port = free_port(), free_port()

    @property
    def url(self):
        return f"mqtt://guest:guest@{LOOPBACK}:{self.port}"

    @property
    def ws_url(self):
        return f"ws://guest:guest@{LOOPBACK}:{self.ws_port}/ws"

    def prepare(self):
        self.data.mkdir(exist_ok=True)
        (self.directory / "rabbitmq.conf").write_text(
            configuration("rabbitmq/rabbitmq.conf", [(":1883", f":{self.port}"), ("port = 9001", f"port = {self.ws_port}")]))
        shutil.copy(CONFIG / "rabbitmq" / "enabled_plugins", self.directory)

    def command(self):
        """Not /usr/sbin's, which becomes another user first."""
        return self.inside("/usr/lib/rabbitmq/bin/rabbitmq-server")

    def environment(self):
        folder = str(self.directory)
        return dict(os.environ, HOME=folder, RABBITMQ_NODENAME="scenesync@localhost", RABBITMQ_CONFIG_FILE=f"{folder}/rabbitmq.conf",
                    RABBITMQ_ENABLED_PLUGINS_FILE=f"{folder}/enabled_plugins", RABBITMQ_MNESIA_BASE=str(self.data), RABBITMQ_LOG_BASE=folder,
                    RABBITMQ_LOGS="-", RABBITMQ_GENERATED_CONFIG_DIR=f"{folder}/generated", RABBITMQ_SCHEMA_DIR=f"{folder}/schema",
                    RABBITMQ_PID_FILE=f"{folder}/pid", RABBITMQ_CONF_ENV_FILE=f"{folder}/none", RABBITMQ_DIST_PORT=str(self.node_port),
                    ERL_EPMD_PORT=str(self.names_port), ERL_EPMD_ADDRESS=LOOPBACK)


class NatsNode(Alone):
    """One of several; `routes` are the ports by which they find each other."""

    def __init__(self, directory, root, number, routes):
        super().__init__(directory, root)
        self.number, self.routes = number, routes
        self.own_port, self.monitor_port = free_port(), free_port()

    @property
    def ws_url(self):
        return f"ws://{LOOPBACK}:{self.ws_port}/mqtt"

    def prepare(self):
        ports = [(f"nats://nats-{number}:6222", f"nats://{LOOPBACK}:{port}") for number, port in enumerate(self.routes, 1)]
        (self.directory / "nats.conf").write_text(configuration("nats/nats.conf", [
            *ports, ("0.0.0.0:6222", f"{LOOPBACK}:{self.routes[self.number - 1]}"), ("server_name: nats-1", f"server_name: nats-{self.number}"),
            (":4222", f":{self.own_port}"), (":8222", f":{self.monitor_port}"), ("0.0.0.0:1883", f"{LOOPBACK}:{self.port}"),
            ("0.0.0.0:9001", f"{LOOPBACK}:{self.ws_port}"), ("/var/lib/nats", self.data)]))

    def command(self):
        return self.inside("nats-server", "-c", self.directory / "nats.conf")

    def launch(self):
        """Returns when the others can find it: of nodes that begin all at once, NATS 2.10 now and then never takes one for fit to hold anything."""
        super().launch()
        while self.alive and not answers(self.routes[self.number - 1]):
            time.sleep(0.01)

    def ready(self):
        """Whether it is one with a majority of them. Not whether all that it keeps of clients that have gone is up to date."""
        try:
            return urllib.request.urlopen(f"http://{LOOPBACK}:{self.monitor_port}/healthz?js-server-only=true", timeout=1).status == 200
        except OSError:
            return False


class Together:
    """Several brokers that are used as one."""

    def __init__(self, parts):
        self.parts = parts
        self.mqtt5 = all(part.mqtt5 for part in parts)
        self.replays = parts[0].replays

    @property
    def urls(self):
        return [part.url for part in self.parts]

    url = property(lambda self: self.parts[0].url)
    ws_url = property(lambda self: self.parts[0].ws_url)
    port = property(lambda self: self.parts[0].port)

    def start(self):
        for part in self.parts:
            if not part.alive:
                part.launch()
        for part in self.parts:
            part.await_ready()
        return self

    def stop(self):
        for part in self.parts:
            part.stop()

    def kill(self):
        for part in self.parts:
            part.kill()

    def restart(self):
        self.stop()
        return self.start()

    def forget(self):
        for part in self.parts:
            part.forget()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, *error):
        self.kill()


class Nats(Together):
    """A cluster of three."""

    def __init__(self, directory, root):
        routes = [free_port() for _ in range(3)]
        super().__init__([NatsNode(Path(directory) / f"node{number}", root, number, routes) for number in (1, 2, 3)])


class Sites(Together):
    """Two mosquittos of different ages; the second has a bridge to the first, which it finds at `bridge_port`."""

    def __init__(self, directory, first_root, second_root):
        first = Mosquitto(Path(directory) / "first", root=first_root)
        second = Mosquitto(Path(directory) / "second", root=second_root, edit=self.bridged)
        super().__init__([first, second])
        self.bridge_port = first.port

    def bridged(self, text):
        return text + configuration("mosquitto/bridge.conf", [("address first-site.example:1883", f"address {LOOPBACK}:{self.bridge_port}")])


# name → (the releases whose brokers it needs, what makes it of a folder and their roots)
MAKERS = {
    "mosquitto-stock": (["bookworm"], lambda directory, root: StockMosquitto(directory, root=root)),
    "mosquitto-new": (["trixie"], lambda directory, root: Mosquitto(directory, root=root)),
    "mosquitto-sites": (["bookworm", "trixie"], Sites),
    "ejabberd": (["bookworm"], Ejabberd),
    "ejabberd-new": (["trixie"], Ejabberd),
    "nats": (["bookworm"], Nats),
    "nats-new": (["trixie"], Nats),
    "rabbitmq": (["bookworm"], RabbitMq),
    "rabbitmq-new": (["trixie"], lambda directory, root: RabbitMq(directory, root, mqtt5=True)),
}
NAMES = list(MAKERS)


def missing(name):
    """What this machine lacks for a broker; None when it can run."""
    for suite in MAKERS[name][0]:
        if find_root(suite) is None:
            return f"the brokers of Debian {suite} are not here; scripts/broker-root {suite} makes them"
    return None


def make(name, directory):
    suites, maker = MAKERS[name]
    return maker(Path(directory), *map(find_root, suites))
