# SPDX-License-Identifier: GPL-3.0-or-later
"""Order keys: strings compared bytewise, so that a member of a list can be placed between two others by changing only itself."""

from bisect import bisect_left

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LAST = "~"  # above every key


def between(low, high):
    """A key above `low` ("" is the bottom) and below `high` (None is the top); they must differ."""
    if high is not None:
        shared = 0
        while shared < len(high) and (low[shared] if shared < len(low) else DIGITS[0]) == high[shared]:
            shared += 1
        if shared:
            return high[:shared] + between(low[shared:], high[shared:])
    first = DIGITS.index(low[0]) if low else 0
    last = DIGITS.index(high[0]) if high else len(DIGITS)
    if last - first > 1:
        return DIGITS[(first + last) // 2]
    if high and len(high) > 1:
        return high[:1]
    return DIGITS[first] + between(low[1:], None)


def spread(count, low="", high=None):
    """`count` ascending keys between two others, short ones."""
    if count == 0:
        return []
    middle = count // 2
    key = between(low, high)
    return spread(middle, low, key) + [key] + spread(count - middle - 1, key, high)


def keys(members, known):
    """The keys of `members` (ids, in order): those `known` ({id: key}) stay wherever they still ascend, the others are made anew."""
    kept = _longest_rise([(known[member], member, place) for place, member in enumerate(members) if member in known])
    result = [None] * len(members)
    for key, _, place in kept:
        result[place] = key
    start = 0
    while start < len(members):
        if result[start] is not None:
            start += 1
            continue
        end = start
        while end < len(members) and result[end] is None:
            end += 1
        low = result[start - 1] if start else ""
        high = result[end] if end < len(members) else None
        if low == high:  # two users put something at one place: what follows moves up
            result[end] = None
            continue
        result[start:end] = spread(end - start, low, high)
        start = end
    return result


def _longest_rise(entries):
    """The longest subsequence that ascends by key, then by id."""
    tails, tail_entries, previous = [], [], {}
    for entry in entries:
        rank = entry[:2]
        place = bisect_left(tails, rank)
        previous[entry] = tail_entries[place - 1] if place else None
        if place == len(tails):
            tails.append(rank)
            tail_entries.append(entry)
        else:
            tails[place] = rank
            tail_entries[place] = entry
    rise = []
    entry = tail_entries[-1] if tail_entries else None
    while entry is not None:
        rise.append(entry)
        entry = previous[entry]
    return rise[::-1]
