# SPDX-License-Identifier: Apache-2.0
"""What a sanitizer says of a program fails the test that runs, whoever looked at its exit status: $SCENESYNC_BIN may have been built with one."""
import os

import pytest

SANITIZERS = ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
CRASH = "handle_segv=0:handle_sigbus=0"  # a program's own: LMDB reads what some tests damage, and a test sees that a program died


def assert_silence(folder):
    said = [path for path in folder.iterdir() if path.stat().st_size]
    text = "\n".join(path.read_text(errors="replace") for path in said)
    for path in said:
        path.unlink()
    assert not said, text


@pytest.fixture(scope="session", autouse=True)
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        for name in SANITIZERS:
            patch.setenv(name, f"{os.environ.get(name, '')}:{CRASH}:log_path={folder}/report")
        yield folder
    assert_silence(folder)


@pytest.fixture(autouse=True)
def silence(reports):
    yield
    assert_silence(reports)
