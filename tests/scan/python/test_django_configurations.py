from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "variable", "reason"),
    [
        ("KEY_X = values.SecretValue()", "DJANGO_KEY_X", ""),
        ("API_KEY = values.Value('', environ_prefix=None)", "API_KEY", ""),
        ("API_KEY = values.Value('', environ_name='THE_API_KEY')", "DJANGO_THE_API_KEY", ""),
        ("DATABASES = values.DatabaseURLValue()", "DATABASE_URL", ""),
    ],
)
def test_django_configurations_has_a_prefix(sites, text, variable, reason):
    found = sites(
        f"from configurations import Configuration, values\nclass Base(Configuration):\n    {text}"
    )
    assert found == [("read", variable, reason)]


@pytest.mark.parametrize("name", ["BooleanValue", "PositiveIntegerValue"])
def test_numbers_of_django_configurations_are_no_secrets(sites, name):
    text = f"from configurations import values\nclass Base:\n    STORE_TOKEN = values.{name}(1)"
    assert sites(text) == []
