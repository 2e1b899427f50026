# SPDX-License-Identifier: Apache-2.0
"""Brokers that are several: one of a cluster is killed, the line between two sites is cut."""
import pytest
from agents import eventually, new_id, world
from lines import Line
from test_joining import edits, fill

PATIENCE = 120  # seconds; a cluster has to agree on who leads what


def all_equal(links):
    return len({link.digest() for link in links}) == 1


@pytest.mark.only("nats", "nats-new")
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_node_that_is_killed_while_edits_pour_in(scene, number):
    """Who is at another node goes on; who is at this one goes on alone, and both hear of it all when it is back."""
    hosts = [scene.agent(name) for name in ("ada", "bob", "cid")]
    links = [scene.link(host) for host in hosts]
    fill(links[0], 100)
    alone, others = links[number], [link for link in links if link is not links[number]]
    with edits(hosts[0], True, 100) as by_ada, edits(hosts[1], True, 100) as by_bob, edits(hosts[2], True, 100) as by_cid:
        scene.broker.parts[number].kill()
        heard, unheard = new_id(), new_id()
        alone.set("object", unheard, name="unheard")
        others[0].set("object", heard, name="heard")
        others[1].sees("object", heard, "name", "heard", PATIENCE)
        assert ("object", unheard, "name") not in others[1].values
        scene.broker.parts[number].start()
        others[1].sees("object", unheard, "name", "unheard", PATIENCE)
        alone.sees("object", heard, "name", "heard", PATIENCE)
    for identity, name in {**by_ada, **by_bob, **by_cid}.items():
        for link in links:
            link.sees("object", identity, "name", name, PATIENCE)
    eventually(lambda: all_equal(links))


@pytest.mark.only("mosquitto-sites")
def test_the_line_between_sites_is_cut(broker, tmp_path):
    """Each site goes on, newcomers too, and when the line is back both have everything."""
    with Line(broker.parts[0].port) as line:
        broker.bridge_port = line.port
        with world(tmp_path, broker) as scene:
            hosts = [scene.agent(name) for name in ("ada", "bob", "cid", "dora")]  # Ada and Cid are at one site, Bob and Dora at the other
            links = [scene.link(host) for host in hosts]
            fill(links[0], 100)
            eventually(lambda: all_equal(links))
            line.cut()
            with edits(hosts[0], True) as by_ada, edits(hosts[1], True) as by_bob:
                here, there = new_id(), new_id()
                links[0].set("object", here, name="here")
                links[1].set("object", there, name="there")
                links[2].sees("object", here, "name", "here")
                links[3].sees("object", there, "name", "there")
                late = scene.link(scene.agent("late", broker=broker.urls[1]))
                late.sees("object", there, "name", "there")
                assert all(link.values.get(("object", here, "name")) is None for link in (links[1], links[3], late))
            line.mend()
            for identity, name in {**by_ada, **by_bob, here: "here", there: "there"}.items():
                for link in (*links, late):
                    link.sees("object", identity, "name", name)
            eventually(lambda: all_equal([*links, late]))
