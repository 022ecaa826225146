from __future__ import annotations

import datetime as dt
import html

import msgspec
import pytest
from report_samples import CLEAN, NOW, report_data

from shield_ai.reports.app_report.html import page
from shield_ai.reports.app_report.trend import META, Figures, Trend, figures, read_figures, trend

EARLIER = NOW - dt.timedelta(days=7)
BEFORE = Figures(app="shop", created=EARLIER, findings=12, in_aws=1, overdue=None)


def write(path, content):
    path.write_text(f'<!doctype html><meta name="{META}" content="{html.escape(content)}">')
    return path


def test_page_keeps_its_figures(tmp_path):
    data = report_data()
    (tmp_path / "report.html").write_text(page(data))
    assert read_figures(tmp_path / "report.html") == figures(data)


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        pytest.param(
            BEFORE, (Trend("findings", 12, 8), Trend("secrets in AWS", 1, 3)), id="earlier"
        ),
        pytest.param(None, (), id="no report"),
        pytest.param(msgspec.structs.replace(BEFORE, app="other"), (), id="another app"),
        pytest.param(msgspec.structs.replace(BEFORE, created=NOW), (), id="not earlier"),
    ],
)
def test_trend(previous, expected):
    assert trend(report_data(previous=previous)) == expected


def test_page_shows_the_trend():
    text = page(report_data(previous=BEFORE))
    assert "(was 12)" in text
    assert "(was" not in page(report_data())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("{}", id="no fields"),
        pytest.param('{"findings": "12"}', id="text"),
        pytest.param(
            '{"app":"shop","created":"2026-01-01T00:00:00","findings":1,"in_aws":null,"overdue":null}',
            id="date without a time zone",
        ),
        pytest.param(
            '{"app":"shop","created":"2026-01-01T00:00:00Z","findings":-1,"in_aws":null,"overdue":null}',
            id="negative",
        ),
        pytest.param(
            '{"app":"shop","created":"2026-01-01T00:00:00Z","findings":1e99,"in_aws":null,"overdue":null}',
            id="large",
        ),
        pytest.param('{"version":2}', id="other version"),
        pytest.param("[" * 1500, id="nested"),
    ],
)
def test_invalid_figures_are_ignored(tmp_path, content):
    assert read_figures(write(tmp_path / "report.html", content)) is None


def test_other_files_are_ignored(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert read_figures(tmp_path / "binary") is None
    assert read_figures(tmp_path / "absent") is None
    assert read_figures(tmp_path) is None


def test_name_of_the_app_is_escaped():
    data = msgspec.structs.replace(CLEAN, app='"><img src=x>')
    assert "<img" not in page(data)
