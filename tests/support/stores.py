# SPDX-License-Identifier: Apache-2.0
"""Asset stores other than nginx, used like services.Store: lighttpd's WebDAV and an S3 bucket."""
import sys
from pathlib import Path

from services import CONFIG, LOOPBACK, Service, answers, free_port, in_root



class OtherStore(Service):
    """`url` is where agents find it, `files` the folder that holds the assets."""

    def __init__(self, directory):
        super().__init__(Path(directory) / "store")
        self.port, self.ca = free_port(), None
        self.files = self.directory / "files"

    def ready(self):
        return answers(self.port)


class Lighttpd(OtherStore):
    """lighttpd of Debian 13, with broker-config/lighttpd; `root` is docker.servers_root()."""

    name = "lighttpd"

    def __init__(self, directory, root):
        super().__init__(directory)
        self.root, self.url = root, f"http://{LOOPBACK}:{self.port}"

    def prepare(self):
        for folder in (self.directory / "incoming", *(self.files / f"{ab:02x}" for ab in range(256))):
            folder.mkdir(parents=True, exist_ok=True)
        text = (CONFIG / "lighttpd" / "store.conf").read_text()
        for old, new in (("server.port = 8080", f"server.port = {self.port}"), ("/srv/scenesync/store", str(self.files)),
                         ("/srv/scenesync/incoming", f"{self.directory}/incoming")):
            text = text.replace(old, new)
        (self.directory / "lighttpd.conf").write_text(text)

    def command(self):
        return [*in_root(self.root), "/usr/sbin/lighttpd", "-D", "-f", self.directory / "lighttpd.conf"]


class S3(OtherStore):
    """A bucket at s3.py; `options` are its."""

    name = "s3"
    key, secret, bucket = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "assets"

    def __init__(self, directory, *options):
        super().__init__(directory)
        self.options, self.served = options, self.files
        self.files = self.served / self.bucket
        self.url = self.url_with(self.secret)

    def url_with(self, secret, port=None):
        return f"s3+http://{self.key}:{secret.replace('/', '%2F')}@{LOOPBACK}:{port or self.port}/{self.bucket}"

    def prepare(self):
        self.files.mkdir(parents=True, exist_ok=True)

    def command(self):
        return [sys.executable, Path(__file__).with_name("s3.py"), self.port, self.served, self.key, self.secret, *self.options]
