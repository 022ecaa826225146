from __future__ import annotations

import msgspec
import pytest
from report_samples import CLEAN, EMPTY, NOW, finding, report_data, secret_status

from shield_ai.model.finding import Severity
from shield_ai.model.rotation_status import RotationPhase
from shield_ai.reports.app_report.report_data import applied_diff, mask_findings


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        pytest.param(CLEAN, "No findings, 1 of 1 secret in AWS Secrets Manager.", id="clean"),
        pytest.param(EMPTY, "No findings.", id="empty"),
        pytest.param(report_data(), "6 findings and 2 of low severity, 3 of 5 secrets in AWS Secrets Manager, 1 rotation overdue, 1 check failed.", id="everything"),
        pytest.param(report_data(findings=0, checks=(), secrets=(secret_status("a", phase=RotationPhase.PENDING),)), "No findings, 1 of 1 secret in AWS Secrets Manager, 1 rotation pending.", id="pending rotation"),
        pytest.param(report_data(has_manifest=False, account="", findings=1, secrets=report_data().secrets[2:3]), "1 finding of low severity, 1 secret to move.", id="no shield.toml"),
        pytest.param(report_data(account="", checks=(), findings=1), "1 finding of low severity, 5 secrets in shield.toml (AWS not checked), 1 rotation overdue.", id="no AWS"),
    ],
)  # fmt: skip
def test_headline(made, sentence):
    assert made.headline == sentence


def test_findings_are_sorted_by_severity_and_masked():
    raw = b'A_KEY = "first value"\nB_KEY = "second value"\n'
    found = mask_findings(
        [finding(0, "s.py", name="A_KEY"), finding(1, "s.py", name="B_KEY")], {"s.py": raw}.get
    )
    assert [(s.finding.severity, s.line) for s in found] == [
        (Severity.MEDIUM, 'B_KEY = "•••"'),
        (Severity.LOW, 'A_KEY = "•••"'),
    ]
    assert mask_findings([finding(9, "gone.py")], {}.get)[0].line == ""


@pytest.mark.parametrize(
    ("path", "before", "after", "lines"),
    [
        pytest.param("a.py", None, b"1\n2\n", ("new, 2 lines",), id="new"),
        pytest.param("a.py", b"A = 'old value'\n", b"A = get_secret('a', 'old value')\n", ("@@ -1 +1 @@", "-A = '•••'", "+A = get_secret('a', '•••')"), id="Python"),
        pytest.param(".env", b"A=x\n", b"A=x\nB=y\nC=z\n", ("2 lines added, 0 removed",), id="not Python"),
        pytest.param("a.py", b"A = 'one value'\n", b"A = 'two value'\n", ("differs only in a value or in line endings",), id="only a value"),
        pytest.param(".env", b"A=one\n", b"A=two\n", ("differs only in a value or in line endings",), id="only a value, not Python"),
    ],
)  # fmt: skip
def test_applied_diff(path, before, after, lines):
    assert applied_diff(path, before, after, {"a"}).lines == lines


@pytest.mark.parametrize("other", [{"repository": "git.example.com/other/app"}, {"role": "other"}])
def test_another_repository_has_other_ids(other):
    data = report_data("shop", repository="git.example.com/team/shop", role="shop")
    assert data.stable_uuid("x") == msgspec.structs.replace(data, created=NOW).stable_uuid("x")
    assert data.stable_uuid("x") != msgspec.structs.replace(data, **other).stable_uuid("x")
