# SPDX-License-Identifier: Apache-2.0
"""./dev up: broker, store and one agent in the foreground until interrupted, everything below one folder.

They answer to this machine alone, without passwords; or, when people are named, to the local network, with a password for each."""
import argparse
import fcntl
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from services import Agent, Broker, Store, acl_of, free_port, is_free  # noqa: E402


def interrupt(*_):
    raise KeyboardInterrupt


def own_address():
    """The address by which the local network knows this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]


def own(directory):
    """The folder's lock, which nobody else has while it is open. Ends the program where that cannot be."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = open(directory / "lock", "w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"./dev up: {directory} is in use: another ./dev up runs there; end it or give another --dir")
    except OSError as error:
        sys.exit(f"./dev up: {error.filename}: {error.strerror}; give a folder that you can write to as --dir")
    return lock


def passwords_of(directory, people):
    """A password for each, made once and kept."""
    path = directory / "passwords"
    known = dict(line.split() for line in path.read_text().splitlines()) if path.exists() else {}
    for name in people:
        known.setdefault(name, secrets.token_urlsafe(9))
    path.touch(mode=0o600)
    path.write_text("".join(f"{name} {word}\n" for name, word in known.items()))
    return known


def for_network(directory, people):
    """Broker and store that the local network reaches, and how the agent logs in."""
    words = passwords_of(directory, people)
    host = own_address()
    broker = Broker(directory, "lan.conf", words, acl_of(words), host=host)
    store = Store(directory, "store-lan.conf", words, host=host)
    login = directory / "agent.ini"
    login.touch(mode=0o600)
    login.write_text("user = {0}\nstore_user = {0}\npassword = {1}\nstore_password = {1}\n".format(people[0], words[people[0]]))
    return broker, store, login


def start(service):
    """Ends the program where it does not start."""
    try:
        service.start()
    except RuntimeError:
        said = service.output().splitlines() or ["no word why"]
        sys.exit(f"./dev up: the {service.name} did not start: {said[-1]} (all that it said: {service.log})")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"./dev up: the {service.name} did not start: {error}")


def keep_ports(directory, broker, store):
    """Lets both listen where they did the last time, as people have noted the addresses, unless another program does now."""
    path = directory / "ports"
    known = dict(line.split() for line in path.read_text().splitlines()) if path.exists() else {}
    ports = {}
    for name in ("broker", "websocket", "store"):
        ports[name] = int(known.get(name, 0)) or free_port()
        if not is_free(ports[name]):
            print(f"port {ports[name]} is taken by another program: the {name} has another address now", file=sys.stderr)
            ports[name] = free_port()
    broker.port, broker.ws_port, store.port = ports.values()
    path.write_text("".join(f"{name} {port}\n" for name, port in ports.items()))


def write_environment(directory, broker, store, agent):
    values = {"SCENESYNC_BROKER": broker.url, "SCENESYNC_WEBSOCKET": broker.ws_url, "SCENESYNC_STORE": store.url, "SCENESYNC_SOCKET": agent.socket}
    (directory / "env").write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items()))


def serve(directory, arguments):
    """Exit status, once interrupted or something has ended."""
    # SIGINT too: a shell starts background jobs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    broker, store, login = for_network(directory, arguments.people) if arguments.people else (Broker(directory), Store(directory), None)
    keep_ports(directory, broker, store)
    services = [broker, store, Agent(directory / "agent", broker.url, store.url, config=login, options=["--durability", arguments.durability])]
    status = 0
    try:
        for service in services:
            start(service)
        write_environment(directory, *services)
        print(f"broker {broker.url}\nbroker for the web viewer {broker.ws_url}\nasset store {store.url}", file=sys.stderr)
        if login:
            print(f"passwords are in {directory / 'passwords'}", file=sys.stderr)
        print("ready", flush=True)
        while all(service.alive for service in services):
            time.sleep(0.2)
        for service in services:
            if not service.alive:
                print(f"{service.name} ended:\n{service.output()[-4000:]}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        pass
    finally:
        (directory / "env").unlink(missing_ok=True)
        for service in reversed(services):
            service.stop()
    return status


def main():
    parser = argparse.ArgumentParser(prog="./dev up", description=__doc__)
    parser.add_argument("--dir", required=True, type=Path, help="folder for data, sockets, logs and env")
    parser.add_argument("--user", action="append", default=[], dest="people", metavar="NAME", help="somebody who may join from the network; repeatable")
    parser.add_argument("--durability", choices=("full", "relaxed"), default="full", help="what an acknowledgement waits for (docs/operations.md)")
    arguments = parser.parse_args()
    if any(not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in arguments.people):
        parser.error("a user's name is made of A-Z a-z 0-9 _ -")
    directory = arguments.dir.resolve()
    with own(directory):
        return serve(directory, arguments)


if __name__ == "__main__":
    sys.exit(main())
