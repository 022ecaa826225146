from __future__ import annotations

import re

import pytest
from report_helpers import Severity, finding

from shield_ai.model.skip import SkipId
from shield_ai.reports.findings.text import scan_text, summary

FILES = {
    "app/settings.py": b'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\nTOKEN = "hunter-two-hunter"  # hunter\n',
    ".env": b"API_TOKEN=hunter-two-hunter\n",
}
FINDINGS = [
    finding(rule="CSEC34.dotenv", path=".env", name="API_TOKEN", fixable=False),
    finding(rule="CSEC34.no-runtime", name="", fixable=False),
    finding(line=2, column=14, env="SECRET_KEY", span=(23, 47)),
    finding(
        rule="CSEC34.literal",
        line=3,
        name="TOKEN",
        reason=SkipId.INVALID_SOURCE.reason(problem="its value is computed " * 6),
        span=(56, 75),
    ),
]


def test_findings_are_grouped_and_show_no_value():
    text = scan_text(FINDINGS, FILES.get)
    assert (
        text
        == """\
.env
  1:1     medium   API_TOKEN has a value in a .env file [CSEC34.dotenv]
          | API_TOKEN=•••

app/settings.py
  1:1     low      the settings file has secrets but does not use get_secret()
                   [CSEC34.no-runtime]
  2:14    medium   SECRET_KEY is a secret read from the environment variable
                   SECRET_KEY [CSEC34.environ-read]
          | SECRET_KEY = os.environ["SECRET_KEY"]
  3:1     high     TOKEN is a hardcoded secret [CSEC34.literal]
          | TOKEN = "•••"  #•••
          not fixable: its value is computed its value is computed its value is
          computed its value is computed its value is computed its value is
          computed

4 findings in 2 files: 1 high, 2 medium, 1 low; 2 fixable with shield apply
"""
    )
    assert max(map(len, text.splitlines())) <= 80
    assert "hunter" not in text


def test_color_only_adds_to_the_text():
    plain, colored = (scan_text(FINDINGS, FILES.get, color=color) for color in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[31mhigh" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == plain


def test_skipped_files_are_listed():
    skipped = [
        SkipId.INVALID_SOURCE.reason(problem="not parsed, " * 9).entry("bad.py", 3),
        SkipId.TOO_LARGE.reason().entry("big.py"),
    ]
    text = scan_text([], FILES.get, skipped)
    assert text.startswith("not scanned\n  bad.py:3: not parsed,")
    assert "\n  big.py: too large\n" in text
    assert text.endswith("\nno findings\n")
    assert max(map(len, text.splitlines())) <= 80


def test_skipped_files_with_the_same_reason_share_a_line():
    archives = [SkipId.ARCHIVE.reason().entry(f"a{number}.zip") for number in range(5)]
    text = scan_text([], FILES.get, [archives[0], SkipId.TOO_LARGE.reason().entry("big.py")])
    assert "  a0.zip: an archive" in text
    text = scan_text([], FILES.get, [*archives, SkipId.TOO_LARGE.reason().entry("big.py")])
    assert text.splitlines()[:3] == [
        "not scanned",
        "  a0.zip and 4 more files: an archive: extract it to scan its files",
        "  big.py: too large",
    ]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param([], "no findings", id="none"),
        pytest.param([finding(fixable=False)], "1 finding in 1 file: 1 medium", id="one"),
        pytest.param(
            [finding(severity=Severity.CRITICAL), finding(severity=Severity.LOW, path="b.py")],
            "2 findings in 2 files: 1 critical, 1 low; 2 fixable with shield apply",
            id="most severe first",
        ),
    ],
)
def test_summary(findings, expected):
    assert summary(findings) == expected


def test_long_line_is_cut():
    files = {"app/settings.py": b"SECRET_KEY = " + b"a + " * 50}
    text = scan_text([finding(span=(0, 1))], files.get)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" in text


def test_missing_file_has_no_source_line():
    assert "|" not in scan_text([finding()], {}.get)
    assert "|" not in scan_text([finding(line=9)], FILES.get)


def test_hostile_names_do_not_control_the_terminal():
    text = scan_text(
        [finding(path="a\x1b[2J\r.py", name="A\x1b[2J")], {"a\x1b[2J\r.py": b"x\x1b[2J = 1"}.get
    )
    assert "\x1b" not in text
    assert "\r" not in text
