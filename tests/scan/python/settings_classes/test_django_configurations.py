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


def test_a_placeholder_for_builds_stays(sites):
    text = (
        "from configurations import Configuration, values\n"
        "class Base(Configuration):\n    SECRET_KEY = values.Value(None)\n"
        "class Build(Base):\n    SECRET_KEY = values.Value('not-used')\n"
    )
    assert sites(text) == [
        ("read", "DJANGO_SECRET_KEY", ""),
        (
            "read",
            "DJANGO_SECRET_KEY",
            "in the class Build, which is for builds and has a default",
        ),
    ]
