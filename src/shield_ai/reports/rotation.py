"""Rotation in words, 80 columns wide: how each secret stands, and what a person has to do; values can't appear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from shield_ai.flow.rotate import RotationStatus

_NAME = 32
FALLBACKS = """\
    SECRET_KEY_FALLBACKS = [
        key
        for stage in ("AWSPREVIOUS", "AWSPENDING")
        if (key := get_secret("{name}", None, stage=stage))
    ]"""


def standings_json(statuses: Sequence[RotationStatus]) -> str:
    """Give every field, for scripts."""
    return msgspec.json.format(msgspec.json.encode(statuses)).decode() + "\n"


def standings_text(statuses: Sequence[RotationStatus]) -> str:
    """Give a line to each secret, and below the table a way out for those that are stuck."""
    lines = [f"{'secret':<{_NAME}} {'last':<11} {'next':<11} {'by':<8} state"]
    for one in statuses:
        # A long name has a line of its own, so that the columns stay.
        lines += [one.name] if len(one.name) > _NAME else []
        name = "" if len(one.name) > _NAME else one.name
        lines += [
            f"{name:<{_NAME}} {_day(one.last):<11} {_day(one.next):<11} {one.by:<8} {one.state}"
        ]
    return "\n".join([*lines, *(line for one in statuses for line in _way_out(one)), ""])


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "-"


def _way_out(one: RotationStatus) -> Iterator[str]:
    if one.pending:
        since = f" since {one.since:%Y-%m-%d %H:%M} UTC" if one.since else ""
        yield ""
        yield f"{one.name}: a rotation is pending{since}, version"
        yield f"  {one.pending}"
        yield f"  shield rotate --resume {one.name}"
        yield "      goes on where it stopped; nothing is done twice"
        yield f"  shield rotate --cancel {one.name}"
        yield "      gives it up; the current value stays"
    elif one.state == "due" and one.by == "hand":
        yield ""
        yield f"{one.name}: shield rotate {one.name} leads through it"


def django_key_text(name: str, *, fallbacks: bool) -> str:
    """Explain how a new key of Django gets into all processes without logging anybody out."""
    lines = [
        "A new key of Django reaches the processes by two rolling restarts:",
        "  1. the new key is made, and waits as AWSPENDING",
        "  2. restart the processes one after another: each accepts the new key,",
        "     and still signs with the old one",
        f"  3. shield rotate --resume {name}: the new key becomes AWSCURRENT",
        "  4. restart them again: each signs with the new key, and accepts the old one",
        "With one restart alone, who meets an old and a new process is logged out.",
    ]
    if not fallbacks:
        lines += [
            "",
            "The settings have no SECRET_KEY_FALLBACKS with both keys: everybody will be",
            "logged out. First add, and deploy (Django 4.1 or newer):",
            "",
            FALLBACKS.format(name=name),
        ]
    return "\n".join(lines)


def waits_text(name: str) -> str:
    """Say what comes after the new key was made."""
    return f"restart the processes now, one after another; then\n  shield rotate --resume {name}"


def restart_text() -> str:
    """Say what comes after the new key became the current one."""
    return "restart the processes again, one after another; the old key is accepted\nuntil the next rotation moves it on"


def by_hand_text(name: str, secret_id: str) -> str:
    """Lead through the rotation of a value that only its provider can make."""
    return "\n".join(
        [
            f"{name} is rotated by hand, without a moment in which no key works:",
            "  1. make a second key at the provider, and leave the old one valid",
            "  2. give the new one below: it becomes AWSCURRENT, the old one AWSPREVIOUS",
            "  3. wait until the app's caches have ended (AWS_SECRETS_TTL, 300 seconds),",
            "     or restart it where the settings read the key once",
            "  4. revoke the old key at the provider",
            f'In shield.toml, hook = "FILE.py" lets shield do all four for {secret_id}.',
        ]
    )
