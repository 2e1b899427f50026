# SPDX-License-Identifier: Apache-2.0
"""docs/integrate.md does what it says: each of its programs is run, against a real broker, agent and bridge."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from agents import eventually, world
from bridges import Bridge, Tool
from node import FOLDER, ROOT, node
from services import binary

DOCUMENT = (ROOT / "docs" / "integrate.md").read_text()
PROGRAMS = re.findall(r"^```(sh|python|js|c)\n(.*?)^```$", DOCUMENT, re.M | re.S)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("integrate")
    with world(folder) as it:
        it.ada = it.agent("ada")
        with Bridge(folder / "bridge", it.broker.url, it.ada.socket, "demo"), Tool(it.broker.url, "demo") as tool:
            for name in ("Alpha", "Lamp", "Omega"):  # the broker tells them in the order in which they came
                made = it.ada.run("create", "demo", "light", 'type="POINT"', f'name="{name}"', "energy=100").stdout.strip()
                tool.has(f"light/{made}")
                if name == "Lamp":
                    it.lamp = made
            yield it


def run(command, made, folder):
    done = subprocess.run(command, cwd=folder, env=dict(os.environ, SCENESYNC_SOCKET=made.ada.socket), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_sh(text, made, folder):
    return run(["sh", "-c", text], made, folder)


def run_python(text, made, folder):
    (folder / "lamp.py").write_text(text)
    return run(["/usr/bin/python3", "lamp.py"], made, folder)


def run_js(text, made, folder):
    shutil.copy(FOLDER / "package.json", folder)
    node("asyncapi.mjs", os.devnull, check=False)  # installs what is missing
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    (folder / "lamp.mjs").write_text(text)
    return run(["node", "lamp.mjs"], made, folder)


def sanitizer(build):
    """What a compiler is told when it links what such a build has made."""
    return re.findall(r"(?m)^SS_SANITIZE:STRING=(.+)$", (build / "CMakeCache.txt").read_text())


def run_c(text, made, folder):
    """Compiled as the document says, from the repository and with what this build made."""
    flags = [f"-fsanitize={name}" for name in sanitizer(Path(binary()).parent)]
    words = re.search(r"`cc lamp\.c (.*?)`", DOCUMENT).group(1).replace("build/", f"{Path(binary()).parent}/").split()
    (folder / "lamp.c").write_text(text)
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", *flags, folder / "lamp.c", *words[:-1], folder / "lamp"], cwd=ROOT, check=True)
    return run([folder / "lamp", made.lamp], made, folder)


RUN = {"sh": run_sh, "python": run_python, "js": run_js, "c": run_c}


def lights(made):
    return {light["name"]: made.ada.run("get", "demo", f"light/{light['id']}", "--json").stdout for light in json.loads(made.ada.run("ls", "demo", "light", "--json").stdout)}


@pytest.mark.parametrize("language, text", PROGRAMS, ids=[f"{language}-{number}" for number, (language, _) in enumerate(PROGRAMS)])
def test_the_program_does_what_it_says(made, tmp_path, language, text):
    energy = int(re.search(r'energy": (\d+)|write_number\(writer, (\d+)', text).group(0).split()[-1])
    said = RUN[language](text.replace("localhost", "127.0.0.1").replace("1883", str(made.broker.port)), made, tmp_path)
    name = "Sun" if '"Sun"' in text else "Lamp"
    eventually(lambda: name in lights(made) and json.loads(lights(made)[name])["fields"]["energy"] == energy)
    assert all(json.loads(lights(made)[other])["fields"]["energy"] == 100 for other in ("Alpha", "Omega"))
    if "mosquitto_rr" in text:
        assert json.loads(said) == {"v": 1, "ok": True}


def test_every_language_is_there():
    assert {language for language, _ in PROGRAMS} == set(RUN) and "curl" in DOCUMENT
    assert len({re.search(r"energy\D+(\d+)|number\(writer, (\d+)", text).group(0) for _, text in PROGRAMS}) == len(PROGRAMS)  # so none passes for another
