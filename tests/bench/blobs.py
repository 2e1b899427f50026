# SPDX-License-Identifier: Apache-2.0
"""Rows of blobs: one large and many small, up and down, against curl and OpenSSL's hash at the same store."""
import concurrent.futures
import hashlib
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


def hash_all(paths):
    """Seconds that OpenSSL needs for their SHA-256."""
    began = time.monotonic()
    words = ["xargs", "-P", PARALLEL, "-n", str(-(-len(paths) // int(PARALLEL))), "openssl", "dgst", "-sha256"]
    subprocess.run(words, input="\n".join(map(str, paths)), stdout=subprocess.DEVNULL, text=True, check=True)
    return time.monotonic() - began


def fetch_one(url, path):
    """Seconds for one file that is hashed as it comes."""
    began = time.monotonic()
    subprocess.run(["sh", "-c", 'curl --no-progress-meter --fail "$1" | tee "$2" | openssl dgst -sha256', "sh", url, path],
                   stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def raw(place, paths):
    """(up, down) with curl, each file hashed once."""
    names = [secrets.token_hex(32) for _ in paths]
    urls = [f"{place.store.url}/{name[:2]}/{name}" for name in names]
    up = hash_all(paths) + curl(place, [(path, url, True) for path, url in zip(paths, urls)])
    folder = place.folder / "fetched"
    folder.mkdir()
    if len(urls) == 1:
        down = fetch_one(urls[0], folder / names[0])
    else:
        down = curl(place, [(folder / name, url, False) for name, url in zip(names, urls)])
        down += hash_all(list(folder.iterdir()))
    shutil.rmtree(folder)
    return up, down


def stored(place):
    """How many files the store has."""
    return sum(len(os.listdir(entry)) for entry in os.scandir(place.store.files) if entry.name != ".incoming")


def name_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ours(place, paths, threads):
    """(up, down) from client to store, and from store to another agent's cache."""
    agent, other = place.new_agent(), place.new_agent()
    before = stored(place)
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        given = beside.submit(place.program, "agent_blobs", agent.socket, place.scene(), "put", threads, input="\n".join(map(str, paths)) + "\n")
        while stored(place) < before + len(paths):
            if given.done():
                given.result()  # raises where it failed
            time.sleep(0.05)
        ended = time.monotonic()
        up = ended - given.result()[0]
    names = "\n".join(map(name_of, paths)) + "\n"
    askers = min(2 * threads, len(paths))  # so that as many as with curl are under way: each waits for what it asked for
    began, ended = place.program("agent_blobs", other.socket, place.scene(), "get", askers, input=names)
    for done in (agent, other):
        done.stop()
        shutil.rmtree(done.data)
    return up, ended - began


def measure(place, name, count, size, threads, rounds):
    theirs, mine = [], []
    for number in range(rounds):
        paths = make_files(place.folder / f"files{number}", count, size)
        theirs.append(raw(place, paths))
        mine.append(ours(place, paths, threads))
        shutil.rmtree(paths[0].parent)
    (raw_up, raw_down), (up, down) = ([statistics.median(way) for way in zip(*found)] for found in (theirs, mine))
    return [faster(f"blobs, {name}, upload", up, raw_up, 0.9, "raw: openssl dgst, then curl. Ours: hashed twice and copied into the agent's folder"),
            faster(f"blobs, {name}, download", down, raw_down, 0.9, "raw: curl, hashed by openssl dgst. Ours: into the cache")]


def large(place):
    return measure(place, "1 GiB", 1, LARGE, 1, 1)


def small(place):
    return measure(place, f"{SMALLS:,} × 10 KB", SMALLS, SMALL, 8, 1)


GROUPS = {"blob": large, "blobs": small}
