from __future__ import annotations

import pytest
from shield_helpers import shield

SETTINGS = "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"


@pytest.mark.parametrize(
    ("body", "skipped", "harmless"),
    [
        pytest.param("    api_token: str = 'k3y-of-a-test'\n", False, False, id="moved"),
        pytest.param("    api_token: str = 'api_token'\n", False, False, id="moved, a label"),
        pytest.param(
            "    api_token: str = 'api_token'\n    @classmethod\n"
            "    def settings_customise_sources(cls): ...\n",
            True,
            False,
            id="skipped, a label",
        ),
    ],
)
def test_a_place_is_in_one_list(tmp_path, body, skipped, harmless):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/config.py").write_text(SETTINGS + body)
    shield("draft", cwd=tmp_path)
    text = shield("plan", "--only", "code", cwd=tmp_path).text
    assert ("\nskipped\n  shop/config.py" in f"\n{text}") == skipped, text
    assert ("not secrets" in text) == harmless, text
