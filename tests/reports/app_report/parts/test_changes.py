from __future__ import annotations

from typing import TYPE_CHECKING

from report_samples import NOW
from shield_helpers import make_app, run

from shield_ai.flow.access_audit import TrailQuery
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.journal.log import Journal
from shield_ai.reports.app_report.collect import collect_report

if TYPE_CHECKING:
    from pathlib import Path

NEW_READ = '\nMAIL_KEY = os.environ.get("MAIL_KEY", "")\n'


def test_shows_the_changes_of_all_applies(tmp_path: Path) -> None:
    make_app(tmp_path)
    apply = ("apply", "--only", "code", "--yes", "--allow-dirty")
    assert run(*apply, cwd=tmp_path).code == 0
    other = tmp_path / "shop/mail.py"
    other.write_text(f"import os\n{NEW_READ}")
    first = len(Journal(tmp_path).load().last_steps())
    assert run("draft", cwd=tmp_path).code == 0
    assert run(*apply, cwd=tmp_path).code == 0
    second = Journal(tmp_path).load().last_steps()
    assert "shop/settings.py" not in [step.what for step in second]
    app = AppContext(tmp_path, AppOptions(only="code"))
    report = collect_report(app, TrailQuery(since=None, trails=(), now=NOW))
    assert {"shop/settings.py", "shop/aws_secrets.py"} < {diff.path for diff in report.diffs}
    (diff,) = [diff for diff in report.diffs if diff.path == "shop/aws_secrets.py"]
    assert diff.lines[0].startswith("new, ")
    assert report.steps_to_undo == first + len(second)
