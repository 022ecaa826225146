from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_app


@pytest.mark.parametrize(
    ("name", "target", "is_reported"),
    [
        pytest.param("common", "../../common", True, id="outside the app"),
        pytest.param("common", "../base", False, id="in the app"),
        pytest.param("static", "../../static", False, id="no modules"),
        pytest.param("venv", "../../common", False, id="virtual environment"),
        pytest.param("common", "../../missing", False, id="broken"),
    ],
)
def test_links_to_folders_outside_the_app_are_reported(tmp_path, name, target, is_reported):
    for folder in ("common", "static", "app/base", "app/shop"):
        (tmp_path / folder).mkdir(parents=True)
    for path in ("common/a.py", "app/base/b.py", "app/shop/settings.py", "static/a.css"):
        (tmp_path / path).write_text("")
    (tmp_path / "app/shop" / name).symlink_to(target, target_is_directory=True)
    found = scan_app(tmp_path / "app").unscanned
    assert [(skip.path, skip.id) for skip in found] == (
        [(f"shop/{name}", SkipId.LINKED_FOLDER)] if is_reported else []
    )
