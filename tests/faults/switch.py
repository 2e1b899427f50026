# SPDX-License-Identifier: Apache-2.0
"""The wire between the namespaces of network.py: passes IPv4 packets from one TUN device to the other, as well or as badly as it is told.

    switch.py SEED FD FD …      the devices of 10.77.0.1, 10.77.0.2, …

A line on stdin is a JSON list of rules that replaces all former ones: [[from, to, {condition: amount}], …], each for one direction.

    cut         nothing passes
    loss        0 to 1
    duplicate   0 to 1
    delay       seconds
    jitter      seconds at most beside the delay, so that packets overtake each other
    rate        bytes a second; what would wait for more than `QUEUE` seconds is dropped

Kernels have this as `tc netem`, but not all of them. It ends with its stdin.
"""
import contextlib
import heapq
import itertools
import json
import os
import random
import select
import sys
import time

QUEUE = 1.0


class Switch:
    def __init__(self, seed, devices):
        self.random, self.devices = random.Random(seed), devices
        self.rules, self.free = {}, {}  # by (from, to); when a line is free again
        self.waiting, self.order = [], itertools.count()

    def take(self, source, packet):
        """A packet from a device."""
        target = packet[19] - 1
        if packet[0] >> 4 != 4 or packet[16:19] != b"\x0a\x4d\x00" or not 0 <= target < len(self.devices):
            return
        rule = self.rules.get((source, target))
        if rule is None:
            self.give(target, packet)
        elif not rule.get("cut") and self.random.random() >= rule.get("loss", 0):
            self.keep(source, target, rule, packet)

    def keep(self, source, target, rule, packet):
        now = time.monotonic()
        begin = max(now, self.free.get((source, target), 0))
        if begin - now > QUEUE:
            return
        if "rate" in rule:
            begin = self.free[source, target] = begin + len(packet) / rule["rate"]
        for _ in range(2 if self.random.random() < rule.get("duplicate", 0) else 1):
            due = begin + rule.get("delay", 0) + self.random.random() * rule.get("jitter", 0)
            heapq.heappush(self.waiting, (due, next(self.order), target, packet))

    def give(self, target, packet):
        with contextlib.suppress(OSError):
            os.write(self.devices[target], packet)

    def pass_on(self):
        """What is due; how long until the next is, or None."""
        while self.waiting:
            left = self.waiting[0][0] - time.monotonic()
            if left > 0:
                return left
            _, _, target, packet = heapq.heappop(self.waiting)
            self.give(target, packet)
        return None

    def obey(self, line):
        self.rules = {(source, target): rule for source, target, rule in json.loads(line)}

    def run(self):
        sources = {device: number for number, device in enumerate(self.devices)}
        orders = sys.stdin.buffer.raw
        told = b""
        while True:
            readable, _, _ = select.select([orders, *self.devices], [], [], self.pass_on())
            for device in readable:
                if device is not orders:
                    with contextlib.suppress(OSError):
                        self.take(sources[device], os.read(device, 65536))
                    continue
                data = orders.read(65536)
                if not data:
                    return
                *lines, told = (told + data).split(b"\n")
                for line in lines:
                    self.obey(line)


if __name__ == "__main__":
    Switch(sys.argv[1], [int(word) for word in sys.argv[2:]]).run()
