"""Export resources as a Terraform configuration, in its JSON syntax.

Secrets are created without a value, so that no value gets into the Terraform state. Resources that
exist are imported: https://developer.hashicorp.com/terraform/language/import
The page of a resource type documents the format of its import ID, and its arguments:
https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.export.exported import EXPORTED
from shield_ai.aws.syntax.terraform import escape, label
from shield_ai.model.printable import escape_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.model.resource import Resource

_COMMENT = (
    "AWS resources in {region} for an app that reads its secrets from Secrets Manager. Neither "
    "this file nor the Terraform state contains a secret value; set the values with: "
    "shield apply --only aws --env-file .env"
)
_PROVIDERS = {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}}
_IMPORT_VERSION = ">= 1.5"  # the first one with import blocks


def to_terraform(
    resources: Sequence[Resource],
    region: str,
    import_ids: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> str:
    """Return the configuration, without a block for the provider.

    Args:
        resources: The resources.
        region: Their region.
        import_ids: By kind and name, the import ID of each block; empty if the block does not exist
            in AWS. Terraform imports the existing blocks instead of creating them.
    """
    by_type: dict[str, dict[str, Any]] = {}
    imports: list[dict[str, str]] = []
    for resource in resources:
        name = label(resource.name)
        ids: Sequence[str] = import_ids.get(resource.key, ()) if import_ids else ()
        blocks = EXPORTED[resource.kind].to_terraform(resource.name, resource.settings)
        for number, (resource_type, arguments) in enumerate(blocks):
            block_label = f"{name}_{number}" if number else name
            by_type.setdefault(resource_type, {})[block_label] = escape(arguments)
            if number < len(ids) and ids[number]:
                imports.append({"to": f"{resource_type}.{block_label}", "id": escape(ids[number])})
    settings: dict[str, Any] = {"required_providers": _PROVIDERS}
    document: dict[str, Any] = {"//": _COMMENT.format(region=region), "terraform": settings}
    if imports:
        settings["required_version"] = _IMPORT_VERSION
        document["import"] = imports
    document["resource"] = by_type
    return escape_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"
