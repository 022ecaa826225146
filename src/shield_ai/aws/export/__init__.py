"""What apply would make in AWS, written for other tools: one renderer a format. No value is in any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.desired.secrets import secret_settings
from shield_ai.aws.export.awscli import awscli
from shield_ai.aws.export.cloudformation import cloudformation
from shield_ai.aws.export.terraform import terraform
from shield_ai.model.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shield_ai.model.manifest import Manifest


def secrets(manifest: Manifest) -> tuple[Resource, ...]:
    """Describe the secrets themselves, without their values, as resources of the kind "secret"."""
    return tuple(
        Resource(
            kind="secret",
            name=manifest.app.prefix + secret.name,
            settings=secret_settings(secret, manifest),
        )
        for secret in manifest.secret
    )


def as_json(things: Sequence[Resource], region: str) -> str:
    """Write everything as it is here."""
    document = {"version": 1, "region": region, "resources": things}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


FORMATS: dict[str, Callable[[Sequence[Resource], str], str]] = {
    "cloudformation": cloudformation,
    "terraform": terraform,
    "cli": awscli,
    "json": as_json,
}
