# SPDX-License-Identifier: Apache-2.0
"""Broker, asset store and agents on free loopback ports, everything they write below one folder.

The one way in which `./dev up`, the tests, the demo and the benches start them. The configurations are those of
broker-config/, with ports and paths put in.

    with Broker(tmp) as broker, Store(tmp) as store, Agent(tmp / "a", broker.url, store.url) as agent:
        agent.run("status")            # scenesync status --socket …
        broker.kill(); broker.start()  # the same port and the same persistence
"""
import ctypes
import functools
import http.client
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIG = REPOSITORY / "broker-config"
START_SECONDS = 30
LOOPBACK = "127.0.0.1"
NAMES = "DNS:localhost,IP:127.0.0.1"


def binary():
    """The scenesync program under test: $SCENESYNC_BIN, else what `./dev build` left."""
    return os.environ.get("SCENESYNC_BIN") or str(REPOSITORY / "build" / "scenesync")


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: connections that were here a minute ago do not matter
        try:
            probe.bind(("0.0.0.0", port))
            return True
        except OSError:
            return False


def free_port():
    """A port nobody listens on, below the range from which the kernel takes ports for outgoing connections: there, a client
    that retries a broker which is down can be given the broker's own port, and keep it."""
    while True:
        port = random.randrange(10000, 32000)
        if is_free(port):
            return port


def in_root(root, *options):
    """The words before a command that run it in a Debian root (see scripts/in-root); none for this system itself."""
    return [str(REPOSITORY / "scripts" / "in-root"), *options, str(root)] if root else []


def _end_with_parent(number):
    ctypes.CDLL(None).prctl(1, number)  # PR_SET_PDEATHSIG


class Service:
    """A child process in a process group of its own. Subclasses give `command()`, `prepare()` and `ready()`.

    `start` returns once the service is usable, `stop` ends it as an administrator would, `kill` as a power cut would
    (SIGKILL to it and its workers), `restart` is stop and start. All may be repeated; nothing is lost between them that
    the service itself keeps. `log` is the file with what it wrote, over all its lives.

    A service ends with the process that started it; when it is started by another thread than the main one, it does not
    (Linux ties it to the thread), and must be stopped.
    """

    name = "service"
    orphaned = signal.SIGTERM  # what it gets when whoever started it has ended

    def __init__(self, directory):
        self.directory = Path(directory).resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log = self.directory / f"{self.name}.log"
        self.process = None

    def command(self):
        raise NotImplementedError

    def prepare(self):
        """Writes what the command needs; called before every start."""

    def ready(self):
        """Whether the service, which is running, can be used."""
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    @property
    def pid(self):
        return self.process.pid if self.process else None

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        if self.alive:
            return self
        self.launch()
        return self.await_ready()

    def launch(self):
        """The first half of a start, for those that become ready only together."""
        self.prepare()
        main = threading.current_thread() is threading.main_thread()
        with open(self.log, "ab") as log:
            self._log_start = log.tell()
            self.process = subprocess.Popen(
                [str(word) for word in self.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(),
                start_new_session=True, preexec_fn=functools.partial(_end_with_parent, self.orphaned) if main else None)

    def await_ready(self):
        end = time.monotonic() + START_SECONDS
        while not self.ready():
            if not self.alive or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{self.output()[-4000:]}")
            time.sleep(0.01)
        return self

    def stop(self, timeout=20):
        if self.alive:
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise RuntimeError(f"{self.name} did not stop within {timeout} s") from None

    def kill(self):
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def output(self):
        """What it wrote since its last start."""
        with open(self.log, "rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()


def _certificate(directory, names):
    """A self-signed server.crt (its own CA) and server.key for these names in directory/certs."""
    certs = directory / "certs"
    certs.mkdir(exist_ok=True)
    if not (certs / "server.crt").exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                        "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}",
                        "-keyout", certs / "server.key", "-out", certs / "server.crt"], check=True, capture_output=True)
    return certs / "server.crt"


def _use_tls(text, plain):
    """The configuration with its commented TLS lines in place of the `plain` ones above them."""
    lines = [line for line in text.splitlines() if line.strip() not in plain]
    keys = ("listener ", "protocol ", "socket_domain ", "certfile ", "keyfile ", "listen ", "ssl_certificate")
    return "\n".join(re.sub(r"^(\s*)#", r"\1", line) if line.strip().lstrip("#").startswith(keys) else line for line in lines) + "\n"


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def acl_of(people):
    """lan.acl with everybody as an editor."""
    rights, block = (CONFIG / "mosquitto" / "lan.acl").read_text().split("user alice\n")
    return rights + "\n".join(f"user {name}\n{block.replace('alice', name)}" for name in people)


