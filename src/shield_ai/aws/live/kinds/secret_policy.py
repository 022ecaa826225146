"""Read, change and export the resource policies of secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.live.calls import translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.syntax.awscli import command, compact_json
from shield_ai.aws.syntax.cloudformation import Part, ref
from shield_ai.aws.syntax.terraform import Block, document_text, terraform_attribute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings


class SecretPolicy(ResourceKind):
    """A secret's resource policy: `document`."""

    kind = "secret-policy"
    max_name = 512
    arn = "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????"
    permissions = Permissions(
        read=("secretsmanager:GetResourcePolicy",),
        create=("secretsmanager:PutResourcePolicy",),
        update=("secretsmanager:PutResourcePolicy",),
        delete=("secretsmanager:DeleteResourcePolicy",),
    )

    def __init__(self, session: Session) -> None:
        self._client = session.secretsmanager()

    def read(self, name: str) -> Settings | None:
        """Return the policy; None if the secret has none or does not exist."""
        with translate_errors("secretsmanager:GetResourcePolicy", name):
            try:
                text = self._client.get_resource_policy(SecretId=name).get("ResourcePolicy")
            except self._client.exceptions.ResourceNotFoundException:
                return None
        return (
            {"document": parse_document(text, "secretsmanager:GetResourcePolicy")} if text else None
        )

    def upsert(self, name: str, settings: Settings, _live: Settings | None) -> None:
        """Create or replace the policy. AWS rejects a policy that grants public access."""
        with translate_errors("secretsmanager:PutResourcePolicy", name):
            self._client.put_resource_policy(
                SecretId=name,
                ResourcePolicy=json.dumps(settings["document"]),
                BlockPublicPolicy=True,
            )

    def delete(self, name: str) -> None:
        """Delete the policy, if the secret exists."""
        with translate_errors("secretsmanager:DeleteResourcePolicy", name):
            try:
                self._client.delete_resource_policy(SecretId=name)
            except self._client.exceptions.ResourceNotFoundException:
                return

    def import_ids(self, name: str, _settings: Settings, _live: Settings) -> Iterator[str]:
        """Yield the ARN of the secret."""
        with translate_errors("secretsmanager:GetResourcePolicy", name):
            response = self._client.get_resource_policy(SecretId=name)
        yield response["ARN"]

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield (
            "SecretsManager::ResourcePolicy",
            {
                "SecretId": ref(f"Secret {name}"),
                "ResourcePolicy": settings["document"],
                "BlockPublicPolicy": True,
            },
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield (
            "aws_secretsmanager_secret_policy",
            {
                "secret_arn": terraform_attribute("aws_secretsmanager_secret", name, "arn"),
                "policy": document_text(settings["document"]),
                "block_public_policy": True,
            },
        )

    @staticmethod
    def to_awscli(name: str, settings: Settings) -> Iterator[str]:
        yield command(
            "secretsmanager",
            "put-resource-policy",
            secret_id=name,
            resource_policy=compact_json(settings["document"]),
            block_public_policy=True,
        )
