# SPDX-License-Identifier: Apache-2.0
"""What was edited, and what became of it: the other half of the promise that nothing acknowledged is lost."""
import threading
import time
from collections import Counter, defaultdict

ACKNOWLEDGED, REFUSED, LOST = "acknowledged", "refused", "lost"  # lost: whoever was asked died before it answered


class Attempt:
    """One value that somebody gave to a field, `begun` when it was sent; `outcome` is None as long as there is no answer."""

    def __init__(self, value):
        self.value, self.begun, self.outcome = value, time.time(), None


class Ledger:
    """Attempts by (kind, id, field), in the order in which they were sent. A field that is not `shared` has one writer, who uses one agent:
    there the order in which they were sent is that of their stamps."""

    def __init__(self, shared):
        self.lock, self.shared = threading.Lock(), set(shared)
        self.attempts, self.known = defaultdict(list), set()
        self.outcomes, self.refusals = Counter(), Counter()
        self.rounds = []  # when each ended, and by how much a clock was slow in it at most

    def begin(self, kind, identity, fields):
        """The attempts to set one entity's fields, which are about to be sent."""
        with self.lock:
            made = {(kind, identity, name): Attempt(value) for name, value in fields.items()}
            for key, attempt in made.items():
                self.attempts[key].append(attempt)
            self.known.add((kind, identity))
            return made

    def end(self, made, outcome, error=None):
        """What has become of these; `error` is why they were refused."""
        with self.lock:
            self.outcomes[outcome] += 1
            if error is not None:
                self.refusals[error] += 1
            for key, attempt in made.items():
                attempt.outcome = outcome
                if outcome == ACKNOWLEDGED and key[1] not in self.shared:
                    del self.attempts[key][:self.attempts[key].index(attempt)]  # beaten by this one, whatever became of them

    def entities(self):
        with self.lock:
            return sorted(self.known)

    def last(self, key):
        """The last value that was acknowledged."""
        with self.lock:
            return next((attempt.value for attempt in reversed(self.attempts.get(key, [])) if attempt.outcome == ACKNOWLEDGED), None)

    def end_round(self, slow):
        """Clocks were `slow` by so much (s) at most when they stamped what was sent since the last round."""
        self.rounds.append((time.time(), slow))

    def stamped(self, attempt):
        """When its stamp is of at the earliest: whoever acknowledged it gave it one at or after the moment at which it was sent."""
        return attempt.begun - next((slow for ended, slow in self.rounds if attempt.begun <= ended), 0)

    def wrong(self, key, value, stamp):
        """What is wrong with the value that a field has in the end, stamped at `stamp` (s); None if nothing is."""
        attempts = self.attempts[key]
        acknowledged = [attempt for attempt in attempts if attempt.outcome == ACKNOWLEDGED]
        if not acknowledged:
            return None if value is None or any(attempt.value == value for attempt in attempts) else "nobody gave it this value"
        if not any(attempt.value == value for attempt in attempts):
            return "nobody gave it this value, or a later one was acknowledged"
        newest = max([self.stamped(attempt) for attempt in acknowledged if attempt.value != value], default=0)  # the same again gets no new stamp
        return None if stamp >= newest - 0.001 else f"its stamp is {newest - stamp:.3f} s older than an acknowledged edit"
