"""Find the tools of a project that report the names of variables as hardcoded passwords.

A requirement does not show that the project runs a tool, nor does a comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader

# Not flake8-bandit or ruff's rules, which do not check the values in a dict.
BANDIT = regex(rb"(?m)^[^#\n]*(?<![\w-])bandit\b")
BANDIT_OPTIONS = regex(rb"(?m)^[^#\n]*(?:\btool\.bandit\b|\[bandit\]|(?<![\w-])bandit[ \t]+[-\w.])")
# A command with options, and one that does not report the low severity of these findings.
BANDIT_RUN = regex(rb"(?m)^[^#\n]*(?<![\w/-])bandit[ \t]+-[^\n]*")
WITHOUT_LOW = regex(rb"[ \t](?:-l{2,3}|--severity-level[= ](?:medium|high))(?![\w-])")
SCRIPTS = ("scripts/bandit", "scripts/bandit.sh", "script/bandit", "bin/bandit", "bandit.sh")
BANDIT_FILES = (".bandit", "bandit.yaml", "bandit.yml")
DETECT_SECRETS = regex(rb"(?m)^[^#\n]*(?<![\w-])detect-secrets\b")
DETECT_SECRETS_OPTIONS = regex(rb"(?m)^[^#\n]*(?<![\w-])detect-secrets(?:-hook)?[ \t]+[-\w.]")
BASELINES = (".secrets.baseline", "../.secrets.baseline", "../../.secrets.baseline")
# Files that run linters, and files with options or scripts beside requirements.
RUNNERS = (
    *(".pre-commit-config.yaml", "tox.ini", "noxfile.py", "tasks.py", "Makefile", "justfile"),
    *(".circleci/config.yml", ".gitlab-ci.yml", ".travis.yml", ".trunk/trunk.yaml"),
    "azure-pipelines.yml",
)
OPTIONS = ("pyproject.toml", "setup.cfg", "Pipfile")


def uses_bandit(read: FileReader, workflows: Collection[str] = ()) -> bool:
    """Return whether the project configures or runs bandit, also for findings of low severity.

    Args:
        read: Returns the bytes of a file of the app.
        workflows: The paths of its GitHub workflows.
    """
    runners = (*RUNNERS, *workflows)
    runs: list[bytes] = []
    for path in (*runners, *SCRIPTS):
        runs += BANDIT_RUN.findall(read_optional(read, path) or b"")
    if runs and all(map(WITHOUT_LOW.search, runs)):
        return False
    if _has_any(read, BANDIT_FILES) or _names(read, OPTIONS, BANDIT_OPTIONS):
        return True
    return _names(read, runners, BANDIT)


def uses_detect_secrets(read: FileReader, workflows: Collection[str] = ()) -> bool:
    """Return whether the project configures or runs the tool detect-secrets.

    Args:
        read: Returns the bytes of a file of the app.
        workflows: The paths of its GitHub workflows.
    """
    if _has_any(read, BASELINES) or _names(read, OPTIONS, DETECT_SECRETS_OPTIONS):
        return True
    return _names(read, (*RUNNERS, *workflows), DETECT_SECRETS)


def _has_any(read: FileReader, paths: Collection[str]) -> bool:
    return any(read_optional(read, path) is not None for path in paths)


def _names(read: FileReader, paths: Collection[str], tool: re.Pattern[bytes]) -> bool:
    return any(tool.search(read_optional(read, path) or b"") for path in paths)
