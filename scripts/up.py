# SPDX-License-Identifier: Apache-2.0
"""./dev up: broker, store and one agent in the foreground until interrupted, everything below one folder."""
import argparse
import shlex
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from services import Agent, Broker, Store  # noqa: E402


def interrupt(*_):
    raise KeyboardInterrupt


def write_environment(directory, broker, store, agent):
    values = {"SCENESYNC_BROKER": broker.url, "SCENESYNC_STORE": store.url, "SCENESYNC_SOCKET": agent.socket}
    (directory / "env").write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items()))


def main():
    parser = argparse.ArgumentParser(prog="./dev up", description=__doc__)
    parser.add_argument("--dir", required=True, type=Path, help="folder for data, sockets, logs and env")
    directory = parser.parse_args().dir.resolve()
    # SIGINT too: a shell starts background jobs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    services = [Broker(directory), Store(directory)]
    services.append(Agent(directory / "agent", services[0].url, services[1].url))
    status = 0
    try:
        for service in services:
            service.start()
        write_environment(directory, *services)
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


if __name__ == "__main__":
    sys.exit(main())
