# SPDX-License-Identifier: GPL-3.0-or-later
"""What a session looks like in plain words: rows of text, each with what to do where something is wrong. Draws nothing."""

from typing import NamedTuple, Optional

SHOWN_ERRORS = 3
SHOWN_PEOPLE = 12

QUESTION = "“{slug}” has content already, and so has this file. Which shall everybody see?"
CHOICES = (
    ("MERGE", "Keep both", "What this file has is added to the scene, for everybody"),
    ("RECEIVE", "Take the scene", "This file becomes what the scene is. What it had is removed from it; the file on disk stays until you save"),
    ("PUBLISH", "Replace the scene", "The scene becomes what this file is. What else it had is deleted, for everybody"),
)


class Row(NamedTuple):
    text: str
    icon: str = "NONE"
    detail: bool = False  # about the row above
    alert: bool = False
    progress: Optional[float] = None
    colour: Optional[tuple] = None


def heading(session):
    """Where the session is."""
    texts = {
        "connecting": _connecting(session),
        "joining": [Row(f"Joining “{session.slug}”…", "SORTTIME")],
        "asking": [Row(f"“{session.slug}” waits for your answer", "QUESTION")],
        "active": [Row(f"In “{session.slug}”", "LINKED")],
        "suspended": [Row("A file is being opened…", "SORTTIME")],
    }
    return texts.get(session.state, [])


def _connecting(session):
    if session.start_agent is not None:
        return [Row("Starting the agent…", "SORTTIME")]
    return [
        Row("No agent answers", "ERROR", alert=True),
        Row(f"Start it so that it serves {session.socket}, or empty “Agent” in the preferences to have one started. It is looked for every second"),
    ]


def troubles(session):
    """What is wrong at this moment, and what to do."""
    status = session.status
    if session.link is None or not status:
        return []
    rows = []
    broker = status.get("broker")
    because = _because(status)
    if broker == "connecting" and session.state != "active":
        rows.append(Row("Connecting to the broker…", "SORTTIME"))
    elif broker == "offline":
        rows.append(Row("The broker does not answer", "ERROR", alert=True))
        rows.append(Row(f"{because}Your edits are kept here and sent when it does. If it never does, check the address in the preferences"))
    elif broker == "refused":
        rows.append(Row("The broker refuses this user and password", "ERROR", alert=True))
        rows.append(Row("Correct them in the preferences, then leave and join again. Your edits are kept here"))
    if status.get("store") == "error":
        rows.append(Row("The asset store does not take or give files", "ERROR", alert=True))
        because = because if broker == "connected" else ""
        rows.append(Row(f"{because}Meshes and images wait until it does; everything else goes on"))
    refused = status.get("refused") or {}
    if refused:
        rows.append(Row(f"The agent refused {_count(sum(refused.values()), 'message')}", "ERROR", alert=True))
        rows.append(Row(", ".join(f"{cause}: {count}" for cause, count in sorted(refused.items())) + ". Everything else goes on"))
    failures = len(session.apply.failures)
    if failures:
        rows.append(Row(f"{_count(failures, 'value')} of others could not be applied here", "ERROR", alert=True))
        rows.append(Row("The scene has what they set, this file what it had before, until somebody sets it anew. Everything else goes on"))
    return rows


def _because(status):
    text = str(status.get("error") or "")
    return f"{text}. " if text else ""


def progress(session):
    """What is under way."""
    status = session.status
    rows = []
    waiting = sum(map(len, session.apply.inbox.values())) + len(session.apply.links)
    if session.state == "joining":
        rows.append(Row(f"Received {_count(waiting, 'thing')} so far" if waiting else "Asking for the scene…"))
    elif session.state == "active" and waiting:
        rows.append(Row(f"Building {_count(waiting, 'thing')}…"))
    rows += _transfers(status)
    if status.get("pending"):
        rows.append(Row(f"{_count(status['pending'], 'edit')} not yet with the others", "EXPORT"))
    return rows


def _transfers(status):
    rows = []
    for name, verb, icon in (("downloads", "Downloading", "IMPORT"), ("uploads", "Uploading", "EXPORT")):
        files = status.get(name) or {}
        if not files.get("n"):
            continue
        size, done = files.get("bytes", 0), files.get("done")
        text = f"{verb} {_count(files['n'], 'file')}, {_size(size) if done is None else f'{_size(done)} of {_size(size)}'}"
        rows.append(Row(text, icon, progress=done / size if done is not None and size else None))
    return rows


def people(session):
    """Who else is in the scene, with which program, and at what."""
    if session.state != "active":
        return []
    if session.status.get("broker") != "connected":
        return [Row("Unknown until the broker answers", "COMMUNITY")]
    peers = sorted(session.presence.peers.items(), key=lambda item: (_name(item[1]).lower(), item[0]))
    rows = []
    for origin, peer in peers[:SHOWN_PEOPLE]:
        rows.append(Row(_name(peer), "USER", colour=_colour(peer.get("colour"))))
        rows.append(Row(_activity(session, origin, peer), detail=True))
    if len(peers) > SHOWN_PEOPLE:
        rows.append(Row(f"And {len(peers) - SHOWN_PEOPLE} more"))
    return rows or [Row("Nobody else is here", "COMMUNITY")]


def _name(peer):
    return str(peer.get("name") or peer.get("user") or "Somebody")


def _activity(session, origin, peer):
    if peer.get("app") == "scenesync":  # what an agent calls itself while no program uses it
        return "Away"
    program = " ".join(str(peer[key]) for key in ("app", "app_version") if peer.get(key))
    return ", ".join(filter(None, (program, _place(session, origin)))) or "Connected"


def _place(session, origin):
    active = session.presence.others.get(origin, {}).get("active")
    block = session.ctx.block(active) if isinstance(active, bytes) else None
    return f"at {block.name}" if block is not None else ""


def _colour(value):
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        numbers = tuple(float(number) for number in value)
        if len(numbers) == 3:
            return numbers
    return None


def problems(session):
    """What went wrong, newest last; what happened more than once says how often."""
    rows = []
    errors = [error for error in session.errors if error[0] != "agent" or session.link is None]
    for cause, text in errors[-SHOWN_ERRORS:]:
        times = session.counts[cause]
        again = f" ({times} times)" if times > 1 else ""
        rows.append(Row(f"{HEADINGS.get(cause, cause.replace('_', ' ').capitalize())}{again}", "ERROR", alert=True))
        rows.append(Row(text))
    return rows


HEADINGS = {
    "agent": "The agent does not run",
    "refused": "An edit was not taken",
    "file": "Left the scene",
    "files": "A file could not be read or written; it is tried again",
    "session": "Scenesync failed; it goes on",
    "handler": "Scenesync failed; it goes on",
    "change": "Something could not be read",
}


def _count(number, noun):
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _size(count):
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"
