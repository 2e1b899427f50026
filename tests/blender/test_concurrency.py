# SPDX-License-Identifier: Apache-2.0
"""Two people edit one thing at the same moment: edits of different properties both survive."""

import os
import signal

from blender import hear, same, settle

SETUP = """
bpy.ops.mesh.primitive_cube_add()
o = bpy.context.object
o.name = "cube"
m = bpy.data.materials.new("paint")
m.use_nodes = True
o.data.materials.append(m)
"""


HOLD = "from scenesync import registration\nsession = registration.session()\ntake_in, session._take_in = session._take_in, lambda deadline: None"


def at_once(a, b, code_a, code_b):
    """Both edit before either hears of the other."""
    a.run(SETUP)
    settle(a, b)
    for blender, code in ((a, code_a), (b, code_b)):
        blender.run(HOLD)
        blender.run(code + "\nbpy.context.view_layer.update()")
    for blender in (a, b):
        blender.run("session._take_in = take_in")
    settle(a, b)
    same(a, b)


def test_location_and_rotation(both):
    a, b = both
    at_once(a, b, "bpy.data.objects['cube'].location = (1, 2, 3)", "bpy.data.objects['cube'].rotation_euler = (3, 2, 1)")
    for blender in both:
        assert blender.run("o = bpy.data.objects['cube']\nresult = [*o.location, *o.rotation_euler]") == [1, 2, 3, 3, 2, 1]


def test_two_sockets_of_one_material(both):
    a, b = both
    socket = "bpy.data.materials['paint'].node_tree.nodes['Principled BSDF'].inputs"
    at_once(a, b, f"{socket}['Roughness'].default_value = 0.25", f"{socket}['Metallic'].default_value = 0.75")
    for blender in both:
        assert blender.run(f"i = {socket}\nresult = [i['Roughness'].default_value, i['Metallic'].default_value]") == [0.25, 0.75]


def test_a_node_removed_unseen_as_its_socket_is_set(both):
    """The removal, which no event told of yet, is found when a value comes for the node: all of it is gone then."""
    a, b = both
    a.run(SETUP)
    settle(a, b)
    known = b.run("""
from scenesync import registration
session, paint = registration.session(), bpy.data.materials["paint"]
uuid = session.ctx.id_of(paint)
values = session.mirror.get("material", uuid).values
node = next(name for name in values if values[name] == "ShaderNodeBsdfPrincipled")
paint.node_tree.nodes.remove(paint.node_tree.nodes["Principled BSDF"])
session.receive.entity("material", uuid, {node + "/inputs/Roughness": 0.25}, 1 << 62)
session._work(session._take_in, float("inf"))
values = session.mirror.get("material", uuid).values
result = [name for name in values if name.startswith(node)]
""")
    assert known == []
    settle(a, b)
    same(a, b)


def test_a_node_of_another_type_in_place_of_one(both):
    """As when nodes are swapped: what the new one has like the old one was, its links too, goes with the old one in Blender."""
    a, b = both
    tree = "tree = bpy.data.materials['paint'].node_tree\n"
    place = "node.location = (-300, 100)\nnode.label = 'swapped'\n"
    link = "tree.links.new(tree.nodes['Principled BSDF'].inputs['Roughness'], node.outputs[0])\n"
    a.run(SETUP + tree + "node = tree.nodes.new('ShaderNodeValue')\n" + place + link)
    settle(a, b)
    a.run(tree + "tree.nodes.remove(tree.nodes['Value'])\nnode = tree.nodes.new('ShaderNodeMath')\n" + place + link)
    settle(a, b)
    same(a, b)
    assert b.run(tree + "result = [link.from_node.name for link in tree.links]") == ["Principled BSDF", "Math"]


def test_two_nodes_of_one_name(both, agents):
    """Names of nodes are unique: both sides leave the name to the same one, and call the other alike."""
    a, b = both
    a.run(SETUP)
    settle(a, b)
    os.kill(agents[1].process.pid, signal.SIGSTOP)  # so that neither hears of the other before both are made
    for blender, value in ((a, 1), (b, 2)):
        blender.run(
            "tree = bpy.data.materials['paint'].node_tree\nfor value in (value, value + 2):\n    node = tree.nodes.new('ShaderNodeMath')\n"
            "    node.inputs[0].default_value = value\ntree.links.new(tree.nodes['Principled BSDF'].inputs['Roughness'], node.outputs[0])",
            value=value,
        )
    os.kill(agents[1].process.pid, signal.SIGCONT)
    settle(a, b)
    same(a, b)
    assert len(a.run("result = tree.nodes.keys()")) == 6


