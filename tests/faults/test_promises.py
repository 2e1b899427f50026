# SPDX-License-Identifier: Apache-2.0
"""Real processes and every fault that can be made of them: nothing acknowledged is lost, and everyone converges.

Four agents, mosquitto and nginx are on machines of their own (network namespaces); a writer edits at each agent, a reader reads, two headless
Blenders work at two of them. Faults begin every two seconds and overlap; after every fifty all heals and the checker looks at everything.

SCENESYNC_SEED repeats the faults and the edits of one run, as far as real processes let themselves be repeated; SCENESYNC_FAULTS is how many
faults there are, SCENESYNC_BLENDERS which Blender it is (one version; `none` for a run without).
"""
import contextlib
import os
import random
import time
from collections import Counter

import blenders
import network
import pytest
from artist import Artist, check_equal
from checker import check, own_mb, until_at_rest
from faults import plan, suffer
from ledger import Ledger
from place import AGENTS, Place
from writer import Writer

SEED = int(os.environ.get("SCENESYNC_SEED") or random.SystemRandom().randrange(1_000_000))
COUNT = int(os.environ.get("SCENESYNC_FAULTS", "200"))
VERSION = os.environ.get("SCENESYNC_BLENDERS", "3.4").split(",")[0]
ROUND = 50  # faults between two checks
SHARED = 10  # entities of which everybody edits the same fields


class Run:
    """The place, who works there, and what has been seen so far."""

    def __init__(self, place, stack):
        self.place = place
        shared = [random.Random(f"{SEED} {number}").randbytes(16) for number in range(SHARED)]
        self.ledger = Ledger(shared)
        self.writers = [Writer(f"writer {name}", number, agent, self.ledger, shared, SEED)
                        for number, (name, agent) in enumerate(place.agents.items())]
        place.blenders = [self._artist(name, stack) for name in (AGENTS[:2] if VERSION != "none" else [])]
        self.most_mb = Counter()
        for thread in (*self.writers, *place.blenders):
            thread.start()
        for writer in self.writers:
            stack.callback(writer.stop)

    def _artist(self, name, stack):
        artist = Artist(f"artist {name}", VERSION)
        stack.callback(artist.close)
        artist.join_scene(self.place.agents[name], SEED)
        return artist

    def watch(self):
        """What is true at every moment."""
        self.place.assert_alive()
        for name, agent in self.place.agents.items():
            if name not in self.place.down:
                self.most_mb[name] = max(self.most_mb[name], own_mb(agent))
        for writer in self.writers:
            assert writer.is_alive(), f"{writer.name}: {writer.problem!r}"
        for artist in self.place.blenders:
            artist.assert_alive()

    def check(self):
        began = time.monotonic()
        for writer in self.writers:
            writer.pause()
        for writer in self.writers:
            assert writer.resting.wait(90), f"{writer.name} has no answer to {len(writer.waiting)} edits: {writer.problem}"
        fields = check(self.place, self.ledger, self.most_mb)
        if self.place.blenders:
            check_equal(self.place.blenders)
            until_at_rest(self.place)
        print(f"checked in {time.monotonic() - began:.1f} s: {dict(self.ledger.outcomes)}, {fields} fields shown, refused {dict(self.ledger.refusals)}, "
              f"MB {({name: round(most) for name, most in self.most_mb.items()})}, "
              f"waiting {({name: reader.most_pending for name, reader in self.place.readers.items()})}", flush=True)
        for writer in self.writers:
            writer.resume()


@pytest.mark.timeout(1500)
def test_nothing_acknowledged_is_lost(tmp_path):
    missing = network.available()
    if missing:
        pytest.skip(missing)
    if VERSION != "none":
        blenders.require(VERSION)
    print(f"SCENESYNC_SEED={SEED} SCENESYNC_FAULTS={COUNT}", flush=True)
    planned = plan(SEED, COUNT, VERSION != "none")
    with contextlib.ExitStack() as stack:
        run = Run(stack.enter_context(Place(tmp_path, SEED)), stack)
        for first in range(0, COUNT, ROUND):
            suffer(planned[first:first + ROUND], run.place, run.watch)
            run.check()
    print(dict(Counter(type(fault).__name__ for _, fault in planned)))
