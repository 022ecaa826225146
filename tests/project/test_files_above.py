from __future__ import annotations

import subprocess

from shield_ai.project.files_above import FilesAbove, read_files_above


def test_reads_the_files_up_to_the_top_of_the_repository(tmp_path):
    top = tmp_path / "top"
    app = top / "services/backend"
    app.mkdir(parents=True)
    for folder in (tmp_path, top, app):
        (folder / "uv.lock").write_text(folder.name)
    assert read_files_above(app, ["uv.lock"]) == FilesAbove()
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    found = read_files_above(app, ["uv.lock", "pyproject.toml"])
    assert found == FilesAbove("services/backend", {"uv.lock": b"top"})
