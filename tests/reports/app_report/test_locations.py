from __future__ import annotations

from shield_helpers import make_app, run

COMPOSE = "services:\n  web:\n    environment:\n      SECRET_KEY: hunter2x\n"


def test_the_report_maps_each_secret_to_its_reads_and_settings(tmp_path, aws):
    make_app(tmp_path)
    lines = "".join(f"      - SECRET_KEY=hunter{number}x\n" for number in range(9))
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / ".gitlab-ci.yml").write_text("deploy:\n  script: [x $MAIL_API_KEY]\n")
    (tmp_path / "stack.yml").write_text(
        f"services:\n  web:\n    image: a\n    environment:\n{lines}"
    )
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    page = run("report", "--only", "code", cwd=tmp_path).out
    assert "docker-compose.yml:4 (Docker Compose, literal value)" in page
    assert ">and 2 more<" in page
    read = page.index(".gitlab-ci.yml:2 (GitLab CI, read by the job)")
    assert page.rindex("data-label=", 0, read) == page.rindex('data-label="Read in"', 0, read)
    assert '<span class="mono">shop/settings.py:' in page
    assert "hunter" not in page


def test_the_fields_of_pydantic_settings_are_reads(tmp_path):
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    (tmp_path / "config.py").write_text(
        "from pydantic_settings import BaseSettings\n\n\n"
        "class Settings(BaseSettings):\n    api_token: str\n"
    )
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    page = run("report", "--only", "code", cwd=tmp_path).out
    assert 'data-label="Read in"><span><span class="mono">config.py</span>' in page
