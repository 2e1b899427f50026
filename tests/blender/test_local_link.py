# SPDX-License-Identifier: Apache-2.0
"""An agent at a TCP port of this machine is as good as one at a Unix socket."""

import time

import services
from blender import same, settle
from test_objects import CUBES


def test_an_agent_that_serves_tcp(alone, agents, scene, tmp_path):
    a, b = alone
    with services.Agent(tmp_path / "tcp", agents.broker.url, agents.store.url, name="cleo", options=["--tcp", "0"]) as agent:
        a.join(agent, scene)
        b.join(agents[1], scene)
        a.run(CUBES)
        settle(a, b)
        same(a, b)
        agent.kill()
        a.run("bpy.data.objects['one'].location.x = 3\nscenesync.pump(0.1)")
        agent.start()  # at another port, with another token
        settle(a, b)
        same(a, b)
        a.run("from scenesync import agent\nagent.stop(path)", path=agent.socket)
        end = time.monotonic() + 20
        while agent.alive and time.monotonic() < end:
            time.sleep(0.05)
        assert not agent.alive and agent.process.returncode == 0
