from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest
from fixer_helpers import manifest, run

from shield_ai.model.manifest import Environment
from shield_ai.project.secret_map import expected_map, parse_map
from shield_ai.rewrite.project.map_style import MapStyle
from shield_ai.rewrite.project.map_text import map_text
from shield_ai.rewrite.project.secret_map import map_matches_manifest, write_map

PATH = "shop/utils/secrets.py"
TEXT = '''\
"""The secrets of shop and the environment variables behind them.

With USE_AWS_SECRETS=true, get_secret() reads them from AWS Secrets Manager; otherwise,
it reads the variables.
`shield apply` keeps the mapping in step with shield.toml.
"""

from ._shield_runtime import SecretsManagerClient

client = SecretsManagerClient(
    {
        "django-secret-key": "SECRET_KEY",
        "database-credentials": {
            "database": "DB_NAME",
            "username": "DB_USER",
            "password": "DB_PASSWORD",
            "host": "DB_HOST",
            "port": "DB_PORT",
        },
        "sentry-dsn": "SENTRY_DSN",
    },
    optional=["sentry-dsn"],
)
get_secret = client.get_secret
has_secret = client.has_secret
clear_secret_cache = client.clear_cache
'''


def with_secrets(change):
    made = manifest()
    return msgspec.structs.replace(made, secret=tuple(change(list(made.secret))))


def renamed(old, new, secrets):
    return [
        msgspec.structs.replace(secret, name=new) if secret.name == old else secret
        for secret in secrets
    ]


def updated(text, made):
    files = {PATH: text.encode()}
    skipped = run(write_map(PATH, files[PATH], made), files)
    return files[PATH].decode(), skipped.get(PATH, "")


def test_writes_the_map_of_shield_toml():
    files = {}
    assert run(write_map(PATH, None, manifest()), files) == {}
    assert files[PATH].decode() == TEXT
    assert map_matches_manifest(files[PATH], manifest())
    assert write_map(PATH, files[PATH], manifest()) == ([], [])


def test_imports_absolutely_on_sys_path():
    text = map_text("shop", expected_map(manifest()), MapStyle(package="_shield_runtime"))
    assert "\nfrom _shield_runtime import SecretsManagerClient\n" in text


def test_app_name_can_not_end_the_docstring():
    text = map_text('a"""\n\\b', expected_map(manifest()))
    compile(text, "secrets.py", "exec")
    assert text.startswith("\"\"\"The secrets of a''' /b and")


@pytest.mark.parametrize("count", [0, 1, 2, 12])
def test_is_formatted_as_ruff_does(count, tmp_path):
    made = with_secrets(
        lambda all_: (
            [
                msgspec.structs.replace(all_[2], name=f"sentry-dsn-{n}", env=f"SENTRY_DSN_{n}")
                for n in range(count)
            ]
            + [
                msgspec.structs.replace(
                    all_[1], fields={"username": "DB_USER", "password": "DB_PW"}
                )
            ]
        )
    )
    text = map_text("shop", expected_map(made))
    (tmp_path / "s.py").write_text(text)
    argv = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "s.py"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


STYLES = [
    pytest.param(MapStyle(width=120, quote="'"), "format.quote-style = 'single'", id="quotes"),
    pytest.param(MapStyle(width=72), "", id="short lines"),
    pytest.param(
        MapStyle(imports_annotations=True),
        'lint.isort.required-imports = ["from __future__ import annotations"]',
        id="required import",
    ),
    pytest.param(MapStyle(blank_lines=2), "lint.isort.lines-after-imports = 2", id="blank lines"),
    pytest.param(
        MapStyle(summary_on_second_line=True), "lint.extend-select = ['D213', 'D205']", id="summary"
    ),
    pytest.param(
        MapStyle(doc_width=70, docs="docs/AWS.md"),
        "lint.extend-select = ['W505']\nlint.pycodestyle.max-doc-length = 70",
        id="short docstring",
    ),
    pytest.param(MapStyle(docs="docs/AWS_SECRETS_MANAGER.md", uses_bandit=True), "", id="bandit"),
    pytest.param(
        MapStyle(package="shop.utils._shield_runtime"),
        "lint.flake8-tidy-imports.ban-relative-imports = 'all'",
        id="absolute import",
    ),
]


