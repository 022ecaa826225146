from __future__ import annotations

import re

import pytest

from shield_ai.project.perf.lazy_regex import regex


@pytest.mark.parametrize(
    "text", [pytest.param(r"(a)(b)?", id="text"), pytest.param(rb"(a)(b)?", id="bytes")]
)
def test_same_as_a_compiled_pattern(text: str | bytes) -> None:
    lazy, compiled = regex(text, re.IGNORECASE), re.compile(text, re.IGNORECASE)
    subject = "xABya" if isinstance(text, str) else b"xABya"
    for _ in range(2):  # the first use, and after it
        for name in ("search", "match", "fullmatch"):
            one, other = getattr(lazy, name)(subject, 1), getattr(compiled, name)(subject, 1)
            assert (one and one.groups()) == (other and other.groups())
        assert lazy.findall(subject) == compiled.findall(subject)
        assert lazy.split(subject) == compiled.split(subject)
        assert lazy.sub(subject[:0], subject) == compiled.sub(subject[:0], subject)
        assert [m.span() for m in lazy.finditer(subject)] == [
            m.span() for m in compiled.finditer(subject)
        ]
    assert (lazy.pattern, lazy.groups) == (compiled.pattern, compiled.groups)


def test_errors_are_raised_on_first_use() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.search("")
