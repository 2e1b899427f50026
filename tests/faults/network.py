# SPDX-License-Identifier: Apache-2.0
"""Machines that are network namespaces, and the lines between them. Needs root; nothing of this machine's own network is touched.

    with Network(["broker", "ada", "bob"], seed=1) as network:
        with network["broker"]:                     # what this thread starts and connects now is there
            broker.start()
        bad = network.worsen("ada", "broker", loss=0.1, delay=0.05)   # both directions
        network.mend(bad)

The namespaces have no names and are held by this process alone: they end with it, however it ends.
"""
import ctypes
import fcntl
import json
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_SLAVE = 0x4000, 0x80000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
HERE = "/proc/thread-self/ns/net"
libc = ctypes.CDLL(None, use_errno=True)


def available():
    """What is missing for namespaces, or None."""
    if os.geteuid() != 0:
        return "namespaces need root"
    return None if os.path.exists("/dev/net/tun") else "there is no /dev/net/tun"


def _call(name, *arguments):
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def private_mounts():
    """What this thread, and all that it starts, mounts from now on is seen by nobody else and ends with them, however they end."""
    _call("unshare", CLONE_NEWNS)
    _call("mount", None, b"/", None, MS_REC | MS_SLAVE, None)


class Node:
    """One machine. `with node:` the calling thread is there: its new sockets and its new processes."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        self._outside = threading.local()
        failures = []
        thread = threading.Thread(target=self._make, args=(failures,))
        thread.start()
        thread.join()
        if failures:
            raise failures[0]

    def _make(self, failures):
        """In a thread of its own, which ends in the new namespace."""
        try:
            _call("unshare", CLONE_NEWNET)
            self.namespace = os.open(HERE, os.O_RDONLY)
            self.device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.device, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TUN | IFF_NO_PI))
            for words in ("link set lo up", f"address add {self.address}/24 dev eth0", "link set eth0 up"):
                subprocess.run(["ip", *words.split()], check=True, env={**os.environ, "PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        except (OSError, subprocess.SubprocessError) as error:
            failures.append(error)

    def __enter__(self):
        self._outside.__dict__.setdefault("namespaces", []).append(os.open(HERE, os.O_RDONLY))
        _call("setns", self.namespace, CLONE_NEWNET)
        return self

    def __exit__(self, *error):
        outside = self._outside.namespaces.pop()
        _call("setns", outside, CLONE_NEWNET)
        os.close(outside)

    def close(self):
        os.close(self.namespace)
        os.close(self.device)


class Network:
    def __init__(self, names, seed):
        self.seed, self.names = seed, names
        self.nodes, self.conditions = {}, []

    def __enter__(self):
        for number, name in enumerate(self.names, 1):
            self.nodes[name] = Node(name, f"10.77.0.{number}")
        devices = [node.device for node in self.nodes.values()]
        self.switch = subprocess.Popen([sys.executable, Path(__file__).with_name("switch.py"), str(self.seed), *map(str, devices)],
                                       stdin=subprocess.PIPE, pass_fds=devices)
        return self

    def __exit__(self, *error):
        self.switch.stdin.close()
        self.switch.wait()
        for node in self.nodes.values():
            node.close()

    def __getitem__(self, name):
        return self.nodes[name]

    def worsen(self, *names, one_way=False, **condition):
        """What passes from the first of `names` to the others, and back unless `one_way`, has this condition (see switch.py) until it is
        mended with what this returns. Others on the same line add to it."""
        first, others = self.names.index(names[0]), [self.names.index(name) for name in names[1:]]
        pairs = [(first, other) for other in others] + ([] if one_way else [(other, first) for other in others])
        made = (pairs, condition)
        self.conditions.append(made)
        self._tell()
        return made

    def mend(self, made):
        self.conditions = [condition for condition in self.conditions if condition is not made]
        self._tell()

    def _tell(self):
        rules = {}
        for pairs, condition in self.conditions:
            for pair in pairs:
                rule = rules.setdefault(pair, {})
                for key, amount in condition.items():
                    rule[key] = min(amount, rule.get(key, amount)) if key == "rate" else max(amount, rule.get(key, amount))
        self.switch.stdin.write(json.dumps([[*pair, rule] for pair, rule in rules.items()]).encode() + b"\n")
        self.switch.stdin.flush()
