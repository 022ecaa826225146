from __future__ import annotations

import pytest

from shield_ai.project.layout import AppFacts
from shield_ai.project.python_source import Source
from shield_ai.scan.python.importable import explain_not_importable

SCRIPT = b"import os\nif __name__ == '__main__':\n    print(os.environ['API_KEY'])\n"
KNOWN = {
    "shop/__init__.py",
    "shop/settings.py",
    "shop/mail.py",
    "shop/tool.py",
    "other/a.py",
    "back/b.py",
    "run.py",
}


@pytest.mark.parametrize(
    ("path", "raw", "runs", "why"),
    [
        pytest.param("shop/mail.py", b"", "", "", id="beside the settings"),
        pytest.param("other/a.py", b"", "", "outside the packages", id="in another folder"),
        pytest.param("run.py", b"", "", "", id="at the root"),
        pytest.param("shop/tool.py", SCRIPT, "", "run as a script", id="a script in a package"),
        pytest.param(
            "shop/tool.py",
            b"import shop\n" + SCRIPT,
            "",
            "",
            id="a script that imports the package itself",
        ),
        pytest.param("run.py", SCRIPT, "", "", id="a script at the root"),
        pytest.param(
            "run.py",
            b"",
            "shop/__init__.py",
            "would run shop/__init__.py",
            id="a package with side effects",
        ),
        pytest.param(
            "run.py",
            b"import shop.mail\n",
            "shop/__init__.py",
            "",
            id="a package that the file imports",
        ),
        pytest.param("shop/mail.py", b"", "shop/__init__.py", "", id="in that package"),
    ],
)
def test_explains_why_a_file_cannot_import_the_runtime(
    path: str, raw: bytes, runs: str, why: str
) -> None:
    facts = AppFacts(
        name="shop",
        settings=("shop/settings.py",),
        runtime="shop/aws_secrets.py",
        runtime_init=runs,
    )
    found = explain_not_importable(Source.from_bytes(path, raw), facts, KNOWN)
    assert why in found
    assert bool(why) == bool(found)


def test_names_the_folder_of_another_app() -> None:
    facts = AppFacts(
        name="a", settings=("back/b.py",), roots=("back", ""), runtime="shop/aws_secrets.py"
    )
    assert "belongs to another app: run shield in back" in explain_not_importable(
        Source.from_bytes("back/b.py", b""), facts, KNOWN
    )
