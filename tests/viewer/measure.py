# SPDX-License-Identifier: Apache-2.0
"""What the viewer takes: 10,000 objects that all move, and a mesh of a million triangles. Prints milliseconds; asserts nothing.

Chromium draws without a graphics card here, so frames are bound by drawing; `work` is our own part on the page's thread.
"""
import argparse
import base64
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "blender")]
import services  # noqa: E402
from blender import Blender  # noqa: E402
from browser import Page, Site  # noqa: E402
from crowd import Crowd  # noqa: E402

GRID = """
bpy.ops.mesh.primitive_grid_add(x_subdivisions=side, y_subdivisions=side, size=10)
bpy.context.object.data.update()
import numpy
mesh = bpy.context.object.data
co = numpy.empty(len(mesh.vertices) * 3, numpy.float32)
mesh.vertices.foreach_get("co", co)
co[2::3] = 0.4 * numpy.sin(2 * co[0::3]) * numpy.cos(2 * co[1::3])
mesh.vertices.foreach_set("co", co)
mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
mesh.update()
"""
# The main thread's own pauses: how late a timer of 20 ms is.
WATCH = ("window.late = []; window.watch = (last => setInterval(() => { const now = performance.now(); late.push(now - last - 20); last = now; }, 20))"
         "(performance.now()); 0")


def quantiles(values):
    ordered = sorted(values) or [0]
    return f"median {statistics.median(ordered):.1f}, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.1f}, most {ordered[-1]:.1f} ms"


def show_frames(page, title):
    frames = page.evaluate("scenesync.stage.recent.map((frame) => [frame.interval, frame.work])")
    print(f"  {title}: {len(frames)} frames of the last 3 s; interval {quantiles([i for i, _ in frames if i > 0])}; work {quantiles([w for _, w in frames])}")


def crowd(page, site, broker, store, count, seconds):
    people = Crowd(broker, "crowd", count)
    people.build()
    began = time.monotonic()
    page.join(site, broker=broker.ws_url, store=store.url, scene="crowd", name="Bench")
    page.shown(count, 120)
    print(f"{count} objects, one mesh: shown after {time.monotonic() - began:.1f} s; batches {page.evaluate('scenesync.content.batches.count')}")
    page.evaluate(WATCH)
    began = time.monotonic()
    moves = 0
    while time.monotonic() - began < seconds:
        people.move(time.monotonic() - began)
        moves += 1
        time.sleep(max(0.0, began + moves / 30 - time.monotonic()))
    print(f"  all moved {moves / seconds:.1f} times a second; what the broker's WebSocket listener let through:")
    show_frames(page, "moving")
    feed(page, people, seconds)
    show_frames(page, "the same messages handed to the page itself, 30 times a second")
    print(f"  timers of the page late by {quantiles(page.evaluate('late'))}")
    print(f"  merging and placing one move of all, without drawing: {page.evaluate(PART)}")
    page.screenshot("/tmp/scenesync-crowd.png")
    people.close()


def feed(page, people, seconds):
    """Live messages without a broker between: mosquitto 2.0.11 trickles what is larger than 4 KB over WebSocket."""
    rounds = [[base64.b64encode(body).decode() for body in people.live(n / 15)] for n in range(30)]
    marker = base64.b64encode(b"\xa5stamp\xc4\x10").decode()
    page.evaluate(f"""(() => {{ const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); const marker = bytes('{marker}');
        const rounds = {json.dumps(rounds)}.map((round) => round.map(bytes));
        const place = (body) => body.findIndex((_, i) => marker.every((byte, k) => body[i + k] === byte)) + marker.length;
        const places = rounds.map((round) => round.map(place)); const topic = scenesync.session.topics.live('transform'); let n = 0;
        window.late.length = 0;
        window.feeding = setInterval(() => {{ const at = n++ % rounds.length; const stamp = scenesync.session.clock.next();
            rounds[at].forEach((body, i) => {{ for (let k = 0; k < 8; k++) body[places[at][i] + k] = stamp.charCodeAt(k);
                scenesync.session.received(topic, body.slice(), false); }}); }}, 33); return 0; }})()""")
    time.sleep(seconds)
    page.evaluate("clearInterval(feeding); 0")


# One live message of all objects through decoding, merging, placing and the matrices of the batch.
PART = """(() => { const { replica } = scenesync.session; const transforms = [...replica.of('transform')]; const took = [];
for (let round = 0; round < 12; round++) { const stamp = scenesync.session.clock.next(); const began = performance.now();
for (const one of transforms) if (one.drag('location', [Math.random(), 0, 0], stamp)) replica.changed.add(one);
scenesync.content.update(performance.now()); took.push(performance.now() - began); } took.sort((a, b) => a - b); return took[6].toFixed(1) + ' ms'; })()"""


def million(page, site, broker, store, agent, side):
    blender = Blender("3.4")
    blender.empty()
    blender.run(GRID, side=side)
    blender.join(agent, "million")
    blender.synced(120)
    page.open("about:blank")
    began = time.monotonic()
    page.join(site, broker=broker.ws_url, store=store.url, scene="million", name="Bench")
    page.wait("window.scenesync", 10)
    page.evaluate(WATCH)
    page.wait("scenesync.content.meshes.triangles > 0", 120)
    page.settled()
    triangles = page.evaluate("scenesync.content.meshes.triangles")
    print(f"{triangles:,} triangles: shown after {time.monotonic() - began:.1f} s, {page.evaluate('scenesync.assets.received') / 1e6:.1f} MB; worker {page.evaluate('scenesync.assets.longest'):.0f} ms")
    print(f"  timers of the page late by {quantiles(page.evaluate('late'))}")
    page.evaluate("window.turn = setInterval(() => { scenesync.stage.eye.orbit(0.02, 0); scenesync.stage.invalidate(); }, 16); 0")
    time.sleep(4)
    show_frames(page, "turning")
    page.evaluate("clearInterval(turn); 0")
    page.screenshot("/tmp/scenesync-million.png")
    blender.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--only", choices=["crowd", "million"], help="one of the two")
    parser.add_argument("--side", type=int, default=708, help="squares along one side of the grid")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="scenesync-viewer-"))
    with services.Broker(folder) as broker, services.Store(folder) as store, services.Agent(folder / "agent", broker.url, store.url) as agent, Site() as site:
        page = Page()
        try:
            if arguments.only != "million":
                crowd(page, site, broker, store, arguments.objects, 6)
            if arguments.only != "crowd":
                million(page, site, broker, store, agent, arguments.side)
        finally:
            print("\n".join(line for line in page.said() if line.startswith("error")))
            page.close()


if __name__ == "__main__":
    main()
