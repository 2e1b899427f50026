# SPDX-License-Identifier: Apache-2.0
"""Invitations as the add-on reads them; test_access.py has those that `scenesync invite` prints."""

import subprocess

import pytest
from scenesync import invitation


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ca")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=test",
                    "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True)
    pem = (folder / "crt").read_text()
    return pem, "".join(pem.splitlines()[1:-1]).replace("+", "-").replace("/", "_").rstrip("=")


def test_all_of_it(authority, tmp_path):
    pem, text = authority
    found = invitation.parse(f"  scenesync://host.example:8883/film?user=anna&password=w%3Ard&store=https%3A%2F%2Fhost.example%3A8443&ca={text}\n")
    assert (found.broker, found.scene, found.user, found.password, found.store) == (
        "mqtts://host.example:8883", "film", "anna", "w:rd", "https://host.example:8443")
    path = found.write_ca(tmp_path)
    assert open(path).read().split() == pem.split() and path.startswith(str(tmp_path))


def test_a_bucket():
    found = invitation.parse("scenesync://host.example:8883/film?user=anna&store=s3%2Bhttps%3A%2F%2Fkey%3Asecret%40s3.example%2Fassets")
    assert found.store == "s3+https://key:secret@s3.example/assets"
    with pytest.raises(invitation.InvitationError, match="not whole"):
        invitation.parse("scenesync://host.example:8883/film?user=anna&store=s3%2Bfile%3A%2F%2F%2Fetc")


def test_little_of_it(tmp_path):
    found = invitation.parse("scenesync://[::1]:1883/?user=anna&tls=no")
    assert (found.broker, found.scene, found.password, found.store) == ("mqtt://[::1]:1883", "", "", "")
    assert found.write_ca(tmp_path) == "" and not list(tmp_path.iterdir())


@pytest.mark.parametrize("text, why", [
    ("", "begins with"), ("https://example", "begins with"), ("scenesync://host:1/film", "not whole"), ("scenesync://host:1/film?user=a b", "link alone"),
    ("scenesync://host:1/../film?user=a", "not whole"), ("scenesync://me@host:1/film?user=a", "not whole"), ("scenesync://host:99999/film?user=a", "not whole"),
    ("scenesync://host:1/film?user=a%0ab", "not whole"), ("scenesync://host:1/film?user=a&password=x%0abroker", "not whole"),
    ("scenesync://host:1/film?user=a&store=file:///etc", "not whole"), ("scenesync://host:1/film?user=a&ca=AAAA", "damaged"),
    ("scenesync://host:1/film?user=a&ca=!", "damaged"), ("scenesync://host:1/film?user=a&ca=" + "A" * 20000, "link alone"),
])
def test_what_is_wrong_is_said(text, why):
    with pytest.raises(invitation.InvitationError, match=why):
        invitation.parse(text)
