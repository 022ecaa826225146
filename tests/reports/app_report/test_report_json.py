from __future__ import annotations

import json

import pytest
from report_samples import report_data

from shield_ai.reports.app_report.report_json import report_json


@pytest.mark.parametrize(
    ("remote", "repository"),
    [
        pytest.param("git.example.com/team/shop", "git.example.com/team/shop", id="host"),
        pytest.param("/home/ann/shop", "", id="local path"),
    ],
)
def test_report_has_no_local_path(remote, repository):
    text = report_json(report_data("shop", repository=remote))
    assert json.loads(text)["repository"] == repository