@pytest.mark.parametrize(("style", "config"), STYLES)
def test_follows_the_style_of_the_project(style, config, tmp_path):
    name = "a-credential-with-a-very-long-name"
    made = with_secrets(lambda all_: renamed("sentry-dsn", name, all_))
    text = map_text("shop", expected_map(made), style)
    assert map_matches_manifest(text.encode(), made)
    (tmp_path / "s.py").write_text(text)
    rules = "lint.select = ['I', 'E501', 'TID']"
    (tmp_path / "ruff.toml").write_text(f"line-length = {style.width}\n{rules}\n{config}\n")
    for command in (["format", "--diff"], ["check"]):
        argv = [sys.executable, "-m", "ruff", *command, "--no-cache", "s.py"]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_marks_names_that_bandit_takes_for_passwords():
    fields = {"username": "DB_USER", "password": "DB_PASSWORD", "token": "A" * 80}
    made = with_secrets(
        lambda all_: [
            msgspec.structs.replace(all_[0], name="hook_secret", env="HOOK"),
            msgspec.structs.replace(all_[1], fields=fields),
            msgspec.structs.replace(all_[2], name="api-token", env="A_TOKEN"),
        ]
    )
    text = map_text("shop", expected_map(made), MapStyle(uses_bandit=True))
    marked = [line.split("#")[0].strip() for line in text.splitlines() if "# nosec B105" in line]
    assert marked == ['"hook_secret": "HOOK",', '"password": "DB_PASSWORD",', f'"{"A" * 80}"']
    assert "nosec" not in map_text("shop", expected_map(made))
    assert map_matches_manifest(text.encode(), made)


def test_names_license_and_docs():
    style = MapStyle(
        license="# SPDX-License-Identifier: MIT\n", docs="docs/AWS.md", has_lambdas=True
    )
    text = map_text("shop", expected_map(manifest()), style)
    assert text.startswith('# SPDX-License-Identifier: MIT\n"""The secrets')
    assert "its variable contains the secret. See docs/AWS.md.\n" in text.replace(
        "contains\n", "contains "
    )


def test_names_the_command_that_installs_boto3_if_no_page_does():
    install = "pip install 'shop[aws]'"
    for docs in ("", "docs/AWS.md"):
        style = MapStyle(stage="DJANGO_ENV", install=install, docs=docs)
        text = " ".join(map_text("shop", expected_map(manifest()), style).split())
        assert (f"AWS requires boto3: `{install}`." in text) != bool(docs)


def test_names_the_stage_if_no_page_does():
    text = map_text("shop", expected_map(manifest()), MapStyle(stage="DJANGO_ENV"))
    assert "also set AWS_REGION, and DJANGO_ENV=production: variables then do not" in " ".join(
        text.split()
    )


def test_unedited_file_is_written_again():
    made = with_secrets(lambda all_: [*reversed(renamed("sentry-dsn", "our/sentry", all_))])
    text, _ = updated(TEXT, made)
    assert text == map_text("shop", expected_map(made))


EDITED = TEXT.replace("    {\n", "    {  # by hand\n").replace(
    '"SENTRY_DSN",\n', '"SENTRY_DSN",  # errors\n'
) + "\n\ndef key():\n    return get_secret('django-secret-key')\n"  # fmt: skip


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        pytest.param(
            lambda all_: renamed("django-secret-key", "key", all_),
            '        "django-secret-key": "SECRET_KEY",\n',
            "",
            id="renamed",
        ),
        pytest.param(lambda all_: all_[1:], '        "django-secret-key": "SECRET_KEY",\n', "", id="removed"),
        pytest.param(
            lambda all_: [msgspec.structs.replace(all_[0], env="KEY"), *all_[1:]],
            '"SECRET_KEY"', '"KEY"', id="another variable",
        ),
        pytest.param(
            lambda all_: [msgspec.structs.replace(all_[0], optional=True), *all_[1:]],
            '["sentry-dsn"]', '["django-secret-key", "sentry-dsn"]', id="optional",
        ),
        pytest.param(
            lambda all_: [*all_[:2], msgspec.structs.replace(all_[2], optional=None)],
            '\n    optional=["sentry-dsn"],', "", id="not optional",
        ),
        pytest.param(
            lambda all_: [msgspec.structs.replace(all_[0], optional=False), *all_[1:]],
            '    optional=["sentry-dsn"],',
            '    required=["django-secret-key"],\n    optional=["sentry-dsn"],', id="required",
        ),
        pytest.param(
            lambda all_: [*all_[:2], msgspec.structs.replace(all_[2], optional=False)],
            '    optional=["sentry-dsn"],', '    required=["sentry-dsn"],', id="no longer optional",
        ),
    ],
)  # fmt: skip
def test_edited_file_keeps_every_other_byte(change, old, new):
    made = with_secrets(change)
    text, skipped = updated(EDITED, made)
    assert not skipped
    expected = EDITED.replace(old, new)
    if '"key": "SECRET_KEY",\n' in text:
        expected = expected.replace("# errors\n", '# errors\n        "key": "SECRET_KEY",\n')
    assert text.replace("},\n)", "}\n)") == expected.replace("},\n)", "}\n)")
    assert map_matches_manifest(text.encode(), made)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param('c = SecretsManagerClient({"a": "A"})\n', id="one line"),
        pytest.param("c = SecretsManagerClient({})\n", id="empty"),
        pytest.param('c = SecretsManagerClient({"a": "A"}, optional=["a"])\n', id="optional"),
        pytest.param(
            'c = SecretsManagerClient(\n    {"a": "A",\n     "b": "B"}\n)\n', id="two lines"
        ),
    ],
)
def test_other_layouts_get_the_whole_mapping(call):
    text, skipped = updated(
        f"from ._shield_runtime import SecretsManagerClient\n{call}", manifest()
    )
    assert not skipped
    assert parse_map(text.encode()).secrets == expected_map(manifest()).secrets
    assert map_matches_manifest(text.encode(), manifest())


