"""Find the AWS region that the files of an app and its deployment name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.model.region_name import REGION_NAME
from shield_ai.project.layout import is_env_example, is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import is_copied_file
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.files.walk import display_path, walk_all
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    import re
    from pathlib import Path

    from shield_ai.scan.files.walk import Entry

MAX_FILES = 20_000
# Certificates for CloudFront, its firewalls and public images are only in this region, so apps of
# all regions name it: https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html
GLOBAL_REGION = "us-east-1"
CI = regex(
    r"(^|/)(\.(github|gitea|forgejo)/workflows/[^/]+\.ya?ml|\.circleci/[^/]+\.ya?ml"
    r"|\.gitlab-ci[\w.-]*\.ya?ml|bitbucket-pipelines\.yml|buildspec[\w.-]*\.ya?ml|Jenkinsfile)$"
)
# In these files, the name `region` is enough.
INFRASTRUCTURE = regex(
    r"\.(tf|tofu|tfvars|hcl)$"
    r"|(^|/)(serverless[\w.-]*\.ya?ml|samconfig\.(toml|ya?ml)|zappa_settings\.(json|toml|ya?ml)"
    r"|Pulumi\.[\w.-]+\.ya?ml)$"
)
CDK = {".py": b"aws_cdk", ".ts": b"aws-cdk", ".js": b"aws-cdk"}
NAMED = regex(
    rb"(?i)\b(?:(?:AWS|CDK|ECR|ECS|EKS|S3|SES|SNS|SQS)[\w-]{0,40}REGION(?:_NAME)?|region_name)\b"
    rb"[^\n]{0,60}?[\"'=:\s]" + REGION_NAME
)
# Where a file names the endpoint of a storage, S3_REGION may be that of another provider.
ENDPOINT = regex(rb"(?i)endpoint")
# An argument of a boto3 client: its credentials, and so its region, may be of another account.
OTHER_ACCOUNT = regex(rb"\baws_access_key_id\s?=\s?[a-z_]")
# Code just before the region that says that it is not one of AWS: "MinIO's default region".
EMULATOR = regex(rb"(?i)minio|localstack|\bmoto\b|\bfake|local development")
EMULATOR_DISTANCE = 300  # characters before the region
PLAIN = regex(rb"(?i)\b(?:default_)?region(?:_name)?\b[\"']?\s{0,9}[:=]\s{0,9}[\"']?" + REGION_NAME)


def find_aws_region(root: Path) -> str:
    """Return the region that the files of an app name; "" without one, or without a clear majority.

    The files are examples of .env files, CI workflows, infrastructure as code and Python modules.
    A region has a clear majority if twice as many files name it as the next one. If there is none,
    GLOBAL_REGION does not count.

    Args:
        root: The app's folder.

    Raises:
        SourceError: The folder can't be listed.
    """
    read = reader(str(root))
    counts: Counter[str] = Counter()
    entries = [entry for entry in walk_all(root) if _may_name_region(entry)]
    for entry in entries[:MAX_FILES]:
        raw = read(entry.path) or b""
        if len(raw) <= MAX_SIZE and b"region" in raw.lower():
            counts.update(_regions(entry.path, raw))
    region = _majority(counts)
    if not region:
        del counts[GLOBAL_REGION]
        region = _majority(counts)
    return region


def _majority(counts: Counter[str]) -> str:
    """Return the region with a clear majority; "" if there is none."""
    ranked = counts.most_common(2)
    if len(ranked) == 2 and ranked[0][1] < 2 * ranked[1][1]:
        return ""
    return ranked[0][0] if ranked else ""


def _may_name_region(entry: Entry) -> bool:
    path = entry.path
    if path != display_path(path):
        return False
    if CI.search(path) or INFRASTRUCTURE.search(path) or is_env_example(path):
        return True
    is_code = entry.is_app_file and path.endswith(tuple(CDK))
    return is_code and not is_test(path) and not is_copied_file(path)


def _regions(path: str, raw: bytes) -> set[str]:
    is_named = not path.endswith((".ts", ".js")) and not OTHER_ACCOUNT.search(raw)
    patterns = [NAMED] if is_named else []
    cdk = CDK.get(path[path.rfind(".") :])
    if INFRASTRUCTURE.search(path) or (cdk and cdk in raw):
        patterns.append(PLAIN)
    has_endpoint = bool(ENDPOINT.search(raw))
    regions = set()
    for pattern in patterns:
        for match in pattern.finditer(raw):
            if not _is_of_other(match, has_endpoint=has_endpoint):
                regions.add(match["region"].decode().lower())
    return regions


def _is_of_other(match: re.Match[bytes], *, has_endpoint: bool) -> bool:
    """Return whether a region may be one of another provider, or of an emulator of AWS."""
    if has_endpoint and match[0].upper().startswith(b"S3"):
        return True
    start = match.start()
    before = EMULATOR.search(match.string, max(0, start - EMULATOR_DISTANCE), start)
    return before is not None
