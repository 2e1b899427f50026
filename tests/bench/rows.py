# SPDX-License-Identifier: Apache-2.0
"""One line of the table: what was measured, what it is held against, and whether it is good enough."""
import dataclasses


@dataclasses.dataclass
class Row:
    work: str
    value: float
    unit: str
    against: str  # the raw part's own figure and the target made from it
    ratio: float  # measured / target; for speeds and shares, too
    met: bool
    note: str = ""

    @property
    def verdict(self):
        return f"{self.ratio:.2f} {'ok' if self.met else 'MISSED'}"


def at_most(work, value, limit, unit, against=None, note=""):
    """A cost: good when it does not exceed `limit`."""
    return Row(work, value, unit, against or f"≤ {number(limit)} {unit}", value / limit if limit else float(value > 0), value <= limit, note)


def at_least(work, value, raw, share, unit, note=""):
    """A speed: good when it reaches this share of the raw part's. The ratio is that to the raw part."""
    return Row(work, value, unit, f"raw {number(raw)}, ≥ × {share}", value / raw, value >= share * raw, note)


def faster(work, seconds, raw, share, note=""):
    """A duration held against that of the raw part: good when our speed reaches this share of the raw part's."""
    return Row(work, seconds, "s", f"raw {number(raw)} s, ≥ × {share}", raw / seconds, raw / seconds >= share, note)


def number(value):
    """Three digits that count."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - len(str(int(abs(value)))) + 1)}f}"


def table(rows):
    """The rows as text."""
    cells = [("work", "measured", "raw part / target", "ratio")]
    cells += [(row.work, f"{number(row.value)} {row.unit}", row.against, row.verdict) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for row, index in zip(reversed(rows), range(len(lines) - 1, 0, -1)):
        if row.note:
            lines.insert(index + 1, f"    {row.note}")
    return "\n".join(lines)
