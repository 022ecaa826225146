from __future__ import annotations

import pytest

from shield_ai.model.site import Shape, Site


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, False, id="no default"),
        pytest.param({"default_start": 1, "default_end": 2}, True, id="constant default"),
        pytest.param(
            {"default_start": 1, "default_end": 2, "default_ok_in_production": True},
            False,
            id="default that works in production",
        ),
    ],
)
def test_a_constant_default_may_be_a_secret(fields, expected):
    site = Site(start=0, end=9, shape=Shape.READ, **fields)
    assert site.has_secret_default is expected
