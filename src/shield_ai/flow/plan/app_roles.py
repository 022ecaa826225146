"""Find the code that defines the IAM role of the app's containers or servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.iam_policy import PATH
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shield_ai.model.manifest import Manifest

MAX_PLACES = 3  # that the step names
# Templates of CloudFormation, task definitions of ECS, Terraform, and programs for the CDK or
# Pulumi.
FILE = regex(r"\.(?:ya?ml|json|template|tf|py|ts)$")
# The role of the containers of an ECS task, or of an EC2 instance:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
ROLE = regex(rb"(?i)task_?role(?:_?arn)?\b|\biam_?instance_?profile\b")
INFRASTRUCTURE = regex(
    rb"(?i)\baws[-_]cdk\b|\bpulumi|\bAWS::|\bboto3\b|\baws_(?:ecs|iam|instance)|\barn:aws"
)
STEP = (
    "{places}: attach the policy in {path}, which apply writes when it creates the secrets, to the"
    " app's role there, unless it may read them already"
)


def role_steps(manifest: Manifest, root: Path) -> Iterator[str]:
    """Yield a step if the repository defines the role of the app's tasks or instances.

    With `role` in shield.toml, apply attaches the policy itself.

    Args:
        manifest: shield.toml.
        root: The app's folder.

    Raises:
        SourceError: The folder can't be listed.
    """
    if manifest.app.role:
        return
    read = reader(str(root))
    places: list[str] = []
    for entry in walk_all(root):
        if not FILE.search(entry.path) or is_test(entry.path):
            continue
        raw = (read(entry.path) or b"")[:MAX_SIZE]
        match = ROLE.search(raw)
        if match and INFRASTRUCTURE.search(raw):
            line = raw.count(b"\n", 0, match.start()) + 1
            places.append(f"{entry.path}:{line}")
    if places:
        shown = ", ".join(sorted(places)[:MAX_PLACES])
        more = len(places) - MAX_PLACES
        yield STEP.format(places=shown if more <= 0 else f"{shown} and {more} more", path=PATH)
