from __future__ import annotations

import pytest

from shield_ai.scan.deployment.formats import file_settings, parse_file


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        pytest.param("deploy/shop.service", "shop", id="unit"),
        pytest.param("deploy/my.shop.service", "my.shop", id="dot in the name"),
        pytest.param("deploy/my.shop.service.d/override.conf", "my.shop", id="drop-in"),
        pytest.param("deploy/shop@1.service", "shop@1", id="instance"),
    ],
)
def test_the_unit_of_a_systemd_file(path, unit):
    file = parse_file(path, b"[Service]\nEnvironment=SECRET_KEY=abc\n")
    [setting] = file_settings(file, frozenset({"SECRET_KEY"}))
    assert setting.unit == unit
