"""Logical IDs of the resources in a CloudFormation template, references to them, and tags.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from shield_ai.model.resource import Settings

# the resource type without `AWS::`, and the properties
Part = tuple[str, dict[str, Any]]
BUCKET_PARAMETER = "RotationCodeBucket"
_MAX_LENGTH = 240  # characters, of the 255 allowed: leaves room for a number


class ReferenceTarget(str):
    """The type and the name of a referenced resource, such as `Queue orders`."""

    __slots__ = ()


def ref(target: str) -> dict[str, ReferenceTarget]:
    """Return a reference to a resource, for `resolve`."""
    return {"Ref": ReferenceTarget(target)}


def arn_of(target: str) -> dict[str, list[str]]:
    """Return a reference to the ARN of a resource, for `resolve`."""
    return {"Fn::GetAtt": [ReferenceTarget(target), "Arn"]}


def logical_id(target: str, used: Collection[str]) -> str:
    """Return an unused logical ID: camel case, because only letters and digits are allowed.

    Args:
        target: The type and the name of the resource.
        used: The logical IDs of the other resources.
    """
    words = re.findall(r"[A-Za-z0-9]+", target)
    base = "".join(word[0].upper() + word[1:] for word in words)[:_MAX_LENGTH]
    name = base
    number = 1
    while name in used:
        number += 1
        name = f"{base}{number}"
    return name


def resolve(value: Any, ids: Mapping[str, str]) -> Any:
    """Replace each reference in a part of a template by the logical ID of its target.

    Args:
        value: The part.
        ids: The logical IDs, by type and name.
    """
    if isinstance(value, ReferenceTarget):
        return ids[value]
    if isinstance(value, dict):
        return {key: resolve(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, ids) for item in value]
    return value


def tag_entries(settings: Settings) -> list[dict[str, str]]:
    """Return the tags of a resource."""
    return [{"Key": key, "Value": value} for key, value in sorted(settings["tags"].items())]