def test_skips_a_mapping_with_comments_in_another_layout():
    text = (
        "from ._shield_runtime import SecretsManagerClient\n"
        'c = SecretsManagerClient({"a": "A"  # why\n})\n'
    )
    unchanged, reason = updated(text, manifest())
    assert unchanged == text
    assert "has comments" in reason


LONG = '"sentry-dsn": (\n            "SENTRY_DSN"  # nosec B105, ours\n        ),  # errors\n'


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        pytest.param(lambda all_: all_[:2], f"        {LONG}", "", id="removed"),
        pytest.param(
            lambda all_: [*all_[:2], msgspec.structs.replace(all_[2], env="DSN")],
            '"SENTRY_DSN"', '"DSN"', id="another variable",
        ),
        pytest.param(
            lambda all_: [*all_, msgspec.structs.replace(all_[0], name="other", env="OTHER")],
            LONG, f'{LONG}        "other": "OTHER",\n', id="added",
        ),
        pytest.param(
            lambda all_: [*all_[:2], msgspec.structs.replace(all_[2], env="", fields={"dsn": "DSN"})],
            '"SENTRY_DSN"', '{"dsn": "DSN"}', id="fields",
        ),
    ],
)  # fmt: skip
def test_edits_a_mapping_with_a_variable_in_parentheses(change, old, new):
    before = EDITED.replace('"sentry-dsn": "SENTRY_DSN",  # errors\n', LONG)
    before = before.replace('    optional=["sentry-dsn"],\n', "")
    required = lambda all_: [msgspec.structs.replace(s, optional=None) for s in change(all_)]  # noqa: E731
    text, skipped = updated(before, with_secrets(required))
    assert (text, skipped) == (before.replace(old, new), "")


@pytest.mark.parametrize(
    "comma", ["  # why, and when\n", ")  # a, b\n"], ids=["no comma", "parentheses"]
)
def test_a_comma_in_a_comment_does_not_end_an_entry(comma):
    value = '("A"' if comma.startswith(")") else '"A"'
    text = (
        "from ._shield_runtime import SecretsManagerClient\n"
        f'c = SecretsManagerClient({{\n    "a": {value}{comma}}})\n'
    )
    unchanged, reason = updated(text, manifest())
    assert unchanged == text
    assert "has comments" in reason


def test_skips_a_mapping_that_can_not_be_understood():
    text = "from ._shield_runtime import SecretsManagerClient\nc = SecretsManagerClient(MAP)\n"
    assert updated(text, manifest()) == (text, (
        "unknown mapping: pass SecretsManagerClient() a dict of literals, or delete the file"
    ))  # fmt: skip


WITH_PREFIX = TEXT.replace('["sentry-dsn"],\n', '["sentry-dsn"],\n    prefix="shop/",\n')
STAGES = {"staging": Environment(prefix="shop/staging/")}


def prefixed(prefix="shop/", **changes):
    made = manifest(**changes)
    return msgspec.structs.replace(made, app=msgspec.structs.replace(made.app, prefix=prefix))


