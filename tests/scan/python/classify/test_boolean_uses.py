from __future__ import annotations

import ast

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.classify.boolean_uses import boolean_expressions

READ = "os.environ['X_KEYS']"


@pytest.mark.parametrize(
    ("text", "is_boolean"),
    [
        pytest.param(f"x = {READ}\nif x == 'true': pass", True, id="name"),
        pytest.param(f"x = {READ}\ny = x.strip().lower() in ('1', 'yes')", True, id="methods"),
        pytest.param(f"X = {READ}\nif X == '0': pass", False, id="setting, for other modules"),
        pytest.param(f"x = y = {READ}\nif x == '0': use(y)", False, id="two names"),
        pytest.param(
            f"def f():\n    x = {READ}\n    return x == '1'\ndef g():\n    x = 'a'\n    print(x)",
            True,
            id="another function with the same name",
        ),
        pytest.param(f"x = {READ}\nif x == 'true': print(x)", False, id="another use"),
        pytest.param(f"x = {READ}\nif x == 'k3y': pass", False, id="another text"),
        pytest.param(f"x = {READ}\nif x.encode() == 'true': pass", False, id="another method"),
        pytest.param(f"def f(x):\n    x = {READ}\n    return x == '1'", False, id="parameter"),
        pytest.param(
            f"def f():\n    global x\n    x = {READ}\n    return x == '1'\nprint(x)",
            False,
            id="global name",
        ),
    ],
)
def test_finds_values_of_which_only_the_truth_is_used(text, is_boolean):
    found = [ast.unparse(node) for node in boolean_expressions(ast.parse(text))]
    assert (READ in found) is is_boolean


@pytest.mark.parametrize("variable", ["USER_INPUT_API_KEYS", "BOT_TAGGABLE"])
def test_a_flag_beside_a_secret_like_name_is_no_secret(scanned, variable):
    text = f"""import os
def has_user_keys():
    user_input_api_keys = os.getenv("{variable}")
    if user_input_api_keys.lower().strip() == "true":
        return True
    return False
"""
    found = scanned({"shop/settings.py": text})
    assert found.sites == ()
    assert {skip.id for skip in found.harmless} <= {SkipId.HARMLESS_BOOLEAN}


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("is_true(os.environ.get('SENTRY_DSN', 'False'))", id="function of the app"),
        pytest.param("os.environ.get('SENTRY_DSN', '0') not in ('0', 'off')", id="comparison"),
    ],
)
def test_a_flag_of_a_variable_that_is_also_read_as_a_secret_is_migrated(scanned, test):
    text = f"""import os
def is_true(text):
    return text != "False"
SENTRY_ENABLED = {test}
SENTRY_DSN = os.environ.get("SENTRY_DSN")
"""
    found = scanned({"shop/settings.py": text})
    assert [(finding.line, site.reason) for finding, site in found.sites] == [(4, None), (5, None)]
    assert found.harmless == ()
    alone = scanned({"shop/settings.py": text.rpartition("SENTRY_DSN =")[0]})
    assert alone.sites == ()