class Broker(Service):
    """mosquitto with broker-config/mosquitto/`config`; `url` and `ws_url` are where it listens.

    `root` is the Debian root (scripts/broker-root) whose mosquitto it is, else this system's.
    `passwords` (user → password) are for lan.conf, `acl` is the text of its ACL file (default: lan.acl of broker-config/),
    `tls` takes lan.conf's TLS lines with a certificate made for `names` (`ca` is its file), `edit` is given the configuration's
    text and returns another. Its persistence survives stop and kill; `forget()` while it is down removes it. It listens at
    `host`, and at every address of this machine when that is not the loopback's.
    """

    name = "broker"

    def __init__(self, directory, config="local.conf", passwords=None, acl=None, tls=False, edit=str, host=LOOPBACK, root=None, names=NAMES):
        super().__init__(Path(directory) / "broker")
        self.host, self.root = host, root
        self.port, self.ws_port = free_port(), free_port()
        self.config, self.passwords, self.acl, self.edit = config, passwords or {}, acl, edit
        self.ca = _certificate(self.directory, names) if tls else None

    @property
    def url(self):
        return f"mqtt{'s' if self.ca else ''}://{self.host}:{self.port}"

    @property
    def urls(self):
        """Where agents can go; brokers.py has some with several."""
        return [self.url]

    @property
    def ws_url(self):
        return f"ws{'s' if self.ca else ''}://{self.host}:{self.ws_port}"

    def prepare(self):
        text = self.edit((CONFIG / "mosquitto" / self.config).read_text())
        if self.ca:
            text = _use_tls(text, ("listener 1883 0.0.0.0", "listener 9001 0.0.0.0", "protocol websockets", "socket_domain ipv4"))
        for old, new in (("listener 1883 ", f"listener {self.port} "), ("listener 9001 ", f"listener {self.ws_port} "),
                         ("listener 8883 ", f"listener {self.port} "), ("listener 9443 ", f"listener {self.ws_port} "),
                         ("0.0.0.0", LOOPBACK if self.host == LOOPBACK else "0.0.0.0"), ("/etc/mosquitto/", f"{self.directory}/")):
            text = text.replace(old, new)
        (self.directory / "conf.d").mkdir(exist_ok=True)
        (self.directory / "conf.d" / "scenesync.conf").write_text(text)
        # What Debian's own mosquitto.conf says. Started by root, it would become a user who cannot write below our folder.
        (self.directory / "mosquitto.conf").write_text(
            ("user root\n" if os.geteuid() == 0 else "")
            + f"persistence true\npersistence_location {self.directory}/\ninclude_dir {self.directory}/conf.d\n")
        if self.passwords:
            passwords = self.directory / "scenesync.passwd"
            passwords.write_text("".join(f"{user}:{word}\n" for user, word in self.passwords.items()))
            passwords.chmod(0o600)
            subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
        acl = self.directory / "scenesync.acl"
        acl.write_text(self.acl or (CONFIG / "mosquitto" / "lan.acl").read_text())
        acl.chmod(0o600)

    def command(self):
        return [*in_root(self.root), "mosquitto", "-c", self.directory / "mosquitto.conf"]

    def environment(self):
        return dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin")

    def ready(self):
        return answers(self.port) and answers(self.ws_port)

    def forget(self):
        (self.directory / "mosquitto.db").unlink(missing_ok=True)


