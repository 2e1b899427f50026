#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two real Blenders share a scene; says what moved, both ways, and how long it took.

    demo.py [FILE.blend] [--pictures DIR]

Anna opens FILE (or a scene that uses every kind) and joins; Ben joins with an empty Blender. Then each edits and the other sees it. With a
display there are two windows, which stay until they are closed; without one they open on virtual displays and two pictures are saved.
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tests" / "blender")]

import blenders  # noqa: E402
import difference  # noqa: E402
import services  # noqa: E402
from blender import Blender  # noqa: E402

WAIT_SECONDS = 60
NAMES = ("Anna", "Ben")
AT_DESK = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

# Who edits, what it is called, how it is done, and how the other one knows. `it` is the object at hand.
EDITS = (
    ("Anna", "moves {it}", "it.location.z += 0.75", "round(it.location.z, 5)"),
    ("Ben", "turns {it}", "it.rotation_euler.z += 0.6", "round(it.rotation_euler.z, 5)"),
    ("Anna", "scales {it}", "it.scale *= 1.25", "[round(x, 5) for x in it.scale]"),
    ("Ben", "adds a light", "light = bpy.data.lights.new('Ben light', 'SPOT'); light.color = (0.2, 0.5, 1); light.energy = 800\n"
     "spot = bpy.data.objects.new('Ben light', light); spot.location = (2, -2, 5); bpy.context.collection.objects.link(spot)",
     "'Ben light' in bpy.context.scene.objects and round(bpy.data.lights['Ben light'].energy)"),
    ("Anna", "paints a material", "m = bpy.data.materials[0]; m.diffuse_color = (0.1, 0.7, 0.3, 1)",
     "[round(x, 3) for x in bpy.data.materials[0].diffuse_color]"),
    ("Ben", "renames {it}", "it.name = 'Hero'", "bool(bpy.data.objects.get('Hero'))"),
    ("Anna", "adds a custom property", "it['note'] = 'look here'", "it.get('note')"),
    ("Anna", "deletes Ben's light", "bpy.data.objects.remove(bpy.data.objects['Ben light'])", "'Ben light' in bpy.context.scene.objects"),
)  # fmt: skip


class Display:
    """An X server nobody sees, and pictures of it."""

    def __init__(self):
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
        self.process = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as answer:
            self.name = ":" + answer.readline().strip()

    def picture(self, path):
        subprocess.run(["import", "-display", self.name, "-window", "root", str(path)], check=True)

    def close(self):
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def environment(name, value):
    before = os.environ.get(name)
    os.environ[name] = value
    yield
    if before is None:
        del os.environ[name]
    else:
        os.environ[name] = before


def say(text):
    print(text, flush=True)


def wait_for(blender, expression, wanted, thing):
    """Seconds until the expression has the value there."""
    start = time.monotonic()
    while time.monotonic() - start < WAIT_SECONDS:
        if blender.run(f"{PREPARE}\nresult = {expression}", thing=thing) == wanted:
            return time.monotonic() - start
        time.sleep(0.001)
    raise SystemExit(f"demo: {expression} did not become {wanted} within {WAIT_SECONDS} s\n{blender.log()[-2000:]}")


PREPARE = "it = bpy.context.scene.objects.get('Hero') or bpy.context.scene.objects[thing]"
CHOOSE = (
    "shown = [o for o in bpy.context.scene.objects if o.type == 'MESH' and o.rotation_mode != 'QUATERNION'] or list(bpy.context.scene.objects)\n"
    "result = next((o.name for o in shown if o.name == 'Cube'), shown[0].name)"
)
# Puts our panels under the sidebar's first tab, the one that is open.
FRAME = """
from scenesync.ui import panel
for cls in reversed(panel.CLASSES):
    if cls.is_registered:
        bpy.utils.unregister_class(cls)
for cls in panel.CLASSES:
    cls.bl_category = 'Item'
    bpy.utils.register_class(cls)
bpy.context.view_layer.objects.active = it
for area in bpy.context.screen.areas:
    if area.type == 'VIEW_3D':
        area.spaces[0].show_region_ui = True
        area.spaces[0].shading.type = 'SOLID'
        area.spaces[0].shading.color_type = 'MATERIAL'
        area.spaces[0].overlay.show_relationship_lines = False
        region = next(r for r in area.regions if r.type == 'WINDOW')
        if hasattr(bpy.context, 'temp_override'):
            with bpy.context.temp_override(area=area, region=region):
                bpy.ops.view3d.view_all()
bpy.ops.wm.redraw_timer(type='DRAW_WIN_SWAP', iterations=3)
"""


