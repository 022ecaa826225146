"""Export resources as a Terraform configuration, in its JSON syntax.

Secrets are created without a value, so that no value gets into the Terraform state.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.export.exported import EXPORTED
from shield_ai.aws.syntax.terraform import escape, label
from shield_ai.model.printable import escape_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.resource import Resource

_COMMENT = (
    "AWS resources in {region} for an app that reads its secrets from Secrets Manager. Neither "
    "this file nor the Terraform state contains a secret value; set the values with: "
    "shield apply --only aws --env-file .env"
)
_PROVIDERS = {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}}


def to_terraform(resources: Sequence[Resource], region: str) -> str:
    """Return the configuration, without a block for the provider."""
    by_type: dict[str, dict[str, Any]] = {}
    for resource in resources:
        name = label(resource.name)
        blocks = EXPORTED[resource.kind].to_terraform(resource.name, resource.settings)
        for number, (resource_type, arguments) in enumerate(blocks):
            block_label = f"{name}_{number}" if number else name
            by_type.setdefault(resource_type, {})[block_label] = escape(arguments)
    document = {
        "//": _COMMENT.format(region=region),
        "terraform": {"required_providers": _PROVIDERS},
        "resource": by_type,
    }
    return escape_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
