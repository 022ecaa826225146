"""Recognize the output files of this tool, so that --output overwrites no other file."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.env_file import is_env_file
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from pathlib import Path

HEAD_SIZE = 4096  # bytes
# Texts near the start of each format of scan, plan, report, export and schema.
_HEAD = regex(
    rb"""
    \A \s* (?: \[ \s* \] \s* )? \Z                                # no findings for GitLab
    | \A \{ \s* "version":\s*1,\s* "(?:app|findings|region|repositories)":
    | "(?:driver|product)":\s* \{ \s* "name":\s* "(?:shield|Shield[ ]AI)"  # SARIF, OCSF
    | "check_name":\s* "[A-Z0-9]+\.                               # GitLab
    | <testsuite[ ]name="shield[ ]scan"
    | ^<meta[ ]name="generator"[ ]content="Shield[ ]AI
    | \A \#{3}[ ]Secrets\b                                        # Markdown
    | "title":\s* "Secrets[ ]of[ ]                                # OSCAL
    | "GeneratorId":\s* "shield-ai/                               # ASFF
    | \bAWS[ ]resources[ ](?:in[ ]\S{1,30}[ ])? for[ ]an[ ]app[ ]that[ ]reads[ ]its[ ]secrets\b
    | \A \#[ ] (?: Creates[ ]a[ ]Secret[ ]with | Environment[ ]variables[ ]for[ ]a[ ]function
        | A[ ]workflow[ ]that[ ]reads[ ]the[ ]secrets
        | A[ ]job[ ]of[ ]GitLab[ ]CI[ ]that[ ]reads[ ]the[ ]secrets )
    | "containerDefinition":\s* \{ \s* "secrets":                 # ECS
    | "Sid":\s* "AllowSecretsManagerAccess"                       # IAM policies
    | "Sid":\s* "Secrets",\s* "Effect":\s* "Allow",\s* "Action":\s* \[ \s* "secretsmanager:Create
    | "title":\s* "shield\.toml" | "\$id":\s* "https://shield-ai\.
    | \A PK\x03\x04                                               # the code of a rotation function
    """,
    re.MULTILINE | re.VERBOSE,
)
# The summary of a scan ends its text formats.
_TAIL = regex(rb"^(?:no findings|[0-9]+ findings? in [0-9]+ files?: )", re.MULTILINE)


def require_replaceable(path: Path, folder: int, status: os.stat_result) -> None:
    """Require that an output file may replace an existing file.

    Args:
        path: The file.
        folder: Descriptor of its folder.
        status: The status of the file.

    Raises:
        SourceError: It is an env file, or not an output file of this tool.
        OSError: It can't be read.
    """
    if is_env_file(path.name):
        raise SourceError(
            f"{path} is an env file; overwriting it would lose its values", "use another file name"
        )
    if not stat.S_ISREG(status.st_mode):
        return
    descriptor = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(HEAD_SIZE)
        file.seek(max(0, status.st_size - HEAD_SIZE))
        tail = file.read(HEAD_SIZE)
    if not _HEAD.search(head) and not _TAIL.search(tail):
        raise SourceError(
            f"{path} exists and is not an output file of shield",
            "use another file name, or delete the file first",
        )