class Store(Service):
    """nginx with broker-config/nginx/`config`; `url` is where it listens, `files` the folder that holds the assets.

    `passwords` (user → password) are for store-lan.conf, `users` (the folder of lists) for store-people.conf; `tls`, `names`
    and `host` as for a Broker.
    """

    name = "store"

    def __init__(self, directory, config="store.conf", passwords=None, tls=False, host=LOOPBACK, users=None, names=NAMES):
        super().__init__(Path(directory) / "store")
        self.users = users or self.directory
        self.host = host
        self.port = free_port()
        self.config, self.passwords = config, passwords or {}
        self.files = self.directory / "files"
        self.ca = _certificate(self.directory, names) if tls else None

    @property
    def url(self):
        return f"http{'s' if self.ca else ''}://{self.host}:{self.port}"

    def _put_in(self, name):
        text = (CONFIG / "nginx" / name).read_text()
        if self.ca:
            text = _use_tls(text, ("listen 8080;",))
        text = re.sub(r"/(srv/scenesync|etc/nginx)/[^\s;)]+", r'"\g<0>"', text)  # our folder's path may have spaces
        for old, new in (("listen 127.0.0.1:8080", f"listen 127.0.0.1:{self.port}"), ("listen 8080", f"listen {LOOPBACK if self.host == LOOPBACK else '0.0.0.0'}:{self.port}"),
                         ("listen 8443", f"listen 127.0.0.1:{self.port}"),
                         ("/srv/scenesync/store", f"{self.files}"), ("/srv/scenesync/users", f"{self.users}"), ("/etc/nginx/", f"{self.directory}/")):
            text = text.replace(old, new)
        (self.directory / name).write_text(text)

    def prepare(self):
        (self.files / ".incoming").mkdir(parents=True, exist_ok=True)
        for name in ("store.inc", "people-http.inc", "people.inc"):
            self._put_in(name)
        self._put_in(self.config)
        lines = []
        for user, word in self.passwords.items():
            hashed = subprocess.run(["openssl", "passwd", "-6", word], check=True, capture_output=True, text=True).stdout
            lines.append(f"{user}:{hashed}")
        (self.directory / "scenesync.passwd").write_text("".join(lines))
        temporary = "".join(f'{kind}_temp_path "{self.directory}/tmp";\n' for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
        (self.directory / "nginx.conf").write_text(
            ("user root;\n" if os.geteuid() == 0 else "")  # else its workers cannot read below our folder
            + f'daemon off;\npid "{self.directory}/nginx.pid";\nerror_log stderr warn;\n{self._dav_module()}'
            + f'events {{ worker_connections 1024; }}\nhttp {{\n{temporary}include "{self.directory}/{self.config}";\n}}\n')

    @staticmethod
    def _dav_module():
        """Built in on Debian; a loadable module elsewhere."""
        module = Path("/usr/lib/nginx/modules/ngx_http_dav_module.so")
        return f"load_module {module};\n" if module.exists() else ""

    def command(self):
        return ["/usr/sbin/nginx", "-e", "stderr", "-p", self.directory, "-c", self.directory / "nginx.conf"]

    def ready(self):
        """Whether a worker answers: nginx listens before it has any."""
        if self.ca:
            context = ssl.create_default_context(cafile=self.ca)
            context.check_hostname = False  # it may be for another
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=1, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status in (401, 404)
        except OSError:
            return False
        finally:
            connection.close()


class Agent(Service):
    """`scenesync agent`; `socket` is its local link, `data` its data folder, which survives stop and kill.

    `broker` and `store` are URLs, changeable before a start. `run("ls", "demo")` runs another subcommand against it.
    """

    name = "agent"

    def __init__(self, directory, broker, store, name=None, config=None, options=(), program=None):
        super().__init__(directory)
        self.broker, self.store, self.user, self.config, self.options = broker, store, name, config, list(options)
        self.program = program or binary()
        self.data = self.directory / "data"
        self.socket = str(self.directory / "agent.sock")
        if len(self.socket) > 100:  # the kernel's limit for a socket's path is 107 bytes
            self.socket = tempfile.mkdtemp(prefix="scenesync-") + "/agent.sock"

    def command(self):
        words = [self.program, "agent", "--broker", self.broker, "--store", self.store, "--data", self.data, "--socket", self.socket]
        if self.user:
            words += ["--name", self.user]
        if self.config:
            words += ["--config", self.config]
        return words + self.options

    def ready(self):
        return any(line == "ready" or line.endswith(" ready") for line in self.output().splitlines())

    def run(self, *arguments, check=True, timeout=60, input=None):
        """A subcommand of scenesync against this agent: the finished process, with text in stdout and stderr."""
        done = subprocess.run([self.program, *map(str, arguments), "--socket", self.socket], capture_output=True, text=True,
                              timeout=timeout, input=input)
        if check and done.returncode != 0:
            raise RuntimeError(f"scenesync {' '.join(map(str, arguments))} → {done.returncode}: {done.stderr}")
        return done
