# SPDX-License-Identifier: Apache-2.0
"""What the page says when the link is not well, and that it goes on when it is well again."""
import contextlib
import hashlib
import re
import select
import socket
import threading
import time
from urllib.parse import urlencode

import pytest
import services
from crowd import Crowd

WINDOW = (960, 540)
NOTICE = ".notice"


def says(page, selector, words):
    """Waits until an element that can be seen says this."""
    page.wait(f"(() => {{ const e = document.querySelector({selector!r}); return e?.offsetParent && e.textContent.includes({words!r}); }})()")
    return page.text(selector)


def _received(source):
    try:
        return source.recv(65536)
    except ConnectionError:
        return b""


class SlowLink:
    """A port that passes everything on to another one, `delay` seconds later each way; nothing while it is `deaf`."""

    def __init__(self, port, delay):
        self.target, self.delay, self.deaf, self.clients = port, delay, False, []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client = self.server.accept()[0]
            except OSError:
                return
            self.clients.append(client)
            broker = socket.create_connection(("127.0.0.1", self.target))
            for source, sink in ((client, broker), (broker, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source, sink):
        """What was read waits in line; reading goes on meanwhile, so that only time is lost and no speed."""
        line, open_ = [], True
        while open_ or line:
            wait = max(0.0, line[0][0] - time.monotonic()) if line else None
            if open_ and select.select([source], [], [], wait)[0]:
                data = _received(source)
                open_ = bool(data)
                if data and not self.deaf:
                    line.append((time.monotonic() + self.delay, data))
            elif not open_:
                time.sleep(wait or 0)
            while line and line[0][0] <= time.monotonic():
                data = line.pop(0)[1]
                try:
                    sink.sendall(data)
                except OSError:
                    return
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has gone already

    def cut(self):
        """Ends all connections."""
        for client in self.clients:
            with contextlib.suppress(OSError):  # it has gone already
                client.shutdown(socket.SHUT_RDWR)
        self.clients.clear()


def test_the_form_asks_and_explains(page, world):
    page.open(world.site.url)
    assert page.evaluate("!document.querySelector('.connect').hidden")
    page.fill("input[name=scene]", "Not A Slug")
    page.click(".primary")
    assert "a-z" in page.text(".message")
    page.fill("input[name=scene]", "form")
    page.fill("input[name=name]", "Vera")
    page.fill("input[name=broker]", world.broker.ws_url)
    page.fill("input[name=store]", world.store.url)
    page.click(".primary")
    page.wait("window.scenesync?.session.loaded")
    assert "scene=form" in page.evaluate("location.hash") and "password" not in page.evaluate("location.hash")
    assert re.search("The scene is empty", page.text(".tree"))


def test_it_reconnects_and_catches_up(page, world, scene):
    crowd = Crowd(world.broker, scene, 3)
    crowd.build()
    page.join(world.site, broker=world.broker.ws_url, store=world.store.url, scene=scene)
    page.shown(3)
    crowd.close()
    world.broker.stop()
    assert "Trying again" in says(page, NOTICE, "Connection lost")
    assert page.evaluate("document.querySelector('.link').dataset.state") != "online"
    assert page.evaluate("scenesync.content.objects") == 3
    world.broker.start()
    other = Crowd(world.broker, scene, 2)
    other.build()
    page.shown(5)
    page.wait("document.querySelector('.notice').hidden && document.querySelector('.link').dataset.state === 'online'")
    other.close()


def test_a_slow_link_is_called_slow(page, world, scene):
    slow = SlowLink(world.broker.ws_port, 0.6)
    page.join(world.site, broker=f"ws://127.0.0.1:{slow.port}", store=world.store.url, scene=scene)
    page.wait("window.scenesync?.session.loaded", 40)
    assert re.search(r"answers after \d\.\d s", says(page, NOTICE, "Slow link"))
    slow.server.close()


def test_an_edit_under_way_when_the_link_goes_is_taken_back_and_told(page, world, scene):
    """And not sent again: there are brokers that close the connection because of an edit that they refuse."""
    link = SlowLink(world.broker.ws_port, 0)
    crowd = Crowd(world.broker, scene, 1)
    crowd.build()
    page.join(world.site, broker=f"ws://127.0.0.1:{link.port}", store=world.store.url, scene=scene)
    page.shown(1)
    transform = f"scenesync.session.replica.get('transform', '{crowd.ids[0].hex()}')"
    before = page.evaluate(f"{transform}.get('location')")
    link.deaf = True
    page.evaluate(f"void scenesync.session.edit({transform}, {{ location: [5, 6, 7] }})")
    assert page.evaluate(f"{transform}.get('location')") == [5, 6, 7]
    link.cut()
    link.deaf = False
    says(page, NOTICE, "taken back")
    page.wait("scenesync.session.link.state === 'online' && scenesync.session.loaded")
    assert page.evaluate(f"{transform}.get('location')") == before
    assert crowd.heard("transform", "location", crowd.ids[0].hex()) == before
    crowd.close()
    link.server.close()


def test_a_broker_that_is_not_there(page, world, scene):
    page.join(world.site, broker=f"ws://127.0.0.1:{services.free_port()}", store=world.store.url, scene=scene)
    says(page, NOTICE, "Connection lost")


@pytest.mark.parametrize("user, password, said", [("alice", "wrong", "wrong name or password"), ("nobody", "x", "wrong name or password"), ("", "", "give a user name")])
def test_a_wrong_password_is_told(page, world, guarded, scene, user, password, said):
    broker, store = guarded
    page.join(world.site, broker=broker.ws_url, store=store.url, scene=scene, user=user, password=password)
    page.wait("!document.querySelector('.connect').hidden && !document.querySelector('.message').hidden")
    assert said in page.text(".message")
    assert page.evaluate("document.querySelector('input[name=scene]').value") == scene


@pytest.mark.parametrize("user, password, role", [("alice", "secret-a", "editor"), ("vera", "secret-v", "viewer")])
def test_the_broker_says_who_may_edit(page, world, guarded, scene, user, password, role):
    broker, store = guarded
    page.join(world.site, broker=broker.ws_url, store=store.url, scene=scene, user=user, password=password)
    page.wait(f"window.scenesync?.session.role === {role!r}")
    assert page.text(".role") == ("view only" if role == "viewer" else "")
    assert "password" not in page.evaluate("location.hash")
    page.evaluate("window.lost = 0; scenesync.session.connection.client.on('close', () => lost++); new Promise((done) => setTimeout(done, 3000))")
    assert page.evaluate("lost") == 0 and page.evaluate("scenesync.session.link.state") == "online"  # to be refused has not cost the connection


def test_a_link_pasted_into_an_open_page_is_followed(page, world, guarded, scene):
    broker, store = guarded
    page.join(world.site, broker=world.broker.ws_url, store=world.store.url, scene=scene)
    page.wait("window.scenesync?.session.loaded")
    page.open(world.site.url + "#" + urlencode({"broker": broker.ws_url, "store": store.url, "scene": f"{scene}-2", "user": "alice", "password": "secret-a"}))
    page.wait(f"window.scenesync?.session.settings.scene === '{scene}-2' && scenesync.session.role === 'editor'")
    assert "password" not in page.evaluate("location.hash")


def test_the_store_answers_a_page_of_another_origin(page, world, guarded):
    """With a password the browser asks first whether it may (OPTIONS), and gets what it wants; without one it is told 401."""
    _, store = guarded
    content = b"a picture"
    name = hashlib.sha256(content).hexdigest()
    (store.files / name[:2]).mkdir(exist_ok=True)
    (store.files / name[:2] / name).write_bytes(content)
    page.open(world.site.url)
    get = f"(headers) => fetch('{store.url}/{name[:2]}/{name}', {{headers}}).then((r) => r.status === 200 ? r.text() : r.status)"
    assert page.evaluate(f"({get})({{Authorization: 'Basic ' + btoa('vera:secret-v')}})") == "a picture"
    assert page.evaluate(f"({get})({{Authorization: 'Basic ' + btoa('vera:wrong')}})") == 401
    assert page.evaluate(f"({get})({{}})") == 401
