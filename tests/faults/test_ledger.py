# SPDX-License-Identifier: Apache-2.0
"""The checker's own arithmetic."""
import time

from ledger import ACKNOWLEDGED, Ledger

KEY = ("object", b"shared", "name")


def acknowledged(ledger, value):
    made = ledger.begin(*KEY[:2], {KEY[2]: value})
    ledger.end(made, ACKNOWLEDGED)
    return made[KEY].begun


def test_a_slow_clock_excuses_its_own_round_only():
    ledger = Ledger([KEY[1]])
    slow = acknowledged(ledger, "earlier")
    acknowledged(ledger, "winner")
    ledger.end_round(3.0)
    assert ledger.wrong(KEY, "winner", slow - 2.9) is None
    assert "older" in ledger.wrong(KEY, "winner", slow - 3.1)
    time.sleep(0.01)
    right = acknowledged(ledger, "later")
    ledger.end_round(0.0)
    assert ledger.wrong(KEY, "winner", right) is None
    assert "older" in ledger.wrong(KEY, "winner", right - 0.1)
