# SPDX-License-Identifier: Apache-2.0
"""A scene made by a real Blender, as the page shows it: what is where, live, and edits in both directions."""
import subprocess
import time

import pytest
from blender import ROOT, Blender

DEMO = "import sys; sys.path.insert(0, folder); import demo_scene; demo_scene.build()"
RENDER = """
scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.samples, scene.cycles.max_bounces, scene.cycles.use_denoising = 24, 2, False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 640, 360, 100
scene.view_settings.view_transform = "Standard"
scene.render.filepath = path
bpy.ops.render.render(write_still=True)
"""
CAMERA = "[...scenesync.content.graph.nodes.values()].find((node) => node.type === 'CAMERA')"


def node(name):
    return f"[...scenesync.content.graph.nodes.values()].find((node) => node.object.name === {name!r})"


@pytest.fixture(scope="module")
def blender(world):
    with_demo = Blender("3.4")
    with_demo.empty()
    with_demo.run(DEMO, folder=str(ROOT / "scripts"))
    with_demo.run("bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = 640, 360")
    with_demo.join(world.agent, "demo")
    with_demo.synced()
    yield with_demo
    with_demo.close()


@pytest.fixture(scope="module")
def visit(browser, world, blender):
    """The page in the Blender's scene, joined once: without a graphics card its shaders take long to compile."""
    browser.join(world.site, broker=world.broker.ws_url, store=world.store.url, scene="demo", name="Vera")
    browser.shown(9, 120)
    yield browser
    thrown = [line for line in browser.said() if line.startswith("thrown:")]
    assert not thrown, thrown


def test_everything_is_there(visit):
    rows = visit.evaluate("[...document.querySelectorAll('.row')].map((row) => row.textContent)")
    assert {"Cube", "Beacon", "Floor", "Camera", "Sun", "Spot", "Area", "Point", "Props again", "Outline"} <= set(rows)
    assert visit.evaluate("scenesync.content.lights.count") == 4
    # The floor, and cube and beacon each twice: once more in the instance of their collection.
    assert visit.evaluate("[...scenesync.content.batches.all()].map((batch) => batch.drawables.length).sort().join()") == "1,2,2"
    assert visit.evaluate("[...scenesync.session.replica.of('mask')].length") == 1
    assert visit.evaluate("[...scenesync.session.refused].length") == 0


def test_search_and_properties(visit):
    visit.fill(".search", "bea")
    assert visit.evaluate("[...document.querySelectorAll('.row')].map((row) => row.textContent).join()") == "Beacon"
    visit.click(".row")
    assert visit.text(".properties h2") == "Beacon"
    assert "Vertices" in visit.text(".properties") and "Location" in visit.text(".properties")
    visit.fill(".search", "")


def test_a_click_selects_what_is_under_it(visit):
    point = visit.evaluate(f"""(() => {{ const {{ camera }} = scenesync.stage.eye; const m = ({node('Cube')}).world;
        const p = camera.position.clone().set(m[12], m[13], m[14]).project(camera); const box = document.querySelector('.view canvas').getBoundingClientRect();
        return [box.left + (p.x + 1) / 2 * box.width, box.top + (1 - p.y) / 2 * box.height]; }})()""")
    visit.click_at(*point)
    visit.wait("document.querySelector('.properties h2')?.textContent === 'Cube'")


def test_what_blender_moves_moves_here(visit, blender):
    blender.run("bpy.data.objects['Cube'].location.z = 2.5\nbpy.context.view_layer.update()")
    visit.wait(f"Math.abs(({node('Cube')}).world[14] - 2.5) < 1e-6")
    blender.run("bpy.data.objects['Cube'].location.z = 1\nbpy.context.view_layer.update()")
    visit.wait(f"Math.abs(({node('Cube')}).world[14] - 1) < 1e-6")


def test_what_is_edited_here_arrives_in_blender(visit, blender):
    visit.evaluate(f"scenesync.select(({node('Cube')}).id, false)")
    visit.fill(".vector[data-field=location] .number:nth-of-type(1) input", "0.75")
    visit.press("Enter")
    visit.fill(".single[data-field=roughness] input", "0.625")
    visit.press("Enter")
    shown = "result = [bpy.data.objects['Cube'].location.x, bpy.data.materials['Metal'].node_tree.nodes['Principled BSDF'].inputs['Roughness'].default_value]"
    end = time.monotonic() + 20
    while blender.run(shown) != [0.75, 0.625]:
        assert time.monotonic() < end, blender.run(shown)
        time.sleep(0.1)
    blender.synced()
    visit.wait(f"({node('Cube')}).world[12] === 0.75")


def test_a_drag_of_a_number_is_seen_while_it_lasts(visit, blender):
    visit.evaluate(f"scenesync.select(({node('Floor')}).id, false)")
    box = visit.box(".vector[data-field=location] .number:nth-of-type(3)")
    x, y = box["x"] + 20, box["y"] + 13
    visit.drag(x, y, x + 50, y)
    moved = visit.evaluate(f"({node('Floor')}).world[14]")
    assert moved == pytest.approx(0.5)
    end = time.monotonic() + 20
    while blender.run("result = bpy.data.objects['Floor'].location.z") != pytest.approx(moved):
        assert time.monotonic() < end
        time.sleep(0.1)
    blender.run("bpy.data.objects['Floor'].location.z = 0\nbpy.context.view_layer.update()")
    visit.wait(f"({node('Floor')}).world[14] === 0")


def test_it_looks_as_blender_renders_it(visit, blender, tmp_path):
    """Through the camera, without panels: the same structure as Cycles' picture, though not the same pixels."""
    blender.run(RENDER, path=str(tmp_path / "blender.png"))
    visit.evaluate("scenesync.stage.transform = 'Standard'; scenesync.select(undefined, false); document.activeElement?.blur(); 0")
    visit.press("h")
    visit.evaluate("scenesync.content.showSymbols = false; scenesync.content.restyle(); 0")
    visit.evaluate(f"scenesync.lookThrough(({CAMERA}).id); document.querySelector('.picture canvas').style.display = 'none'; 0")
    visit.settled()
    visit.screenshot(str(tmp_path / "page.png"))
    visit.press("h")
    assert likeness(tmp_path) > 0.9


def likeness(folder):
    """Correlation of the two pictures' brightness, softened: 1 for the same structure, 0 for none."""
    pictures = [folder / "blender.png", folder / "page.png"]
    script = ["-resize", "160x90!", "-colorspace", "Gray", "-blur", "0x1"]
    for picture in pictures:
        crop = ["-gravity", "center", "-crop", "1280x720+0+0", "+repage"] if picture.name == "page.png" else []
        subprocess.run(["convert", picture, *crop, *script, picture.with_suffix(".miff")], check=True)
    done = subprocess.run(["compare", "-metric", "NCC", *(picture.with_suffix(".miff") for picture in pictures), "null:"], capture_output=True, text=True)
    return float(done.stderr.split()[0])


def test_others_see_where_we_look_and_what_we_have_selected(visit, blender):
    visit.evaluate(f"scenesync.select(({node('Cube')}).id, false)")
    read = "from scenesync import registration\nresult = [[len(p.get('view', [])), [b.hex() for b in p.get('selection', [])]] for p in registration.session().presence.others.values()]"
    wanted = [16, [visit.evaluate(f"({node('Cube')}).id")]]
    end = time.monotonic() + 20
    while wanted not in blender.run(read):
        assert time.monotonic() < end, blender.run(read)
        time.sleep(0.1)
