from __future__ import annotations

import ast

import pytest

from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.project.secret_map import SecretMap
from shield_ai.rewrite.python.fixers.update_calls import mark_literals, update_calls

MANIFEST = Manifest(
    app=App(name="shop"),
    secret=(
        Secret(name="mail-password", env="EMAIL_HOST_PASSWORD"),
        Secret(name="same-key", env="SAME_KEY"),
        Secret(name="spare-key", env="SPARE_KEY", optional=True),
        Secret(name="db", fields={"user": "DB_USER", "pass": "DB_PASSWORD"}),
    ),
)


def renamed(code):
    source = Source.from_bytes("s.py", code.encode())
    found = [
        n
        for n in ast.walk(source.tree)
        if isinstance(n, ast.Call) and getattr(n.func, "id", "") != "config"
    ]
    calls = [(n.lineno, n.col_offset) for n in found]
    return apply_edits(source.raw, update_calls(source, calls, MANIFEST)).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('get_secret("email-host-password", lambda: config("EMAIL_HOST_PASSWORD"))', 'get_secret("mail-password", lambda: config("EMAIL_HOST_PASSWORD"), env="EMAIL_HOST_PASSWORD")', id="adds env argument"),
        pytest.param("has_secret('old', env='EMAIL_HOST_PASSWORD')", "has_secret('mail-password', env='EMAIL_HOST_PASSWORD')", id="with env argument"),
        pytest.param('x = f("email-host-password",)', 'x = f("mail-password", env="EMAIL_HOST_PASSWORD",)', id="trailing comma"),
        pytest.param('get_secret("db", lambda: 1, key="username", env="DB_USER")', 'get_secret("db", lambda: 1, key="user", env="DB_USER")', id="a field"),
        pytest.param('get_secret({"EMAIL_HOST_PASSWORD": "old", "DB_USER": "x", "Z": "z"}, lambda: e[k], env=k)', 'get_secret({"EMAIL_HOST_PASSWORD": "mail-password", "DB_USER": ("db", "user"), "Z": "z"}, lambda: e[k], env=k)', id="a mapping"),
        pytest.param('get_secret("spare-key", lambda: config("SPARE_KEY", "none"))', 'get_secret("spare-key", lambda: config("SPARE_KEY", "none"), optional=True)', id="optional"),
        pytest.param('get_secret("db-password", lambda: 1)', 'get_secret("db", lambda: 1, key="pass", env="DB_PASSWORD")', id="into a group"),
        pytest.param('get_secret("mail", lambda: config("A"), key="password", env="EMAIL_HOST_PASSWORD")', 'get_secret("mail-password", lambda: config("A"), env="EMAIL_HOST_PASSWORD")', id="out of a group"),
        pytest.param('get_secret(\n    "keys",\n    lambda: (1),\n    key="x",\n    env="SAME_KEY",\n)', 'get_secret(\n    "same-key",\n    lambda: (1),\n    env="SAME_KEY",\n)', id="out of a group, multiline"),
        pytest.param('get_secret(\n    "email-host-password",\n    lambda: config(\n        "EMAIL_HOST_PASSWORD"\n    ),\n)', 'get_secret(\n    "mail-password",\n    lambda: config(\n        "EMAIL_HOST_PASSWORD"\n    ),\n    env="EMAIL_HOST_PASSWORD",\n)', id="adds env argument, multiline"),
        pytest.param('get_secret("keys", env="SAME_KEY", key="x")', 'get_secret("same-key", env="SAME_KEY")', id="out of a group, at the end"),
    ],
)  # fmt: skip
def test_updates_call(before, after):
    assert renamed(before) == after
    assert renamed(after) == after


@pytest.mark.parametrize(
    "code",
    [
        pytest.param('get_secret("same-key", lambda: os.environ["SAME_KEY"])', id="the same name"),
        pytest.param(
            'get_secret("spare-key", lambda: config("SPARE_KEY", ""))', id="empty default"
        ),
        pytest.param(
            'get_secret("spare-key", lambda: config["SPARE_KEY"])', id="optional without a default"
        ),
        pytest.param('get_secret("unknown", "x")', id="not in shield.toml"),
        pytest.param("get_secret(name)", id="computed name"),
        pytest.param('get_secret("email-host-password", **kw)', id="double-star arguments"),
        pytest.param("get_secret()", id="no arguments"),
    ],
)
def test_does_not_change_call(code):
    assert renamed(code) == code


def test_updates_call_in_f_string_correctly_or_not_at_all():
    code = "f\"{get_secret('email-host-password')}\""
    assert renamed(code) in {code, "f\"{get_secret('mail-password', env='EMAIL_HOST_PASSWORD')}\""}


def test_updates_pydantic_settings_source():
    before = """\
class S(BaseSettings):
    @classmethod
    def settings_customise_sources(cls, *args, **kwargs):
        first, *others = super().settings_customise_sources(*args, **kwargs)
        return first, SecretsManagerSource(args[0], {"SAME_KEY": ("keys", "x"), "DB_USER": "db-user", "X": "x"}, others), *others
"""
    after = before.replace('("keys", "x")', '"same-key"').replace('"db-user"', '("db", "user")')
    assert renamed(before) == after
    assert renamed(after) == after


OLD = SecretMap({"old": "EMAIL_HOST_PASSWORD", "x": {"y": "DB_PASSWORD"}, "single": "DB_USER"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('get_secret("old")', 'get_secret("mail-password")', id="renamed"),
        pytest.param('get_secret("old", "d")', 'get_secret("mail-password", "d")', id="default"),
        pytest.param('get_secret("x:y", None)', 'get_secret("db:pass", None)', id="a field"),
        pytest.param('get_secret("single")', 'get_secret("db:user")', id="into a group"),
        pytest.param('has_secret("x:y")', 'has_secret("db:pass")', id="presence"),
        pytest.param(
            'get_secret("single", lambda: env("DB_USER"), key="z", env="DB_USER")',
            'get_secret("db", lambda: env("DB_USER"), key="user", env="DB_USER")',
            id="old call",
        ),
    ],
)
def test_map_file_tells_the_variables_of_calls(before, after):
    source = Source.from_bytes("s.py", before.encode())
    edits = update_calls(source, [(1, 0)], MANIFEST, OLD, has_map=True)
    assert apply_edits(source.raw, edits).decode() == after


def test_literals_of_old_calls_become_named():
    text = 'a(\n  get_secret("x", "old"), get_secret("y", None), get_secret("z", lambda: 1))\n'
    source = Source.from_bytes("s.py", text.encode())
    calls = [
        (node.lineno, node.col_offset)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and node.args
    ]
    after = apply_edits(source.raw, mark_literals(source, calls)).decode()
    assert after == text.replace('"old"', 'default="old"')
