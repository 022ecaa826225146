from __future__ import annotations

import sys

import pytest

from shield_ai.flow.rotate.rotation_hook import import_hook
from shield_ai.model.errors import ShieldError

NAME = "acme_rotation_hook"


@pytest.fixture
def hook(tmp_path):
    yield tmp_path / f"{NAME}.py"
    sys.modules.pop(NAME, None)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("def issue(): pass\n", id="function"),
        pytest.param(
            "from __future__ import annotations\nfrom dataclasses import KW_ONLY, dataclass\n"
            "@dataclass\nclass Key:\n    _: KW_ONLY\n    value: str\n",
            id="dataclass with annotations as texts",
        ),
    ],
)
def test_imports_a_hook(hook, code):
    hook.write_text(code)
    import_hook(hook)
    assert sys.modules[NAME].__file__ == str(hook)


def test_a_hook_can_have_the_name_of_a_library_that_it_imports(tmp_path, monkeypatch):
    import colorsys

    monkeypatch.setitem(sys.modules, "colorsys", colorsys)
    (tmp_path / "colorsys.py").write_text(
        "import colorsys\nONE = colorsys.rgb_to_hsv(1, 1, 1)[2]\n"
    )
    import_hook(tmp_path / "colorsys.py")
    assert sys.modules["colorsys"].ONE == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param(None, "is not in the app's folder", id="missing"),
        pytest.param("x = 1 / 0", "can't be imported: ZeroDivisionError", id="error"),
        pytest.param("import sys\nsys.exit(0)", "can't be imported: SystemExit", id="exit"),
    ],
)
def test_a_hook_that_cannot_be_imported(hook, code, message):
    if code is not None:
        hook.write_text(code)
    with pytest.raises(ShieldError, match=message):
        import_hook(hook)
    assert NAME not in sys.modules
