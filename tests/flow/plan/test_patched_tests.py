from __future__ import annotations

import pytest

from shield_ai.flow.plan.patched_tests import find_patched_tests
from shield_ai.model.edit import Edit
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import file_change

READ = b"X = os.getenv('A')\n"


def find(test, *, code=READ, replacement="get_secret(", path="tests/test_it.py"):
    raws = {"shop/client.py": code, path: test.encode()}
    start = code.find(b"os.")
    edit = Edit(
        path="shop/client.py", start=start, end=code.find(b"(") + 1, replacement=replacement
    )
    change = file_change("shop/client.py", code, [edit])
    return list(find_patched_tests([change], raws, raws.get))


@pytest.mark.parametrize(
    "patch",
    [
        "patch('os.getenv', return_value='x')",
        "patch(f'{MODULE}.os.getenv')",
        "monkeypatch.setattr(os, 'getenv', f)",
        "patch.object(\n    client.os,\n    'getenv')",
    ],
)
def test_names_tests_that_patch_getenv(patch):
    [found] = find(f"from shop import client\n\n{patch}\n")
    assert (found.path, found.id) == ("tests/test_it.py", SkipId.PATCHES_GETENV)
    assert found.line in {3, 4}
    assert "shop/client.py" in found.reason


@pytest.mark.parametrize(
    ("test", "options"),
    [
        pytest.param("patch('os.environ.get')\nimport client", {}, id="another function"),
        pytest.param("patch('os.getenv')\nimport views", {}, id="another module"),
        pytest.param("patch('os.getenv')\nimport clients", {}, id="longer name"),
        pytest.param("patch('os.getenv')\nimport client", {"path": "shop/a.py"}, id="no test"),
        pytest.param(
            "patch('os.getenv')\nimport client",
            {"replacement": "get_secret('a', lambda: os.getenv("},
            id="the call stays",
        ),
        pytest.param(
            "patch('os.getenv')\nimport client",
            {"code": b"X = os.environ.get('A')\n"},
            id="another read",
        ),
    ],
)
def test_names_no_other_tests(test, options):
    assert find(test, **options) == []
