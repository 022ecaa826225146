from __future__ import annotations

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project.gitattributes import mark_generated

LINE = b"shop/utils/_shield_runtime/** linguist-generated=true"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, LINE + b"\n", id="created"),
        pytest.param(b"*.sh eol=lf\n", b"*.sh eol=lf\n" + LINE + b"\n", id="added"),
        pytest.param(b"*.sh eol=lf", b"*.sh eol=lf\n" + LINE + b"\n", id="no final newline"),
        pytest.param(b"* text\r\n", b"* text\r\n" + LINE + b"\r\n", id="crlf"),
        pytest.param(LINE + b"\n* text\n", LINE + b"\n* text\n", id="already there"),
    ],
)
def test_adds_one_line_once(before, after):
    files = {} if before is None else {".gitattributes": before}
    for _ in range(2):
        assert run(mark_generated(files.get, manifest()), files) == {}
        assert files == {".gitattributes": after}


def test_folder_at_the_root():
    files = {}
    run(mark_generated(files.get, manifest(runtime="aws_secrets.py")), files)
    assert files[".gitattributes"] == b"_shield_runtime/** linguist-generated=true\n"


def test_package_has_no_copy():
    assert mark_generated({}.get, manifest(runtime="package")) == ([], [])
