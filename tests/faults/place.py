# SPDX-License-Identifier: Apache-2.0
"""Where the faults happen: a broker, a store and four agents, each on a machine of its own (network.py), two agents and the store on disks
that can be filled; and readers, programs at each agent that take in all that changes."""
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

from link import Link
from network import Network, private_mounts
from services import Agent, Broker, Store, acl_of

SCENE = "work"  # of writers and readers
FILM = "film"  # of the Blenders
AGENTS = ("ada", "bob", "cid", "dora")
PASSWORDS = {name: f"{name}s word" for name in (*AGENTS, "tool")}
DISKS = ("cid", "dora", "store")
DISK = 256 << 20
# A line that is dead is noticed after 2 s and not after 20: ten seconds without it are what minutes are otherwise. What would be a blob from
# 4 MiB on is one here from 64 KiB on.
SETTINGS = "keep_alive = 2\nleave_after = 5\ncheckpoint = 5\nsnapshot_bytes = 64k\n"


class Placed:
    """A service on a machine."""

    node = None

    def launch(self):
        with self.node:
            super().launch()

    def ready(self):
        with self.node:
            return super().ready()


class PlacedBroker(Placed, Broker):
    orphaned = signal.SIGKILL  # whoever is frozen does not hear of any other


class PlacedStore(Placed, Store):
    pass


class PlacedAgent(Placed, Agent):
    orphaned = signal.SIGKILL


class Disk:
    """A tmpfs at `path`."""

    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True)

    def __enter__(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.path], check=True)
        return self

    def __exit__(self, *error):
        subprocess.run(["umount", "--lazy", self.path], check=True)

    def _resize(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", "tmpfs", self.path], check=True)

    def fill(self):
        """As if others had taken all that was free. An agent may write between the look and the change, and then it is tried again."""
        for last in (False,) * 50 + (True,):
            now = os.statvfs(self.path)
            try:
                return self._resize(max(1, now.f_blocks - now.f_bavail) * now.f_frsize)  # 0 is no limit
            except subprocess.CalledProcessError:
                if last:
                    raise

    def free(self):
        self._resize(DISK)


class Reader(threading.Thread):
    """A program that reads all of the scene at one agent, through all the agent's lives: not at all while it is `stalled`, three frames a second
    while it is `slow`."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.agent, self.stalled, self.slow, self.ended = agent, threading.Event(), threading.Event(), threading.Event()
        self.status, self.most_pending, self.values, self.refused = {}, 0, {}, {}

    def run(self):
        while not self.ended.is_set():
            with contextlib.suppress(OSError), Link(self.agent.socket, SCENE, name="reader") as link:
                self.values = link.values
                while not self.ended.is_set():
                    self._read(link)
            self.status = {}
            time.sleep(0.05)

    def _read(self, link):
        if self.stalled.is_set():
            time.sleep(0.05)
            return
        if self.slow.is_set():
            time.sleep(0.3)
        frame = link.read(0.2)
        link.seen.clear()
        if frame and frame["t"] == "status":
            self.status = frame
            self.most_pending = max(self.most_pending, frame["pending"])
            for cause, count in frame["refused"].items():
                self.refused[cause] = max(count, self.refused.get(cause, 0))

    def stop(self):
        self.ended.set()
        self.join()


class Place(contextlib.ExitStack):
    """`broker`, `store`, `agents`, `disks`, `readers` by name; `down`: the services that are meant to be down; `log_read`: how many bytes of each
    agent's log have been looked at."""

    def __init__(self, folder, seed):
        super().__init__()
        self.folder, self.seed, self.down, self.log_read = Path(folder), seed, set(), Counter()

    def __enter__(self):
        super().__enter__()
        private_mounts()
        with contextlib.ExitStack() as made:  # all of it or nothing
            self.network = made.enter_context(Network(["broker", "store", *AGENTS], self.seed))
            self.disks = {name: made.enter_context(Disk(self.folder / name / ("files" if name == "store" else "data"))) for name in DISKS}
            self.broker = self._start(made, PlacedBroker(self.folder, "lan.conf", PASSWORDS, acl_of(AGENTS), host=self.network["broker"].address), "broker")
            self.store = self._start(made, PlacedStore(self.folder, "store-lan.conf", PASSWORDS, host=self.network["store"].address), "store")
            self.agents = {name: self._start(made, self._agent(name), name) for name in AGENTS}
            self.readers = {name: Reader(agent) for name, agent in self.agents.items()}
            for reader in self.readers.values():
                reader.start()
                made.callback(reader.stop)
            self.push(made.pop_all())
        return self

    def _start(self, made, service, name):
        service.node = self.network[name]
        made.callback(service.kill)
        return service.start()

    def _agent(self, name):
        """Bob's durability is relaxed: what is killed loses nothing then either."""
        options = ["--durability", "relaxed"] if name == "bob" else []
        config = self.folder / f"{name}.conf"
        config.write_text(SETTINGS + f"user = {name}\npassword = {PASSWORDS[name]}\nstore_user = {name}\nstore_password = {PASSWORDS[name]}\n")
        return PlacedAgent(self.folder / name, self.broker.url, self.store.url, name=name, config=config, options=options)

    def services(self):
        return {"broker": self.broker, "store": self.store, **self.agents}

    def __getitem__(self, name):
        return self.services()[name]

    def assert_alive(self):
        """Nobody has died but those that were killed."""
        for name, service in self.services().items():
            assert service.alive or name in self.down, f"{name} died by itself: {service.process.returncode}\n{service.output()[-4000:]}"