def test_the_map_contains_the_prefix():
    text, skipped = updated(TEXT, prefixed())
    assert (text, skipped) == (WITH_PREFIX, "")
    assert updated(text, prefixed()) == (text, "")
    with_stages = msgspec.structs.replace(prefixed(), environments=STAGES)
    assert expected_map(with_stages).prefix == ""  # AWS_SECRETS_PREFIX selects one


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(EDITED, EDITED.replace('["sentry-dsn"],\n', '["sentry-dsn"],\n    prefix="shop/",\n'), id="absent"),
        pytest.param(EDITED.replace('optional=["sentry-dsn"]', 'prefix="a/", optional=["sentry-dsn"]'), EDITED.replace('optional=["sentry-dsn"]', 'prefix="shop/", optional=["sentry-dsn"]'), id="another"),
        pytest.param(EDITED.replace('optional=["sentry-dsn"]', 'prefix=PREFIX, optional=["sentry-dsn"]'), EDITED.replace('optional=["sentry-dsn"]', 'prefix=PREFIX, optional=["sentry-dsn"]'), id="computed"),
        pytest.param(EDITED.replace('    optional=["sentry-dsn"],\n', ""), EDITED.replace('["sentry-dsn"],\n', '["sentry-dsn"],\n    prefix="shop/",\n'), id="absent, with another edit"),
    ],
)  # fmt: skip
def test_sets_the_prefix_in_an_edited_file(before, after):
    text, skipped = updated(before, prefixed())
    assert not skipped
    assert text.replace("],\n)", "]\n)") == after.replace("],\n)", "]\n)")
    assert map_matches_manifest(text.encode(), prefixed())
    assert updated(text, prefixed()) == (text, "")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_two_kinds_of_edits_keep_line_endings_and_encoding(encoding):
    before = EDITED.replace('    optional=["sentry-dsn"],\n', "")
    after = EDITED.replace('["sentry-dsn"],\n', '["sentry-dsn"],\n    prefix="shop/",\n')
    head = f"# coding: {encoding}\r\n# é\r\n"
    files = {PATH: (head + before.replace("\n", "\r\n")).encode(encoding)}
    assert not run(write_map(PATH, files[PATH], prefixed()), files)
    text = files[PATH].decode(encoding)
    assert text == head + after.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("prefix=P, optional=[X]", "prefix=P", id="after it"),
        pytest.param("optional=[X], settings=S", "settings=S", id="before it"),
        pytest.param("settings=S, optional=[X], prefix=P", "settings=S, prefix=P", id="around it"),
    ],
)
def test_other_arguments_remain_without_optional_secrets(before, after):
    made = with_secrets(lambda all_: [msgspec.structs.replace(s, optional=None) for s in all_])
    text = EDITED.replace('optional=["sentry-dsn"]', before.replace("X", '"sentry-dsn"'))
    found, skipped = updated(text, made)
    assert not skipped
    assert found == EDITED.replace('optional=["sentry-dsn"]', after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('    # why\n    optional=["sentry-dsn"],  # keep\n', "    # why\n", id="comments"),
        pytest.param('    optional=["sentry-dsn"],\n    # why\n    prefix=P,\n', "    # why\n    prefix=P,\n", id="a comment below"),
        pytest.param('    # why\n    optional=[\n        "sentry-dsn",\n    ]\n', "    # why\n", id="three lines without a comma"),
        pytest.param('    optional=(["sentry-dsn"]),\n', "", id="in parentheses"),
        pytest.param('    prefix=(P), optional=(["sentry-dsn"])\n', "    prefix=(P)\n", id="all in parentheses"),
    ],
)  # fmt: skip
def test_only_the_lines_of_optional_are_removed(before, after):
    made = with_secrets(lambda all_: [msgspec.structs.replace(s, optional=None) for s in all_])
    text = EDITED.replace('    optional=["sentry-dsn"],\n', before)
    assert updated(text, made) == (EDITED.replace('    optional=["sentry-dsn"],\n', after), "")


def test_a_map_with_another_prefix_does_not_match():
    assert map_matches_manifest(WITH_PREFIX.encode(), prefixed())
    assert map_matches_manifest(
        TEXT.encode(), prefixed()
    )  # of an earlier version, with AWS_SECRETS_PREFIX
    assert not map_matches_manifest(WITH_PREFIX.encode(), prefixed("other/"))
    assert not map_matches_manifest(WITH_PREFIX.encode(), manifest())
