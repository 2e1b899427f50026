# SPDX-License-Identifier: Apache-2.0
"""Docker as a Debian release has it, on a machine of its own: a Debian root (scripts/debian-root) with its own network and processes.

    with Docker("bookworm", tmp) as docker:
        docker.compose("up", "-d", cwd=…)
        docker.address                 # where what it publishes is reached from here

Nothing of it is left when it is stopped: its network, its processes and its mounts end with their namespaces. Needs root rights.
"""
import itertools
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from services import REPOSITORY, Service, in_root

# Release → what `docker compose` is there, and the packages that it comes in.
RELEASES = {
    "bookworm": (["docker-compose"], ["docker.io", "docker-compose", "iptables"]),
    "trixie": (["docker", "compose"], ["docker.io", "docker-cli", "docker-compose", "iptables"]),
}
# What stands in for the registry's image of that name.
BASE = "debian:trixie-slim"

# The root becomes that of the mount namespace: in a mere chroot, `docker exec` would end up outside. Nothing starts before the network is there.
START = """
root=$1; directory=$2; shift 2
mount --rbind "$root" "$root"
for shared in /dev /sys /tmp "$directory"; do mkdir -p "$root$shared" && mount --rbind "$shared" "$root$shared" || exit 3; done
mount -t proc proc "$root/proc" && mount -t tmpfs tmpfs "$root/run" || exit 3
until ip route | grep -q default; do sleep 0.05; done
cd "$root" && mkdir -p .outside && pivot_root . .outside && umount --lazy .outside || exit 3
exec chroot . /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""


def debian_root(name, suite, packages):
    """The folder of a Debian root, made when it is missing; None where that is impossible."""
    made = subprocess.run([REPOSITORY / "scripts" / "debian-root", name, suite, *packages], stdout=subprocess.PIPE, text=True)
    return made.stdout.strip() if made.returncode == 0 else None


def servers_root():
    """The Debian root with servers that only tests need; None where none can be made."""
    return debian_root("trixie-servers", "trixie", ["lighttpd", "lighttpd-mod-webdav", "prometheus"])


def find_root(release):
    return debian_root(f"{release}-docker", release, RELEASES[release][1])


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, **options)


class Docker(Service):
    """dockerd with a data folder of its own; `address` is its machine's."""

    name = "dockerd"
    numbers = itertools.count()  # the kernel takes back a link some time after its machine has gone

    def __init__(self, release, directory):
        super().__init__(directory)
        self.release, self.words, self.root = release, RELEASES[release][0], find_root(release)
        self.socket = self.directory / "docker.sock"
        self.link = f"ss{os.getpid()}-{next(self.numbers)}"
        self.subnet = f"10.{random.randrange(64, 128)}.{random.randrange(256)}"
        self.address = f"{self.subnet}.2"

    def command(self):
        return ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--", "bash", "-c", START, "-", self.root, self.directory,
                "dockerd", "--data-root", self.directory / "data", "--exec-root", "/run/docker", "--pidfile", "/run/docker.pid",
                "--host", f"unix://{self.socket}", "--mtu", "1400", "--log-level", "warn"]

    def launch(self):
        super().launch()
        enter = ["nsenter", "--net", "--target", self.pid]
        while os.readlink(f"/proc/{self.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            time.sleep(0.01)
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.pid)
        run("ip", "address", "add", f"{self.subnet}.1/24", "dev", self.link)
        run("ip", "link", "set", self.link, "up")
        run(*enter, "ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            run(*enter, "ip", "link", "set", device, "up")
        run(*enter, "ip", "route", "add", "default", "via", f"{self.subnet}.1")
        self._forward("-A")

    def _forward(self, change):
        """Lets the machine out to where this one gets its packages from ("-A"), or no longer ("-D")."""
        if change == "-A":
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        run("chroot", self.root, "/usr/sbin/iptables", "-w", "-t", "nat", change, "POSTROUTING", "-s", f"{self.subnet}.0/24", "!", "-d",
            f"{self.subnet}.0/24", "-j", "MASQUERADE")

    def stop(self, timeout=60):
        """Asks dockerd itself: unshare, which waits for it, takes no notice of signals."""
        if self.alive:
            self._forward("-D")
            os.kill(int(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()), signal.SIGTERM)
            self.process.wait(timeout)

    def kill(self):
        if self.alive:
            self._forward("-D")
        super().kill()

    def ready(self):
        return self.docker("version", check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def _run(self, words, environment=(), check=True, **options):
        variables = {**os.environ, "DOCKER_HOST": f"unix://{self.socket}", **dict(environment)}
        options = {"stdin": subprocess.DEVNULL, "text": True, **options}
        return subprocess.run([*in_root(self.root), *map(str, words)], check=check, env=variables, **options)

    def docker(self, *words, **options):
        return self._run(["docker", *words], **options)

    def compose(self, *words, **options):
        return self._run([*self.words, *words], **options)

    def import_base(self):
        """A small Debian under the name that the Dockerfile asks the registry for."""
        root = debian_root("trixie-slim", "trixie", ["ca-certificates"])
        with subprocess.Popen(["tar", "-C", root, "--exclude=./dev", "--exclude=./proc", "--exclude=./sys", "-c", "."], stdout=subprocess.PIPE) as tar:
            variables = {**os.environ, "DOCKER_HOST": f"unix://{self.socket}"}
            run(*in_root(self.root), "docker", "import", "-", BASE, stdin=tar.stdout, env=variables, stdout=subprocess.DEVNULL)
