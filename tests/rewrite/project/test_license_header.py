from __future__ import annotations

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project.fixer import AppFiles, FixContext
from shield_ai.rewrite.project.license_header import license_headers
from shield_ai.rewrite.project.pipeline import rewrite_project

LINE = b"# SPDX-License-Identifier: EUPL-1.2"
BLOCK = b"#\n# Copyright 2019 Acme\n#\n# Licensed under the GNU GPL.\n"
NEWER = BLOCK.replace(b"2019", b"2019-2024")
PRESENT = BLOCK.replace(b"2019", b"2018-present")
LONG = b"####\n# ACME\n" + b"# NO WARRANTY.\n" * 30 + "# Acme® is registered.\n".encode()


def files_of(modules):
    files = {f"shop/{number}.py": raw for number, raw in enumerate(modules)}
    return files | {"shop/__init__.py": b"", "tests/__init__.py": b""}


def header_of(files):
    context = FixContext(files.get, manifest(), AppFiles(paths=list(files)))
    return license_headers(context).module.encode()


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        pytest.param(
            [LINE + b"\n# (C) 2019\n", b"", b"#!python\n" + LINE], LINE + b"\n", id="line"
        ),
        pytest.param([LINE + b"\r\nx = 1\n"], LINE + b"\n", id="crlf"),
        pytest.param([LINE, b"x = 1\n"], b"", id="once"),
        pytest.param([LINE, LINE, b"x = 1\n"], LINE + b"\n", id="most"),
        pytest.param([LINE, b"# SPDX-License-Identifier: MIT\n"], b"", id="different"),
        pytest.param([b"\n\n\n\n\n" + b"x = 1\n" + LINE], b"", id="too low"),
        pytest.param([BLOCK + b"x = 1\n", BLOCK + b"\n# Settings\n"], BLOCK, id="block"),
        pytest.param([BLOCK, BLOCK, b"x = 1\n", b"y = 1\n"], BLOCK, id="half"),
        pytest.param([BLOCK, BLOCK, b"x\n", b"y\n", b"z\n"], b"", id="less than half"),
        pytest.param([NEWER, BLOCK, BLOCK], NEWER, id="years"),
        pytest.param([BLOCK.replace(b"2019", b"2021"), NEWER, NEWER], NEWER, id="range of years"),
        pytest.param([NEWER, PRESENT, PRESENT], PRESENT, id="present"),
        pytest.param([b"#!python\n# -*- coding: utf-8 -*-\n" + BLOCK] * 2, BLOCK, id="file lines"),
        pytest.param([b"# Author: A <a@example.com>\n" + BLOCK] * 2, BLOCK, id="author"),
        pytest.param([BLOCK.replace(b"\n", b"\r\n")] * 2, BLOCK, id="block with crlf"),
        pytest.param([b"\xef\xbb\xbf" + BLOCK] * 2, BLOCK, id="byte order mark"),
        pytest.param([LONG] * 2, LONG, id="long"),
        pytest.param([b"# Copyright 2020 Acme\n"] * 2, b"# Copyright 2020 Acme\n", id="one line"),
        pytest.param([b"# Settings\n"] * 2, b"", id="not a license"),
        pytest.param([b"# pylint: disable=all\n# mypy: ignore-errors\n"] * 2, b"", id="directives"),
        pytest.param([b"# Copyright\n# \xe9\n"] * 2, b"", id="not utf-8"),
        pytest.param([b"# Copyright\n" + b"# x\n" * 50] * 2, b"", id="too long"),
        pytest.param([b'"""Copyright 2020"""\n'] * 2, b"", id="docstring"),
    ],
)
def test_finds_the_comment_that_modules_begin_with(modules, expected):
    assert header_of(files_of(modules)) == expected


def test_ignores_migrations():
    files = files_of([BLOCK, BLOCK])
    files |= {f"shop/migrations/{number}.py": b"x = 1\n" for number in range(9)}
    assert header_of(files) == BLOCK


@pytest.mark.parametrize("header", [LINE + b"\n", BLOCK, LONG], ids=["line", "block", "long"])
def test_generated_modules_have_the_header(header):
    files = files_of([header, header]) | {"requirements.txt": b"django\n"}
    for _ in range(2):
        context = FixContext(files.get, manifest(), AppFiles(paths=list(files)))
        changes, skipped = rewrite_project(context)
        assert not run((changes, skipped), files)
    assert not changes
    for path in ("shop/utils/secrets.py", "tests/test_secrets.py"):
        assert files[path].startswith(header)
    assert files["shop/utils/__init__.py"] == b""


def test_new_packages_have_the_header_if_others_do():
    files = files_of([BLOCK, BLOCK]) | {"shop/__init__.py": BLOCK, "shop/a/__init__.py": BLOCK}
    run(rewrite_project(FixContext(files.get, manifest(), AppFiles(paths=list(files)))), files)
    assert files["shop/utils/__init__.py"] == BLOCK
