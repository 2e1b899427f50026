# SPDX-License-Identifier: Apache-2.0
"""Makes docs/viewer.png anew: the demo scene in the page, with somebody else in it and handles at what is selected; without the foot, which tells
how fast this machine is."""
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "blender")]
import services  # noqa: E402
from blender import ROOT, Blender  # noqa: E402
from browser import Page, Site  # noqa: E402
from person import Person  # noqa: E402

DEMO = "import sys; sys.path.insert(0, folder); import demo_scene; demo_scene.build()"
SELECT = "scenesync.select([...scenesync.content.graph.nodes.values()].find((node) => node.object.name === 'Beacon').id, false)"
VIEW = "Object.assign(scenesync.stage.eye, { yaw: 0.5, pitch: 0.4, distance: 15 }); scenesync.stage.eye.target.set(0.4, 0, 1.4); scenesync.stage.eye.apply(); scenesync.stage.invalidate(); 0"
FROM = [0.8, -0.2, 0.57, 5.5, 0.6, 0.27, -0.76, -4, 0, 0.95, 0.32, 3.4, 0, 0, 0, 1]


def main():
    folder = Path(tempfile.mkdtemp(prefix="scenesync-picture-"))
    with services.Broker(folder) as broker, services.Store(folder) as store, services.Agent(folder / "agent", broker.url, store.url, name="Anna") as agent, Site() as site:
        blender, page = Blender("3.4"), Page()
        try:
            blender.empty()
            blender.run(DEMO, folder=str(ROOT / "scripts"))
            blender.join(agent, "demo")
            blender.synced()
            person = Person(broker, "demo", "Ben")
            page.join(site, broker=broker.ws_url, store=store.url, scene="demo", name="Vera")
            page.shown(9, 120)
            person.looks(FROM)
            page.evaluate(SELECT)
            page.evaluate(VIEW)
            page.settled()
            page.screenshot(str(folder / "viewer.png"))
            subprocess.run(["convert", folder / "viewer.png", "-crop", "1280x776+0+0", "+repage", "-strip", "+dither", "-colors", "160", "-define", "png:compression-level=9", ROOT / "docs" / "viewer.png"], check=True)
        finally:
            page.close()
            blender.close()


if __name__ == "__main__":
    main()
