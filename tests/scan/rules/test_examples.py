from __future__ import annotations

import re

from shield_ai.scan.rules.examples import fill


def test_template_is_filled_by_its_seed() -> None:
    text = fill("a={hex:8} b={digit:3} {name} {hex:0}")
    assert re.fullmatch(r"a=[0-9a-f]{8} b=\d{3} \{name\} ", text)
    assert fill("a={hex:8} b={digit:3} {name} {hex:0}") == text
    assert fill("a={hex:8} b={digit:3} {name} {hex:0}", seed=1) != text
