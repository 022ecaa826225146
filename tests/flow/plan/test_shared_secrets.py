from __future__ import annotations

import pytest
from shield_helpers import run

SETTINGS = """\
import os

SECRET_KEY = os.environ["SECRET_KEY"]
HOOK_SECRET = os.environ["HOOK_SECRET"]
"""
WEB = "  web: {build: ., environment: {SECRET_KEY: $SECRET_KEY, HOOK_SECRET: $HOOK_SECRET}}\n"
WORKER = "  worker: {build: ., environment: {HOOK_SECRET: $HOOK_SECRET}}\n"
GRAPH = "  graph: {image: hasura, environment: {HOOK_SECRET: $ANY}}\n"
LINE = "HOOK_SECRET: other services get it, too (compose.yml: graph)"


@pytest.mark.parametrize(
    ("services", "is_told"),
    [
        pytest.param(WEB + GRAPH, True, id="another image"),
        pytest.param(WEB + WORKER, False, id="the app"),
        pytest.param(WEB.replace("build: .", "image: hasura") + GRAPH, False, id="same image"),
        pytest.param(GRAPH, False, id="no service is known to be the app"),
    ],
)
def test_names_the_services_that_get_a_secret_too(tmp_path, services, is_told):
    (tmp_path / "manage.py").touch()
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "compose.yml").write_text(f"services:\n{services}")
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert done.code == 0, done.text
    assert (LINE in done.text) is is_told
