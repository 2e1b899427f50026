# SPDX-License-Identifier: Apache-2.0
"""A broker whose users are its dynamic security plugin's, over TLS, and invitations to it."""
import glob
import json
import subprocess
from urllib.parse import parse_qs, urlsplit

from mqtt import Client
from services import Broker, Service, binary

CONTROL = "$CONTROL/dynamic-security/v1"
PLUGIN = "/usr/lib/*/mosquitto_dynamic_security.so"


class Site:
    """A broker over TLS with an administrator, and the store's folder of lists."""

    def __init__(self, directory):
        self.directory, self.users = directory, directory / "users"
        self.users.mkdir(parents=True)
        subprocess.run(["mosquitto_ctrl", "dynsec", "init", directory / "users.json", "admin", "secret"], check=True, capture_output=True)
        self.broker = Broker(directory, "lan.conf", tls=True, edit=self._with_plugin)
        self.config = directory / "admin.conf"
        self.config.write_text(f"broker = {self.broker.url}\nuser = admin\npassword = secret\nca_file = {self.broker.ca}\n")

    def _with_plugin(self, text):
        lines = [line for line in text.splitlines() if not line.startswith(("password_file", "acl_file"))]
        return "\n".join([*lines, f"plugin {glob.glob(PLUGIN)[0]}", f"plugin_opt_config_file {self.directory}/users.json"]) + "\n"

    @property
    def public(self):
        return ["--public-broker", self.broker.url, "--public-store", "https://store.example:8443", "--public-ca", self.broker.ca]

    def run(self, *words):
        return subprocess.run([binary(), *words, "--config", self.config, "--store-users", self.users], capture_output=True, text=True, timeout=60)

    def ok(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def invite(self, *words):
        return self.ok("invite", *words, *self.public)

    def administer(self, *commands):
        """What an administrator tells the broker without us: (its name, its parameters)."""
        with Client(self.broker.url, "admin", "secret", ca=self.broker.ca) as client:
            client.subscribe(f"{CONTROL}/response")
            client.publish(CONTROL, json.dumps({"commands": [{"command": name, **parameters} for name, parameters in commands]}))
            for response in json.loads(client.next()[1])["responses"]:
                assert "error" not in response, response

    def listed(self, name):
        path = self.users / name
        return dict(line.split(":", 1) for line in path.read_text().splitlines()) if path.exists() else {}


class Desk(Service):
    """`scenesync access` beside the broker of a site."""

    name = "access"

    def __init__(self, site, *options):
        super().__init__(site.directory / "access")
        self.site, self.options = site, options

    def command(self):
        return [binary(), "access", "--config", self.site.config, "--store-users", self.site.users, *self.site.public, *self.options]

    def ready(self):
        return "ready" in self.output().splitlines()


class Owner:
    """Somebody with an invitation, at the command line of a machine of their own."""

    def __init__(self, site, link):
        self.site, self.login = site, login(link)
        self.config = site.directory / f"{self.login[0]}.conf"
        self.config.write_text(f"broker = {site.broker.url}\nuser = {self.login[0]}\npassword = {self.login[1]}\nca_file = {site.broker.ca}\n")

    def run(self, *words):
        return subprocess.run([binary(), *words, "--config", self.config], capture_output=True, text=True, timeout=60)


def login(link):
    """The user and the password of an invitation."""
    query = {key: values[0] for key, values in parse_qs(urlsplit(link).query).items()}
    return query["user"], query["password"]
