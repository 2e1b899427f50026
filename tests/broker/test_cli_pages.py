# SPDX-License-Identifier: Apache-2.0
"""The command line's manual and completion: they know what `--help` says, of every command."""
import os
import re
import shlex
import subprocess

import pytest
from agents import world
from services import binary


@pytest.fixture(scope="module")
def ada(tmp_path_factory):
    with world(tmp_path_factory.mktemp("pages")) as made:
        agent = made.agent("ada")
        agent.run("create", "demo", "light", 'type="POINT"')
        yield agent


def said(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=True, **options).stdout


def commands():
    return re.findall(r"^  ([a-z]+)(?: |$)", said(binary(), "help").split("Commands:")[1].split("Options")[0], re.M)


def completions(*words, socket=""):
    script = f"""source <({binary()} completion)
        COMP_WORDS=({binary()} {shlex.join(words)}); COMP_CWORD={len(words)}; _scenesync
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    return said("bash", "-c", script, env=dict(os.environ, SCENESYNC_SOCKET=socket)).split()


def test_every_command_is_there():
    assert len(commands()) > 15 and completions("") == [*commands(), "--help"]


@pytest.mark.parametrize("command", commands())
def test_every_option_of_a_command(command):
    told, manual = said(binary(), command, "--help"), said(binary(), "manual")
    assert told.startswith(f"usage: scenesync {command}") and f"\n.B {command}" in manual
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", told))
    assert set(completions(command, "--")) == options | {"--help"}
    assert {option for option in options if option.replace("-", r"\-") not in manual} == set()


def test_the_manual_is_a_page_that_man_reads():
    done = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-P-cbu", "-ww"], input=said(binary(), "manual"), capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr == "" and "DESCRIPTION" in done.stdout and "scenesync.1" in done.stdout
    assert "  --store-quota BYTES   what each user may have there" in done.stdout


@pytest.mark.parametrize("words, wanted", [
    (["tr"], ["tree"]), (["ls", ""], ["demo"]), (["ls", "demo", "li"], ["light"]), (["top", "--o"], ["--once"]), (["bridge", "x", "--r"], ["--rate"]),
    (["get", "demo", "--w"], ["--wait"]), (["set", "demo", "light/x", "--f"], ["--force"]), (["agent", "--m"], ["--metrics"]), (["who", "--c"], ["--config"]),
    (["invite", "demo", "--public-s"], ["--public-store"]), (["access", "--store-q"], ["--store-quota"])])
def test_bash_completes(ada, words, wanted):
    assert completions(*words, socket=ada.socket) == wanted
