"""Read and write the resource policies of secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.live.session import Session, translate_errors

if TYPE_CHECKING:
    from shield_ai.model.resource import Settings


class SecretPolicy:
    """A secret's resource policy: `document`."""

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
