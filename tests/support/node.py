# SPDX-License-Identifier: Apache-2.0
"""What tests ask of Node (tests/npm): AsyncAPI's own parser, Ajv, the Khronos glTF validator, mqtt.js."""
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "npm"


def node(script, *arguments, text=None, timeout=120, check=True):
    """Runs a script of tests/npm, whose libraries are installed when they are missing."""
    subprocess.run([ROOT / "scripts" / "npm-install", "tests/npm"], check=True)
    return subprocess.run(["node", FOLDER / script, *arguments], cwd=FOLDER, input=text, capture_output=True, text=True, timeout=timeout, check=check)


def asyncapi_problems(path):
    return [json.loads(line) for line in node("asyncapi.mjs", path, check=False).stdout.splitlines()]


def ajv_problems(folder, pairs):
    """Of each (schema below the folder, value), what Ajv has against it."""
    done = node("ajv.mjs", folder, text="".join(json.dumps(pair) + "\n" for pair in pairs))
    return [json.loads(line) for line in done.stdout.splitlines()]


def gltf_problems(path):
    return [json.loads(line) for line in node("gltf.mjs", path).stdout.splitlines()]
