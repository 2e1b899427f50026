# SPDX-License-Identifier: Apache-2.0
"""Runs inside Blender every `case_…` of a file, each in an empty Blender: blender -b --factory-startup --python run_cases.py -- FILE."""

import importlib.util
import os
import sys
import traceback

import bpy

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]


def main(path):
    spec = importlib.util.spec_from_file_location("cases", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    failed = []
    cases = [name for name in vars(module) if name.startswith("case_")]
    for name in cases:
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        try:
            getattr(module, name)()
            print(f"ok {name}", flush=True)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            print(f"FAILED {name}", flush=True)
            failed.append(name)
    print(f"{len(cases) - len(failed)} of {len(cases)} cases passed", flush=True)
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1])
