# SPDX-License-Identifier: Apache-2.0
"""Chromium as tests drive it, and a server for the built viewer."""
import functools
import http.server
import json
import shutil
import subprocess
import threading
from pathlib import Path
from urllib.parse import urlencode

HERE = Path(__file__).resolve().parent
VIEWER = HERE.parents[1] / "viewer"
DIST = VIEWER / "dist"


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Site:
    """viewer/dist on a port of its own: another origin than broker and store."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=DIST))
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()


class Page:
    """One page in one browser, which is given `flags`. `click`, `fill`, `text` … are those of browser.mjs."""

    def __init__(self, width=1280, height=800, *flags):
        chromium = shutil.which("chromium")
        self.process = subprocess.Popen(["node", HERE / "browser.mjs", chromium, str(width), str(height), *flags],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __getattr__(self, name):
        return lambda *arguments: self.do(name, *arguments)

    def do(self, name, *arguments):
        self.process.stdin.write(json.dumps({"do": name, "with": arguments}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(f"{name}{arguments}: {answer['error']}\n" + ("\n".join(self.do("said")) if name != "said" else ""))
        return answer["result"]

    def wait(self, expression, seconds=20):
        return self.do("wait", expression, 1000 * seconds)

    def join(self, site, **settings):
        """Opens the viewer in a scene: broker, store, scene, name, user, password."""
        self.open("about:blank")
        self.open(site.url + "#" + urlencode(settings))

    def shown(self, objects=1, seconds=40):
        """Waits until the scene is here, drawn and at rest."""
        self.wait(f"window.scenesync && scenesync.session.loaded && scenesync.content.objects >= {objects}", seconds)
        self.wait("scenesync.assets.underWay === 0 && !scenesync.content.graph.pending", seconds)
        self.settled()

    def settled(self, seconds=60):
        """Waits until nothing more is due to be drawn, now and a moment later."""
        for _ in range(2):
            self.wait("scenesync.stage.atRest && !scenesync.session.replica.stirred", seconds)
            self.evaluate("new Promise((done) => setTimeout(done, 200))")

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