def share(anna, ben, agents, file):
    """Both join; returns when Ben has what Anna has."""
    if file:
        anna.run("bpy.ops.wm.open_mainfile(filepath=path, load_ui=False)", path=str(file))
    else:
        anna.empty()
        anna.run("import sys; sys.path.insert(0, path); import demo_scene; demo_scene.build()", path=str(ROOT / "scripts"))
    name = anna.run(CHOOSE)
    ben.empty()
    start = time.monotonic()
    anna.join(agents[0], "demo")
    anna.synced(WAIT_SECONDS)
    say(f"  Anna shares {anna.run('result = len(bpy.context.scene.objects)')} objects after {time.monotonic() - start:.2f} s")
    start = time.monotonic()
    ben.join(agents[1], "demo")
    ben.synced(WAIT_SECONDS)
    say(f"  Ben, who came with an empty Blender, has them after {time.monotonic() - start:.2f} s")
    return name


def edit(people, name):
    """Every edit, each seen by the other."""
    for who, words, code, seen in EDITS:
        other = "Ben" if who == "Anna" else "Anna"
        people[who].run(f"{PREPARE}\n{code}\nbpy.context.view_layer.update()", thing=name)
        wanted = people[who].run(f"{PREPARE}\nresult = {seen}", thing=name)
        seconds = wait_for(people[other], seen, wanted, name)
        say(f"  {who:4} {words.format(it=name):24} {other} sees it after {seconds * 1000:5.0f} ms")


def finish(people, displays, pictures):
    """Compare, and show."""
    for _ in range(2):
        for blender in people.values():
            blender.synced(WAIT_SECONDS)
    lines = difference.differences(people["Anna"].dump(), people["Ben"].dump())
    say("  Both hold the same." if not lines else "  They differ:\n    " + "\n    ".join(lines[:10]))
    for blender in people.values():
        if blender.window:
            blender.run(f"{PREPARE}\n{FRAME}", thing="Hero")
    for who, display in displays.items():
        path = pictures / f"demo-{who.lower()}.png"
        display.picture(path)
        say(f"  saved {path}")
    return not lines


def halves_of_the_desk():
    """Where two windows fit beside each other on the user's own display: (left, bottom, width, height) of each."""
    size = subprocess.run(["import", "-window", "root", "-format", "%w %h", "info:"], capture_output=True, text=True)
    width, height = map(int, size.stdout.split()) if size.returncode == 0 else (1920, 1080)
    return (0, 0, width // 2, height), (width // 2, 0, width // 2, height)


def start_blenders(stack, version, displays):
    """Everybody's Blender: in a window on a virtual display or the user's own, headless where there is neither."""
    desks = halves_of_the_desk() if AT_DESK else (None, None)
    people = {}
    for name, desk in zip(NAMES, desks, strict=True):
        with environment("DISPLAY", displays[name].name) if displays else contextlib.nullcontext():
            # Each has a colour that follows from the name.
            people[name] = Blender(version, window=bool(displays), environment={"LOGNAME": name}, desk=desk)
        stack.callback(people[name].close)
    return people


def run(stack, file, pictures):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="scenesync-demo-"))
    stack.callback(shutil.rmtree, folder, True)
    broker = stack.enter_context(services.Broker(folder / "broker"))
    store = stack.enter_context(services.Store(folder / "store"))
    agents = [stack.enter_context(services.Agent(folder / name, broker.url, store.url, name=name)) for name in NAMES]
    say(f"broker {broker.url}, store {store.url}")
    displays = {}
    if not AT_DESK and shutil.which("Xvfb"):
        for name in NAMES:
            displays[name] = Display()
            stack.callback(displays[name].close)
    version = blenders.available()[0]
    people = start_blenders(stack, version, displays)
    say(f"two Blenders {version}, " + ("windows" if AT_DESK else "windows on virtual displays" if displays else "headless"))
    if displays:
        say("times include drawing both windows without a graphics card, on this machine's processor")
    name = share(*people.values(), agents, file)
    edit(people, name)
    same = finish(people, displays, pictures)
    if AT_DESK:
        say("Both are yours now: edit in either. Close them, or press Ctrl-C, to end the demo.")
        for blender in people.values():
            blender.process.wait()
    return 0 if same else 1


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=pathlib.Path, metavar="FILE.blend", help="the scene Anna opens")
    parser.add_argument("--pictures", type=pathlib.Path, default=pathlib.Path.cwd(), metavar="DIR", help="where pictures are saved")
    arguments = parser.parse_args()
    if arguments.file and not arguments.file.is_file():
        parser.error(f"there is no file {arguments.file}")
    with contextlib.ExitStack() as stack:
        try:
            return run(stack, arguments.file and arguments.file.resolve(), arguments.pictures)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