def test_one_property(both):
    a, b = both
    at_once(a, b, "bpy.data.objects['cube'].location.x = 1", "bpy.data.objects['cube'].location.x = 2")
    assert a.run("result = bpy.data.objects['cube'].location.x") in (1, 2)


def test_name_and_collection(both):
    a, b = both
    at_once(
        a,
        b,
        "bpy.data.objects['cube'].name = 'box'",
        "c = bpy.data.collections.new('c')\nbpy.context.scene.collection.children.link(c)\nc.objects.link(bpy.data.objects['cube'])",
    )
    assert a.run("result = [o.name for o in bpy.data.collections['c'].objects]") == ["box"]


def test_into_one_collection_and_out_of_another(both):
    """Moved elsewhere here while the link that another made waits for the next batch: it is no longer where it was."""
    a, b = both
    a.run(SETUP + "for name in ('c', 'd'):\n    bpy.context.scene.collection.children.link(bpy.data.collections.new(name))")
    settle(a, b)
    b.run("apply = __import__('scenesync').registration.session().apply\nlink, apply._link = apply._link, lambda now: None")
    hear(a, b, "bpy.data.collections['c'].objects.link(bpy.data.objects['cube'])\nbpy.context.view_layer.update()", "apply.links")
    b.run("""
cube = bpy.data.objects["cube"]
bpy.context.scene.collection.objects.unlink(cube)
bpy.data.collections["d"].objects.link(cube)
apply._link = link
""")
    settle(b, a)
    for blender in both:
        assert blender.run("result = sorted(c.name for c in bpy.data.objects['cube'].users_collection)") == ["c", "d"]


def test_two_custom_properties(both):
    a, b = both
    at_once(a, b, "bpy.data.objects['cube']['x'] = 1", "bpy.data.objects['cube']['y'] = 2")
    assert a.run("o = bpy.data.objects['cube']\nresult = [o['x'], o['y']]") == [1, 2]


def test_what_is_brought_back_has_nothing_that_the_others_lack(both):
    """One no longer uses a material in the scene, and then does again; the other has changed it meanwhile, in a scene of its own."""
    a, b = both
    a.run(SETUP)
    settle(a, b)
    for blender in both:
        blender.run(
            "paint, cube = bpy.data.materials['paint'], bpy.data.objects['cube']\nown = bpy.data.meshes.new('own')\nown.materials.append(paint)\n"
            "bpy.data.scenes.new('own').collection.objects.link(bpy.data.objects.new('own', own))"
        )
    b.run("cube.data.materials.clear()")
    settle(a, b)
    a.run("paint.node_tree.nodes.new('ShaderNodeRGB')\npaint['mine'] = 1\nbpy.context.view_layer.update()")
    settle(a, b)
    b.run("cube.data.materials.append(paint)")
    settle(a, b)
    same(a, b)
    assert len(a.run("result = paint.node_tree.nodes.keys()")) == 2


def test_weights_for_a_topology_that_came_back(both):
    """Weights that another gave before we built the topology anew are none: what waits to be applied is no exception."""
    a, b = both
    a.run(SETUP)
    settle(a, b)
    a.run("session = scenesync.registration.session()\nsession._take_in = lambda deadline: None")
    b.run("o = bpy.data.objects['cube']\no.vertex_groups.new(name='group').add([0], 0.5, 'REPLACE')\no.data.update()\nbpy.context.view_layer.update()")
    while not a.run("result = bool(session.apply.inbox['mesh'])"):
        pass
    a.run(
        "import bmesh\nold, new = bmesh.new(), bmesh.new()\nold.from_mesh(o.data)\nnew.from_mesh(o.data)\n"
        "bmesh.ops.subdivide_edges(new, edges=new.edges, cuts=1)"
    )
    for work in ("new", "old"):
        a.run(f"{work}.to_mesh(o.data)\no.data.update()\nsession.pump(0.1)")
    a.run("del session._take_in")
    settle(a, b)
    same(a, b)


def test_an_edit_before_another_field_is_put_back(both):
    """Ticks can be too short to put back what undo took; what the agent repeats meanwhile is no reason to undo the next edit."""
    a, b = both
    a.run(SETUP)
    settle(a, b)
    a.run(
        "import bmesh\nfrom scenesync import registration\nsession, mesh = registration.session(), bpy.data.objects['cube'].data\n"
        "uuid = session.ctx.id_of(mesh)\nvalues = session.mirror.get('mesh', uuid).values\n"
        "session.apply.put('mesh', uuid, {'use_mirror_x': values['use_mirror_x']}, force=True)\n"
        "session.apply.put('mesh', uuid, {'topology': values['topology']})\n"
        "work = bmesh.new()\nwork.from_mesh(mesh)\nbmesh.ops.subdivide_edges(work, edges=work.edges, cuts=1)\nwork.to_mesh(mesh)\nmesh.update()"
    )
    settle(a, b)
    same(a, b)
    assert b.run("result = len(bpy.data.objects['cube'].data.vertices)") == 20


