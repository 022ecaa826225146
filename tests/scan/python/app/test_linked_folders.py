from __future__ import annotations

import pytest
from hostile_git import git

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
        pytest.param("common", "../../../other", False, id="outside the repository"),
    ],
)
def test_links_to_folders_outside_the_app_are_reported(tmp_path, name, target, is_reported):
    repository = tmp_path / "shop"
    git(tmp_path, "init", "-q", str(repository))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/c.py").write_text("")
    for folder in ("common", "static", "app/base", "app/shop"):
        (repository / folder).mkdir(parents=True)
    for path in ("common/a.py", "app/base/b.py", "app/shop/settings.py", "static/a.css"):
        (repository / path).write_text("")
    (repository / "app/shop" / name).symlink_to(target, target_is_directory=True)
    found = scan_app(repository / "app").unscanned
    assert [(skip.path, skip.id) for skip in found] == (
        [(f"shop/{name}", SkipId.LINKED_FOLDER)] if is_reported else []
    )
