"""Export secrets, without their values. `aws/live/secretsmanager.py` reads and writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.secrets import AWS_MANAGED_KEY
from shield_ai.aws.live.kinds.kind import Exportable
from shield_ai.aws.syntax.awscli import command, compact_json, create_if_missing, tag_list_json
from shield_ai.aws.syntax.cloudformation import tag_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.syntax.cloudformation import Part
    from shield_ai.aws.syntax.terraform import Block
    from shield_ai.model.resource import Settings


class Secret(Exportable):
    """A secret: `description`, `kms_key`, `replicas` and `tags`."""

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        properties = {"Name": name, "Description": settings["description"]}
        if settings["kms_key"] != AWS_MANAGED_KEY:
            properties["KmsKeyId"] = settings["kms_key"]
        if settings["replicas"]:
            properties["ReplicaRegions"] = [{"Region": region} for region in settings["replicas"]]
        properties["Tags"] = tag_entries(settings)
        yield "SecretsManager::Secret", properties

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        arguments = {"name": name, "description": settings["description"]}
        if settings["kms_key"] != AWS_MANAGED_KEY:
            arguments["kms_key_id"] = settings["kms_key"]
        if settings["replicas"]:
            arguments["replica"] = [{"region": region} for region in settings["replicas"]]
        arguments["tags"] = settings["tags"]
        yield "aws_secretsmanager_secret", arguments

    @staticmethod
    def to_awscli(name: str, settings: Settings) -> Iterator[str]:
        options = {"name": name, "description": settings["description"]}
        if settings["kms_key"] != AWS_MANAGED_KEY:
            options["kms_key_id"] = settings["kms_key"]
        if settings["replicas"]:
            replicas = [{"Region": region} for region in settings["replicas"]]
            options["add_replica_regions"] = compact_json(replicas)
        options["tags"] = tag_list_json(settings)
        yield create_if_missing(
            command("secretsmanager", "describe-secret", secret_id=name),
            command("secretsmanager", "create-secret", **options),
        )
