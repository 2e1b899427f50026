#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the two zips that Blender installs: the legacy add-on (up to Blender 4.1) and the extension (4.2 and later). Both carry the agent."""

import argparse
import pathlib
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE / "scenesync"
EPOCH = (2024, 1, 1, 0, 0, 0)  # the same sources and agent make the same zip


def add(archive, name, data, mode=0o644):
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (0o100000 | mode) << 16
    archive.writestr(info, data)


def write_zip(path, prefix, agent, manifest=None):
    with zipfile.ZipFile(path, "w") as archive:
        if manifest:
            add(archive, "blender_manifest.toml", manifest)
        for source in sorted(PACKAGE.rglob("*.py")):
            add(archive, prefix + source.relative_to(PACKAGE).as_posix(), source.read_bytes())
        add(archive, f"{prefix}bin/{agent.name}", agent.read_bytes(), 0o755)
    print(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", required=True)
    parser.add_argument("--platform", required=True, help="as Blender's manifests name it: linux-x64, macos-arm64, …")
    parser.add_argument("--agent", required=True, type=pathlib.Path)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    name = f"scenesync-{arguments.version}-{arguments.platform}"
    manifest = (HERE / "blender_manifest.toml").read_text().replace("@VERSION@", arguments.version).replace("@PLATFORM@", arguments.platform)
    write_zip(arguments.output / f"{name}-legacy.zip", "scenesync/", arguments.agent)
    write_zip(arguments.output / f"{name}-extension.zip", "", arguments.agent, manifest)


if __name__ == "__main__":
    main()
