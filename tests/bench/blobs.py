# SPDX-License-Identifier: Apache-2.0
"""Rows of blobs: one large and many small, up and down, against curl alone at the same store."""
import os
import secrets
import shutil
import statistics
import subprocess
import time

from rows import faster

LARGE = 1 << 30
SMALL, SMALLS = 10000, 10000  # bytes, files
PARALLEL = "8"  # as many as an agent has under way


def make_files(folder, count, size):
    """Files that do not compress and are not alike."""
    folder.mkdir()
    paths = [folder / f"{number:05}" for number in range(count)]
    for path in paths:
        with open(path, "wb") as file:
            for _ in range(-(-size // (1 << 20))):
                file.write(os.urandom(min(size, 1 << 20)))
    return paths


def curl(place, transfers):
    """Seconds that curl needs for [(file, url, upload?)]."""
    lines = []
    for file, url, upload in transfers:
        lines += [f'url = "{url}"', f'upload-file = "{file}"\noutput = "/dev/null"' if upload else f'output = "{file}"']
    (place.folder / "curl").write_text("\n".join(lines) + "\n")
    began = time.monotonic()
    subprocess.run(["curl", "--no-progress-meter", "--fail", "--parallel", "--parallel-max", PARALLEL, "-K", place.folder / "curl"], check=True)
    return time.monotonic() - began


def raw(place, paths):
    """(up, down) with curl alone."""
    names = [secrets.token_hex(32) for _ in paths]
    urls = [f"{place.store.url}/{name[:2]}/{name}" for name in names]
    up = curl(place, [(path, url, True) for path, url in zip(paths, urls)])
    folder = place.folder / "fetched"
    folder.mkdir()
    down = curl(place, [(folder / name, url, False) for name, url in zip(names, urls)])
    shutil.rmtree(folder)
    return up, down


def stored(place):
    """How many files the store has."""
    return sum(len(os.listdir(entry)) for entry in os.scandir(place.store.files) if entry.name != ".incoming")


def ours(place, paths, threads):
    """(up, down) from client to store, and from store to another agent's client."""
    agent, other = place.new_agent(), place.new_agent()
    scene = place.scene()
    before = stored(place)
    began = time.monotonic()
    place.program("agent_blobs", agent.socket, scene, "put", threads, input="\n".join(map(str, paths)) + "\n")
    while stored(place) < before + len(paths):
        time.sleep(0.01)
    up = time.monotonic() - began
    (down,) = place.program("agent_blobs", other.socket, scene, "get", len(paths))
    for done in (agent, other):
        done.stop()
        shutil.rmtree(done.data)
    return up, down


def measure(place, name, count, size, threads, rounds):
    theirs, mine = [], []
    for number in range(rounds):
        paths = make_files(place.folder / f"files{number}", count, size)
        theirs.append(raw(place, paths))
        mine.append(ours(place, paths, threads))
        shutil.rmtree(paths[0].parent)
    (raw_up, raw_down), (up, down) = ([statistics.median(way) for way in zip(*found)] for found in (theirs, mine))
    note = "copy into the agent's folder, hashing and fsync included"
    return [faster(f"blobs, {name}, upload", up, raw_up, 0.9, note),
            faster(f"blobs, {name}, download", down, raw_down, 0.9, "hashing, the cache and a second agent's joining included")]


def large(place):
    return measure(place, "1 GiB", 1, LARGE, 1, 1)


def small(place):
    return measure(place, f"{SMALLS:,} × 10 KB", SMALLS, SMALL, 8, 1)


GROUPS = {"blob": large, "blobs": small}
