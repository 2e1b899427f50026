# SPDX-License-Identifier: Apache-2.0
"""Where a group of rows is measured: a broker, a store and two agents of its own."""
import contextlib
import itertools
import os
import subprocess
import time
from pathlib import Path

import services


class Place(contextlib.ExitStack):
    """`broker`, `store`, `agents` (two), `new_agent()`, `scene()`, and the programs that measure."""

    def __init__(self, folder, build):
        super().__init__()
        self.folder, self.build = Path(folder), build
        self._agents = itertools.count()
        self._scenes = itertools.count()

    def __enter__(self):
        super().__enter__()
        self.broker = self.enter_context(services.Broker(self.folder))
        self.store = self.enter_context(services.Store(self.folder))
        self.agents = [self.new_agent(), self.new_agent()]
        return self

    def new_agent(self, *options, broker=None):
        number = next(self._agents)
        agent = services.Agent(self.folder / f"agent{number}", broker or self.broker.url, self.store.url, name=f"user{number}", options=options)
        return self.enter_context(agent)

    def scene(self):
        """The name of a scene that nobody has used."""
        return f"bench{next(self._scenes)}"

    def program(self, name, *arguments, input=None, timeout=180):
        """What one of this folder's C programs prints, as numbers."""
        words = [self.build / "bench" / name, *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, input=input, timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f"{name} {' '.join(map(str, arguments))}: exit status {done.returncode}: {done.stdout}{done.stderr}")
        return [float(word) for word in done.stdout.split()]

    def raw(self, mode, count, size):
        return self.program("raw_mqtt", "127.0.0.1", self.broker.port, mode, count, size)

    def edits(self, mode, *arguments):
        """agent_edits from one agent to the other."""
        return self.program("agent_edits", self.agents[0].socket, self.agents[1].socket, self.scene(), mode, *arguments)


class Listener:
    """Counts what passes at the broker: `messages` and `bytes` (topics and payloads) of those whose topic has `part` in it."""

    def __init__(self, place, filter):
        self.path = place.folder / "heard"
        self.process = None
        self.words = ["stdbuf", "-oL", "mosquitto_sub", "-p", str(place.broker.port), "-q", "1", "-t", filter, "-F", "%l %t"]

    def __enter__(self):
        with open(self.path, "wb") as heard:
            self.process = subprocess.Popen(self.words, stdout=heard, stdin=subprocess.DEVNULL)
        time.sleep(0.5)
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait()

    def heard(self, part=""):
        """(messages, bytes of topics and payloads, bytes of payloads) so far."""
        lines = [line.split(" ", 1) for line in self.path.read_text().splitlines() if part in line]
        payload = sum(int(size) for size, _ in lines)
        return len(lines), payload + sum(len(topic) for _, topic in lines), payload


def processor_seconds(pid):
    """What a process has used of the processor, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid, name="VmRSS"):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {name} of process {pid}")


def wait_until_idle(pid, timeout=90):
    """Until a process has used no processor for two seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        before = processor_seconds(pid)
        time.sleep(2)
        if processor_seconds(pid) - before <= 0.02:
            return True
    return False
