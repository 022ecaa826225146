from __future__ import annotations

import secrets

from shield_ai.reports.manual_changes import manual_changes_text


def test_shows_lines_and_hides_values():
    value, other = secrets.token_hex(8), secrets.token_hex(8)
    ours = f"KEY = '{value}'\nA = 1\n".encode()
    text = manual_changes_text("s.py", ours, f"KEY = '{other}'\nA = 1\nB = f()\n".encode())
    assert "+B = f()" in text
    assert value not in text
    assert other not in text


def test_only_a_value_differs():
    assert (
        manual_changes_text("s.py", b"K = 'one-value'\n", b"K = 'two-value'\n")
        == "s.py: differs only in a value or in line endings"
    )


def test_shows_known_names():
    text = manual_changes_text(
        "s.py", b"A = ['MAIL_KEY']\n", b"A = ['MAIL_KEY', 'v']\n", {"MAIL_KEY"}
    )
    assert "+A = ['MAIL_KEY', '•••']" in text
