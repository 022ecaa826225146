from __future__ import annotations

import re

from shield_ai.model import errors


def test_docstring_lists_all_errors():
    drawn = dict(re.findall(r"(\w+Error) +(\d+)", errors.__doc__ or ""))
    real = {
        name: str(thing.exit_code)
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, errors.ShieldError)
    }
    assert drawn == real
