# SPDX-License-Identifier: Apache-2.0
"""The files of this repository, and C without its comments and strings."""
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(*patterns):
    """Files that git has or would add, as paths relative to the repository, whoever owns it."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(path for path in {Path(name) for name in listed.split("\0") if name} if (ROOT / path).is_file())


def read(path):
    return (ROOT / path).read_text()


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def code(path):
    """A C file with comments and the insides of strings blanked, lines kept."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])+\'', blank, read(path), flags=re.S)


def functions(path):
    """(name, first line, lines) of each function defined in a C file formatted by clang-format."""
    lines = code(path).splitlines()
    signature, found = None, []
    for number, line in enumerate(lines, 1):
        if re.match(r"[A-Za-z_].*\(", line) and not re.match(r"(typedef|extern|#)", line):
            signature = number
        if line.startswith("}") and signature:
            name = re.search(r"(\w+)\(", lines[signature - 1])
            found.append((name.group(1), signature, number - signature + 1))
            signature = None
        elif line.rstrip().endswith((";", "= {")) and line[:1] not in (" ", "\t") and signature == number:
            signature = None
    return found