def test_what_has_a_fake_user_stays_in_the_file(both):
    """It leaves the scene with its last user, and comes back with the next. Nobody who asked Blender to keep it loses it, nor who unlinked it."""
    a, b = both
    a.run(SETUP + "m.use_fake_user = True")
    settle(a, b)
    for blender in (b, a):
        blender.run("slots = bpy.data.objects['cube'].data.materials\nslots.clear()\nbpy.context.view_layer.update()")
        settle(a, b)
        assert a.run("result = bpy.data.materials.keys()") == ["paint"]
        assert b.run("result = bpy.data.materials.keys()") == (["paint"] if blender is b else [])
        a.run("bpy.data.objects['cube'].data.materials.append(bpy.data.materials['paint'])\nbpy.context.view_layer.update()")
        settle(a, b)
        same(a, b)
        assert b.run("result = [m.name for m in bpy.data.objects['cube'].data.materials]") == ["paint"]


def test_members_that_are_called_alike(both):
    """Modifiers and drivers find them by name: everywhere the same one has it, the other is `.001`."""
    a, b = both
    add = (
        "o = bpy.data.objects['cube']\no.vertex_groups.new(name='Group').add([0], {0}, 'REPLACE')\no.shape_key_add(name='Key').data[0].co.x = {0}\n"
        "mask = bpy.data.masks['m']\nmask.layers.new(name='Layer').alpha = {0}\no.data.update()"
    )
    a.run("bpy.data.masks.new('m')")
    at_once(a, b, add.format(0.25), add.format(0.5))
    look = (
        "o = bpy.data.objects['cube']\n"
        "result = {**{g.name: g.weight(0) for g in o.vertex_groups}, **{'key ' + k.name: k.data[0].co.x for k in o.data.shape_keys.key_blocks},\n"
        "    **{'layer ' + l.name: l.alpha for l in bpy.data.masks['m'].layers}}"
    )
    found = a.run(look)
    assert found == b.run(look)
    assert sorted(found) == ["Group", "Group.001", "key Key", "key Key.001", "layer Layer", "layer Layer.001"]


def test_names_that_pass_from_one_member_to_another(both):
    """Who hears of it all at once calls none of them `.001`."""
    a, b = both
    a.run(
        SETUP + "mask = bpy.data.masks.new('m')\no.shape_key_add(name='Basis')\n"
        "for name in 'abcdef':\n    o.vertex_groups.new(name=name)\n    o.shape_key_add(name=name)\n    mask.layers.new(name=name)"
    )
    settle(a, b)
    b.run("session = scenesync.registration.session()\nsession._take_in = lambda deadline: None")
    for old, new in zip("fedcba", "gfedcb"):
        a.run(
            f"for items in (o.vertex_groups, o.data.shape_keys.key_blocks, mask.layers):\n    items[{old!r}].name = {new!r}\n"
            "o.data.update()\nbpy.context.view_layer.update()"
        )
        a.synced()
    b.run("del session._take_in")
    settle(a, b)
    same(a, b)
    assert b.run("result = bpy.data.objects['cube'].vertex_groups.keys()") == list("bcdefg")


def test_both_build_the_same_topology(both):
    """What only one of them has of it stays."""
    a, b = both
    subdivide = (
        "import bmesh\nwork = bmesh.new()\nwork.from_mesh(o.data)\nbmesh.ops.subdivide_edges(work, edges=work.edges, cuts=1)\n"
        "work.to_mesh(o.data)\no.data.update()\nbpy.context.view_layer.update()"
    )
    a.run(SETUP)
    settle(a, b)
    a.run("session = scenesync.registration.session()\nsession._take_in = lambda deadline: None")
    b.run("o = bpy.data.objects['cube']\no.data.attributes.new('extra', 'FLOAT', 'POINT')\n" + subdivide)
    while not a.run("result = any('topology' in fields for fields in session.apply.inbox['mesh'].values())"):
        pass
    a.run(subdivide + "\nsession.pump(0.1)\ndel session._take_in")
    settle(a, b)
    same(a, b)
    assert a.run("result = 'extra' in o.data.attributes")
