"""Find out whether the files of an app show that it runs on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.file_format import file_format
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from pathlib import Path

AWS_FILE = regex(
    r"(?:^|/)(?:(?:copilot|\.ebextensions|\.elasticbeanstalk|\.chalice)/|cdk\.json$|samconfig\.toml$"
    r"|zappa_settings\.|[Dd]ockerrun\.aws\.json$|(?:buildspec|appspec|apprunner)\.ya?ml$)"
)
AWS_TEXT = regex(
    rb"\baws-actions/|\bAWS::|\barn:aws\b|AWSTemplateFormatVersion|containerDefinitions"
    rb"|\.dkr\.ecr\.|resource[ \t]+\"aws_|\bname:[ \t]+aws\b"
    rb"|\baws[ \t]+(?:ecs|ecr|eks|ssm|lambda|deploy|apprunner|elasticbeanstalk|cloudformation)\b"
)


def runs_on_aws(root: Path) -> bool:
    """Return whether a deployment file of an app is for AWS.

    Args:
        root: The app's folder.

    Raises:
        SourceError: The folder can't be listed.
    """
    read = reader(str(root))
    paths = [entry.path for entry in walk_all(root)]
    if any(map(AWS_FILE.search, paths)):
        return True
    return any(
        AWS_TEXT.search((read(path) or b"")[:MAX_SIZE]) for path in paths if file_format(path)
    )
