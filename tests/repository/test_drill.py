"""Check the descriptions of the apps in bench/drill/ against the runtime."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from shield_runtime import SecretsManagerClient

APPS = sorted((Path(__file__).parents[2] / "bench" / "drill" / "apps").glob("*.toml"))


@pytest.mark.parametrize("app", APPS, ids=lambda path: path.stem)
def test_the_runtime_has_what_an_app_uses(app):
    client = SecretsManagerClient({})
    text = app.read_text()
    methods = set(re.findall(r"\bclient\.(\w+)", text))
    modules = set(re.findall(r"_(shield_runtime[\w.]+)", text))
    assert not {name for name in methods if not hasattr(client, name)}
    assert not {name for name in modules if not find_spec(name)}
