# SPDX-License-Identifier: Apache-2.0
"""The panel in a real window: drawn in every state without an error, and saying what is so and what to do."""

import time

import blenders
import pytest
import services
from blender import Blender
from conftest import versions

# The sidebar shows its first tab, Item: our panels go there. Every time one is drawn, what it says is kept.
SHOW = """
from scenesync import registration
from scenesync.ui import describe, panel

drawn = {}

def watch(cls, says):
    bpy.utils.unregister_class(cls)
    original = cls.draw
    def draw(self, context):
        original(self, context)
        drawn[cls.__name__] = says(registration.session())
    cls.draw = draw
    cls.bl_category = "Item"

def says(session):
    if session is None:
        return []
    return [part(session) for part in (describe.heading, describe.troubles, describe.progress, describe.problems)]

watch(panel.SCENESYNC_PT_people, lambda session: [describe.people(session)])
watch(panel.SCENESYNC_PT_main, says)
for cls in panel.CLASSES:
    bpy.utils.register_class(cls)
for area in bpy.context.window_manager.windows[0].screen.areas:
    if area.type == "VIEW_3D":
        area.spaces[0].show_region_ui = True
"""
READ = "result = [row.text for name in names for rows in drawn.get(name, []) for row in rows]"
BOTH = ["SCENESYNC_PT_main", "SCENESYNC_PT_people"]
WORK = "o = bpy.data.objects.new(name, None)\nbpy.context.scene.collection.objects.link(o)"


CUBE = "bpy.ops.mesh.primitive_cube_add()\nbpy.ops.ed.undo_push(message='cube')"


@pytest.fixture
def artist(borrow, request):
    """A Blender whose window shows a cube, and whose sidebar is watched."""
    version = request.node.callspec.params["version"]
    blenders.require(version)
    (blender,) = borrow(version, lambda: [watched(version)])
    blender.run("scenesync.leave()\ndrawn.clear()")
    blender.empty()
    blender.run(CUBE)
    before = len(blender.log())
    yield blender
    log = blender.log()[before:]
    assert "Traceback" not in log, log


def watched(version):
    blender = Blender(version, window=True)
    blender.run(SHOW)
    return blender


def shows(artist, *texts, seconds=30):
    """Wait until the panels, as drawn, say all this."""
    end = time.monotonic() + seconds
    while True:
        said = artist.run(READ, names=BOTH)
        if all(any(text in line for line in said) for text in texts):
            return said
        assert time.monotonic() < end, f"{texts} not among {said}"
        time.sleep(0.05)


def everything_is_sent(artist):
    """Wait until the broker has all: what the agent has acknowledged may still be on its way there."""
    artist.synced()
    end = time.monotonic() + 30
    while artist.run("result = registration.session().status.get('pending')"):
        assert time.monotonic() < end
        time.sleep(0.05)


def is_drawn(artist):
    """Wait until the main panel is drawn anew."""
    artist.run("drawn.clear()\npanel._redraw()")
    end = time.monotonic() + 30
    while not artist.run("result = 'SCENESYNC_PT_main' in drawn"):
        assert time.monotonic() < end
        time.sleep(0.05)


@versions
def test_every_state(artist, tmp_path, version):
    broker, store = services.Broker(tmp_path), services.Store(tmp_path)
    agent = services.Agent(tmp_path / "a", broker.url, store.url, name="anna")
    try:
        is_drawn(artist)
        assert artist.run("result = bpy.ops.scenesync.leave.poll()") is False
        artist.join(agent, "demo")
        shows(artist, "No agent answers", f"Start it so that it serves {agent.socket}")
        agent.start()
        shows(artist, "The broker does not answer", "check the address in the preferences")
        broker.start()
        store.start()
        shows(artist, "In “demo”", "Nobody else is here")
        assert artist.run("result = bpy.ops.scenesync.leave.poll()") is True

        everything_is_sent(artist)
        broker.kill()
        artist.run("bpy.data.objects['Cube'].name = 'Box'")  # one edit; a move has its world matrix follow
        shows(artist, "The broker does not answer", "1 edit not yet with the others", "Unknown until the broker answers")
        broker.start()
        shows(artist, "Nobody else is here", seconds=60)
        store.kill()
        artist.run("bpy.ops.mesh.primitive_grid_add(x_subdivisions=200, y_subdivisions=200)")
        shows(artist, "The asset store does not take or give files", "Meshes and images wait until it does", "Uploading")
        artist.run("bpy.ops.scenesync.leave()")
        is_drawn(artist)
        assert artist.run(READ, names=BOTH[:1]) == []
    finally:
        for service in (agent, store, broker):
            service.stop()


