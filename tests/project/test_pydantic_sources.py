from __future__ import annotations

import ast

import pytest

from shield_ai.project.pydantic_sources import find_customized_sources

HEAD = "def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **others):\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(f"{HEAD}    return init_settings, env_settings\n", 2, id="plain"),
        pytest.param(
            f"{HEAD}    'Order.'\n    return (\n        env_settings,\n    )\n", 4, id="over lines"
        ),
        pytest.param(f"{HEAD}    return init_settings,\n", 0, id="without the variables"),
        pytest.param(f"{HEAD}    return env_settings, env_settings\n", 0, id="twice"),
        pytest.param(f"{HEAD}    return made(env_settings)\n", 0, id="made elsewhere"),
        pytest.param(
            f"{HEAD}    if X:\n        return (init_settings,)\n    return env_settings, X\n",
            0,
            id="a choice",
        ),
        pytest.param(f"{HEAD}    if X:\n        return env_settings, X\n", 0, id="not at the end"),
        pytest.param(f"{HEAD}    x = 1; return env_settings, x\n", 0, id="one line"),
        pytest.param(f"{HEAD.strip()} return env_settings, 1\n", 0, id="one line with the head"),
        pytest.param(
            "def settings_customise_sources(cls, *args):\n    return env_settings, 1\n",
            0,
            id="no parameter",
        ),
        pytest.param(
            "def order(cls, settings_cls, env_settings):\n    return env_settings, 1\n",
            0,
            id="another method",
        ),
    ],
)
def test_find_customized_sources(text, line):
    found = find_customized_sources(ast.parse(text).body[0])
    assert (found.variables.lineno if found else 0) == line
    assert not found or found.settings == "settings_cls"
