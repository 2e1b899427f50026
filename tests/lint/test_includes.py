# SPDX-License-Identifier: Apache-2.0
"""Who may include what: the folders of agent/ are its architecture (DESIGN: `core` includes only itself and `util`, …)."""
import re

import pytest
from sources import files, read

# folder → the folders whose headers it may include. "scenesync" is agent/include, "generated" what the schemas give.
FOLDERS = {
    "util": {"util"},
    "core": {"core", "util"},
    "wire": {"wire", "core", "util", "generated"},
    "edges": {"edges", "wire", "core", "util", "generated"},
    "daemon": {"daemon", "edges", "wire", "core", "util", "cli", "doctor", "bridge", "access", "gltf", "recording", "sweep", "scenesync"},
    "doctor": {"doctor", "daemon", "edges", "wire", "core", "util", "cli", "scenesync"},
    "bridge": {"bridge", "daemon", "edges", "wire", "core", "util", "cli", "scenesync", "generated"},
    "access": {"access", "daemon", "edges", "wire", "core", "util", "cli"},
    "sweep": {"sweep", "doctor", "daemon", "edges", "wire", "core", "util", "cli"},
    "client": {"client", "wire", "core", "util", "scenesync", "generated"},
    "cli": {"cli", "client", "wire", "core", "util", "scenesync", "generated"},
    "recording": {"recording", "cli", "wire", "core", "util", "scenesync", "generated"},
    "gltf": {"gltf", "cli", "wire", "core", "util", "scenesync", "generated"},
    "include": {"scenesync"},
}
# header of a library → the only folders that use it
LIBRARIES = {
    "MQTTAsync.h": {"edges", "doctor"}, "MQTTClient.h": set(), "curl/curl.h": {"edges", "doctor"}, "uv.h": {"edges", "daemon", "bridge", "access"}, "lmdb.h": {"edges", "doctor"},
    "msgpack.h": {"wire"}, "zstd.h": {"wire"}, "cjson/cJSON.h": {"cli", "bridge", "access", "gltf"}, "cJSON.h": {"cli"},
}
# The core does no I/O, knows no clock and no threads; these are the standard headers it may use (stdlib.h for qsort and bsearch:
# test_sources.py sees to its allocator).
CORE = {"assert.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdbool.h", "stddef.h", "stdint.h", "stdlib.h", "string.h", "uthash.h", "utlist.h"}

SOURCES = files("agent/*.c", "agent/*.h")


def includes(path):
    return re.findall(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', read(path), re.M)


def problems(path, folder, found):
    for quote, header in found:
        first = header.split("/")[0]
        if quote == '"':
            own = first if "/" in header else "generated"
            if own not in FOLDERS[folder]:
                yield f"{path} includes {header}: {folder} may include only {sorted(FOLDERS[folder])}"
        elif first == "scenesync":
            if "scenesync" not in FOLDERS[folder]:
                yield f"{path} includes {header}"
        elif header in LIBRARIES and folder not in LIBRARIES[header]:
            yield f"{path} includes {header}, which only {sorted(LIBRARIES[header])} may use"
        elif header.startswith("msgpack/") or header.startswith("uv/"):
            yield f"{path} includes {header}, a part of a library's header"
        elif folder == "core" and header not in CORE:
            yield f"{path} includes {header}: the core is pure"


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_includes_follow_the_architecture(path):
    parts = path.parts
    if len(parts) > 2:
        assert not list(problems(path, parts[1], includes(path)))


@pytest.mark.parametrize("folder, line", [
    ("core", '"edges/store.h"'), ("core", "<stdio.h>"), ("core", "<time.h>"), ("core", '"wire/codec.h"'), ("util", '"core/core.h"'),
    ("wire", "<uv.h>"), ("edges", "<msgpack.h>"), ("cli", '"edges/store.h"'), ("include", '"core/core.h"'), ("core", '"scenesync_schema.h"'), ("core", "<uv.h>"),
])
def test_the_rule_refuses(folder, line):
    assert list(problems("sample.c", folder, [(line[0], line[1:-1])]))


def test_public_headers_stand_alone():
    for path in files("agent/include/*.h"):
        assert all(quote == "<" or header.startswith("scenesync/") for quote, header in includes(path)), path
