# SPDX-License-Identifier: Apache-2.0
"""Artists: headless Blenders that edit one scene, each through an agent of its own."""
import os
import random
import re
import signal
import threading

from blender import Blender, same, settle
from place import FILM

PAUSE = 0.4  # seconds between two edits


class Artist(threading.Thread):
    def __init__(self, name, version):
        super().__init__(name=name, daemon=True)
        self.blender = Blender(version)
        self.ended, self.busy = threading.Event(), threading.Lock()
        self.history = []

    def join_scene(self, agent, seed):
        self.random = random.Random(f"{seed} {self.name}")
        self.blender.empty()
        self.blender.join(agent, FILM)
        self.blender.synced()
        self.blender.run("import stress\nstress.prepare()")

    @property
    def pid(self):
        return self.blender.process.pid

    def run(self):
        while not self.ended.wait(PAUSE):
            with self.busy:
                self.history.append(self.blender.run("result = stress.act(seed)", seed=self.random.random()))

    def assert_alive(self):
        assert self.is_alive(), f"{self.name} died after {self.history[-5:]}\n{self.blender.log()[-2000:]}"

    def close(self):
        self.ended.set()
        os.kill(self.pid, signal.SIGCONT)
        if self.is_alive():
            self.join()
        self.blender.close()


def explain(blenders, text):
    """What the agents have of the things that a difference names by the beginnings of their UUIDs, and what troubled the Blenders."""
    named = set(re.findall(r"\b[0-9a-f]{8}\b", text))
    for blender in blenders:
        yield f"{blender.agent.user}: {blender.run('result = [list(e) for e in scenesync.registration.session().errors]')}"
        yield from (line[:150] for line in blender.agent.run("dump", FILM).stdout.splitlines() if line.split("/")[1][:8] in named)


def check_equal(artists):
    """Everything has arrived in both, and they hold the same."""
    for artist in artists:
        artist.busy.acquire()
    try:
        blenders = [artist.blender for artist in artists]
        settle(*blenders, timeout=120)
        same(*blenders, by_tag=True)
    except AssertionError as error:
        raise AssertionError(f"{error}\n" + "\n".join(explain(blenders, str(error)))) from None
    finally:
        for artist in artists:
            artist.busy.release()
