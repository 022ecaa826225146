"""Export resources as a CloudFormation template in YAML.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from shield_ai.aws.export.exported import EXPORTED
from shield_ai.aws.syntax.cloudformation import BUCKET_PARAMETER, logical_id, resolve
from shield_ai.model.plurals import count
from shield_ai.model.resource import SECRET_KIND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.resource import Resource

_HEADER = """\
# {resources} for an app that reads its secrets from Secrets Manager. Secrets are created
# without a value; set the values with:
#   shield apply --only aws --env-file .env
"""
_BUCKET_DESCRIPTION = "S3 bucket with the zip files that shield export --rotation-code writes"


class _NoAliasDumper(yaml.SafeDumper):
    """Expand YAML aliases: CloudFormation rejects them."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def to_cloudformation(resources: Sequence[Resource], region: str) -> str:
    """Return a template, as YAML, that creates the resources."""
    template = _template(resources, region)
    text = yaml.dump(
        template, Dumper=_NoAliasDumper, sort_keys=False, width=120, allow_unicode=True
    )
    return _HEADER.format(resources=count(len(template["Resources"]), "AWS resource")) + text


def _template(resources: Sequence[Resource], region: str) -> dict[str, Any]:
    template: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Secrets in {region}",
    }
    if any(resource.kind == "function" for resource in resources):
        template["Parameters"] = {
            BUCKET_PARAMETER: {"Type": "String", "Description": _BUCKET_DESCRIPTION}
        }
    template["Resources"] = _template_resources(resources)
    return template


def _template_resources(resources: Sequence[Resource]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    logical_ids: dict[str, str] = {}  # by type and name
    for resource in resources:
        parts = EXPORTED[resource.kind].to_cloudformation(resource.name, resource.settings)
        for resource_type, properties in parts:
            entry: dict[str, Any] = {"Type": f"AWS::{resource_type}"}
            if resource.kind == SECRET_KIND:
                entry["DeletionPolicy"] = "Retain"
                entry["UpdateReplacePolicy"] = "Retain"
            if resource.kind == "policy":
                properties["Roles"] = _attached_roles(resource.name, resources)
            entry["Properties"] = properties
            target = f"{resource_type.partition('::')[2]} {resource.name}"
            logical_ids[target] = logical_id(target, entries)
            entries[logical_ids[target]] = entry
    return {name: resolve(entry, logical_ids) for name, entry in entries.items()}


def _attached_roles(policy: str, resources: Sequence[Resource]) -> list[str]:
    attachments = [
        resource.settings for resource in resources if resource.kind == "policy-attachment"
    ]
    return [
        attachment["role"]
        for attachment in attachments
        if attachment["policy"].endswith(f"/{policy}")
    ]
