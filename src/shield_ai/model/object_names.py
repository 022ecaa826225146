"""Recognize variables with the name or the ID of a secret in another store."""

from __future__ import annotations

from shield_ai.model.secret_words import SECRET_KINDS
from shield_ai.model.words import word_set

# Vault issues secret IDs, which are secrets: https://developer.hashicorp.com/vault/docs/auth/approle
VAULT_WORDS = word_set("VAULT BAO OPENBAO ROLE APPROLE APP")


def names_object(parts: tuple[str, ...]) -> bool:
    """Return whether a value is the name of a Secret of Kubernetes, or the ID of another object.

    Examples: K8S_SECRET, K8S_TLS_SECRET, DATABASE_URI_SECRET_ID and GCP_SECRETS_PROJECT_ID.
    """
    if parts[-2:] == ("PROJECT", "ID"):
        return True
    if len(parts) > 2 and parts[-2:] == ("SECRET", "ID"):
        return VAULT_WORDS.isdisjoint(parts)
    *head, last = parts or ("",)
    while head and head[-1] in SECRET_KINDS:
        head.pop()
    return last == "SECRET" and (head[-1:] == ["KUBERNETES"] or head[-3:] == ["K", "8", "S"])
