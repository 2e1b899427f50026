# SPDX-License-Identifier: Apache-2.0
"""What a sanitizer or valgrind says of a program fails the test that runs, whoever looked at its exit status: $SCENESYNC_BIN may be checked by one."""
import os
from pathlib import Path

import pytest

SANITIZERS = ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
CRASH = "handle_segv=0:handle_sigbus=0"  # a program's own: LMDB reads what some tests damage, and a test sees that a program died
DIED = ("Process terminating with default action of signal 11", "Process terminating with default action of signal 7")  # the same for valgrind
SUPPRESSIONS = Path(__file__).resolve().parents[2] / "scripts" / "tsan.supp"


def assert_silence(folder):
    said = [path for path in folder.iterdir() if path.stat().st_size]
    texts = [path.read_text(errors="replace") for path in said]
    for path in said:
        path.unlink()
    texts = [text for text in texts if not ("mdb_" in text and any(how in text for how in DIED))]
    assert not texts, "\n".join(texts)


@pytest.fixture(scope="session", autouse=True)
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VALGRIND_OPTS", f"{os.environ.get('VALGRIND_OPTS', '')} --log-file={folder}/report.%p")
        for name in SANITIZERS:
            more = f":suppressions={SUPPRESSIONS}" if name == "TSAN_OPTIONS" else ""
            patch.setenv(name, f"{os.environ.get(name, '')}:{CRASH}:log_path={folder}/report{more}")
        yield folder
    assert_silence(folder)


@pytest.fixture(autouse=True)
def silence(reports):
    yield
    assert_silence(reports)
