from __future__ import annotations

import pytest

from shield_ai.model.edit import Edit
from shield_ai.model.manifest import App, Manifest
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.accessor_names import accessor_names
from shield_ai.rewrite.python.fixer import FileContext
from shield_ai.rewrite.python.fixers.rename_package import fix, rename_package


def moved(text, edits=()):
    source = Source.from_bytes("settings.py", text.encode())
    return apply_edits(source.raw, rename_package(source, edits), source.encoding).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("from shield_ai import get_secret", "from shield_runtime import get_secret", id="package"),
        pytest.param("from shield_ai import (  # ours\n    get_secret,\n)", "from shield_runtime import (  # ours\n    get_secret,\n)", id="comment and lines stay"),
        pytest.param("from shield_ai.runtime import stats", "from shield_runtime import stats", id="module"),
        pytest.param("def f():\n    from shield_ai.testing import fake_secrets", "def f():\n    from shield_runtime.testing import fake_secrets", id="in a function"),
        pytest.param("from shield_ai.pydantic import SecretsManagerSource", "from shield_runtime.pydantic import SecretsManagerSource", id="settings source"),
        pytest.param('INSTALLED_APPS = ["shield_ai.django"]', 'INSTALLED_APPS = ["shield_runtime.django"]', id="installed app"),
        pytest.param("E = 'shield_ai.django.mysql'", "E = 'shield_runtime.django.mysql'", id="backend"),
    ],
)  # fmt: skip
def test_moves(before, after):
    assert moved(before) == after
    assert moved(after) == after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from shield_ai.scan import runner", id="the tool"),
        pytest.param("from shield_aid import get_secret", id="another package"),
        pytest.param("from .shield_ai import get_secret", id="relative"),
        pytest.param("X = 'see shield_ai.django'", id="inside a text"),
        pytest.param("X = b'shield_ai.django'", id="bytes"),
        pytest.param("X = 'shield_ai.djangorm'", id="another name"),
    ],
)
def test_leaves(text):
    assert moved(text) == text


def test_what_another_edit_replaces_is_not_edited_again():
    text = "E = 'shield_ai.django.mysql'"
    edit = Edit(path="settings.py", start=4, end=len(text), replacement="'x'")
    assert rename_package(Source.from_bytes("settings.py", text.encode()), [edit]) == []


@pytest.mark.parametrize(
    ("runtime", "edits"),
    [
        pytest.param("package", 1, id="package"),
        pytest.param("shop/secrets.py", 0, id="copy, which has another name"),
    ],
)
def test_only_the_package_has_a_new_name(runtime, edits):
    source = Source.from_bytes("settings.py", b"from shield_ai import get_secret\n")
    context = FileContext(
        source=source,
        manifest=Manifest(app=App(name="shop", runtime=runtime)),
        read={}.get,
        names=accessor_names(source, "from shield_runtime import get_secret"),
    )
    assert len(fix(context).edits) == edits
