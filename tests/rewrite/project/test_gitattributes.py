from __future__ import annotations

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project.gitattributes import mark_generated

PATH = "shop/utils/_shield_runtime/.gitattributes"
LINE = b"* linguist-generated=true\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, LINE, id="created"),
        pytest.param({".gitattributes": b"*.sh eol=lf\n"}, LINE, id="beside the app's file"),
        pytest.param({PATH: b"* text\r\n"}, b"* text\r\n" + LINE[:-1] + b"\r\n", id="added"),
        pytest.param({PATH: LINE + b"* text\n"}, LINE + b"* text\n", id="already there"),
        pytest.param(
            {".gitattributes": b"shop/utils/_shield_runtime/** linguist-generated=true\n"},
            None,
            id="marked by an earlier version",
        ),
    ],
)
def test_adds_one_line_once(before, after):
    files = dict(before)
    for _ in range(2):
        assert run(mark_generated(files.get, manifest()), files) == {}
    assert files.get(PATH) == after
    assert files.get(".gitattributes") == before.get(".gitattributes")


def test_package_has_no_copy():
    assert mark_generated({}.get, manifest(runtime="package")) == ([], [])
