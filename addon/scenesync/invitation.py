# SPDX-License-Identifier: GPL-3.0-or-later
"""An invitation that somebody was sent: scenesync://host:port/SCENE?user=…&password=…&store=…&ca=… (docs/deploy.md)."""

import base64
import binascii
import os
import re
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

SCENE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}|")
USER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class InvitationError(Exception):
    """Why a text cannot be used as an invitation, and what to do."""


@dataclass
class Invitation:
    broker: str
    scene: str  # empty: every scene
    user: str
    password: str = ""  # empty: the user has one already
    store: str = ""  # empty: none is named
    ca: str = ""  # PEM; empty: a certificate that the system knows

    def write_ca(self, folder):
        """Keep the authority's certificate; returns the file's path, or nothing where there is none."""
        if not self.ca:
            return ""
        path = os.path.join(folder, "authorities", re.sub(r"[^A-Za-z0-9.-]+", "_", self.broker.split("://")[1]) + ".crt")
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(self.ca)
        return path


def parse(text):
    """Raises InvitationError."""
    text = text.strip()
    if not text.startswith("scenesync://"):
        raise InvitationError("That is no invitation: one begins with scenesync://. Copy it, then press this button again")
    if len(text) > 16384 or any(character < "!" or character > "~" for character in text):
        raise InvitationError("There is more than an invitation in what was copied. Copy the link alone")
    try:
        parts = urlsplit(text)
        values = dict(parse_qsl(parts.query, strict_parsing=True))
        good = parts.hostname and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    scene = parts.path[1:] if good else ""
    if not good or not SCENE.fullmatch(scene) or not USER.fullmatch(values.get("user", "")) or not _is_clean(values):
        raise InvitationError("The invitation is not whole. Copy all of it, or ask for another one")
    scheme = "mqtt" if values.get("tls") == "no" else "mqtts"
    return Invitation(f"{scheme}://{parts.netloc}", scene, values["user"], values.get("password", ""), values.get("store", ""), _pem(values.get("ca", "")))


def _is_clean(values):
    """They become lines of a file."""
    store = values.get("store", "https://")
    return store.removeprefix("s3+").startswith(("https://", "http://")) and not any(ord(character) < 32 for value in values.values() for character in value)


def _pem(text):
    if not text:
        return ""
    try:
        der = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        pem = ssl.DER_cert_to_PEM_cert(der)
        ssl.create_default_context(cadata=pem)
    except (binascii.Error, ssl.SSLError, ValueError):
        raise InvitationError("The invitation's certificate is damaged. Copy all of it, or ask for another one") from None
    return pem