@versions
def test_a_wrong_password(artist, tmp_path, version):
    with services.Broker(tmp_path, config="lan.conf", passwords={"anna": "right"}) as broker:
        settings = tmp_path / "agent.ini"
        settings.write_text("user = anna\npassword = wrong\n")
        with services.Agent(tmp_path / "a", broker.url, "http://127.0.0.1:1", config=settings) as agent:
            artist.join(agent, "demo")
            shows(artist, "The broker refuses this user and password", "Correct them in the preferences")


@versions
def test_a_certificate_that_nobody_vouches_for(artist, tmp_path, version):
    """And one of another host, by an authority that is known."""
    names = "DNS:elsewhere.example"
    with services.Broker(tmp_path, config="lan.conf", passwords={"anna": "right"}, tls=True, names=names) as broker:
        settings = tmp_path / "agent.ini"
        for lines, told in (("", "is not trusted (self-signed certificate): ca_file"), (f"ca_file = {broker.ca}\n", "is for elsewhere.example, not for 127.0.0.1")):
            settings.write_text(f"user = anna\npassword = right\n{lines}")
            with services.Agent(tmp_path / "a", broker.url, "http://127.0.0.1:1", config=settings) as agent:
                artist.join(agent, "demo")
                shows(artist, "The broker does not answer", told)
                artist.run("bpy.ops.scenesync.leave()")


@versions
def test_people(artist, agents, scene, version):
    other = Blender("3.4")
    try:
        artist.join(agents[0], scene)
        shows(artist, "Nobody else is here")
        other.join(agents[1], scene)
        other.synced()
        shows(artist, "ben", "Blender 3.4.1")
        other.run("bpy.context.view_layer.objects.active = bpy.data.objects['Cube']")
        shows(artist, "Blender 3.4.1, at Cube")
        other.run("scenesync.leave()")
        shows(artist, "ben", "Away")
        agents[1].stop()
        shows(artist, "Nobody else is here")
    finally:
        other.close()
        agents[1].start()


@versions
def test_the_question_is_answered_with_a_button(artist, agents, scene, version):
    other = Blender("3.4")
    try:
        other.run(WORK, name="of the other")
        other.join(agents[1], scene)
        other.synced()
        artist.run(WORK, name="of the artist")
        artist.join(agents[0], scene)
        shows(artist, f"“{scene}” waits for your answer")
        is_drawn(artist)
        artist.run("bpy.ops.scenesync.decide(content='RECEIVE')")
        shows(artist, f"In “{scene}”")
        artist.synced()
        names = artist.run("result = [o.name for o in bpy.context.scene.objects]")
        assert "of the other" in names and "of the artist" not in names
    finally:
        other.close()


@versions
def test_problems_progress_and_their_end(artist, agents, scene, version):
    artist.join(agents[0], scene)
    shows(artist, f"In “{scene}”")
    artist.run(
        "s = registration.session()\ns._on_status = lambda frame: None  # it stays as it is given here\ns.fail('light', 'no such lamp')\ns.fail('light', 'no such lamp')\n"
        "s.status = {**s.status, 'downloads': {'n': 3, 'bytes': 45000000, 'done': 12000000}, 'pending': 2, 'refused': {'malformed': 1}}"
    )
    shows(artist, "Light (2 times)", "no such lamp", "Downloading 3 files, 12.0 MB of 45.0 MB", "2 edits not yet", "The agent refused 1 message")
    artist.run("bpy.ops.scenesync.dismiss()")
    is_drawn(artist)
    assert not any("lamp" in line for line in artist.run(READ, names=BOTH))


@versions
def test_joining_with_nonsense_says_what_to_write(artist, version):
    for name, value, says in (
        ("scene", "Ein Würfel", "Use small letters"),
        ("broker", "127.0.0.1", "must look like mqtt://"),
        ("store", "ftp://here", "must look like http://"),
        ("store", "s3+https://key:secret/more@s3.example/assets", "of the asset store in the preferences must look like http://"),
    ):
        code = (
            "from types import SimpleNamespace\nfrom scenesync.ui import operators\n"
            "given = vars(operators.preferences.current()).copy()\nslug = 'demo'\n"
            "if name == 'scene': slug = value\nelse: given[name] = value\n"
            "result = operators._problem(slug, SimpleNamespace(**given))"
        )
        assert says in artist.run(code, name=name, value=value)
    with pytest.raises(AssertionError, match="cannot be a scene's name"):
        artist.run("bpy.ops.scenesync.join(scene='Ein Würfel')")


@versions
def test_text_is_wrapped_and_not_cut(artist, version):
    text = "The broker does not answer: mqtt://a-very-long-name-of-a-machine.example.org:1883/path. Check it"
    for width in (40, 120, 300):
        lines = artist.run("result = panel.wrap(text, width, 11)", text=text, width=width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert artist.run("import blf; blf.size(0, 11)\nresult = max(blf.dimensions(0, line)[0] for line in lines)", lines=lines) <= width
