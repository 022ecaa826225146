from __future__ import annotations

import pytest
from shield_helpers import shield

from shield_ai.model.manifest import DEFAULT_REGION_NOTE

STEP = "us-east-1 is only the default region: before shield apply creates the secrets there"


@pytest.mark.parametrize("note", [True, False])
def test_plan_says_that_the_region_is_the_default(tmp_path, note):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text("import os\nKEY = os.environ['STRIPE_KEY']\n")
    assert shield("draft", cwd=tmp_path).code == 0
    if not note:
        path = tmp_path / "shield.toml"
        path.write_text(path.read_text().replace(f"# {DEFAULT_REGION_NOTE}", ""))
    assert (STEP in shield("plan", "--only", "code", cwd=tmp_path).text) == note
