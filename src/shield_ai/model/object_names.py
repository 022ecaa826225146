"""Recognize variables with the name or the ID of an object, such as a Secret of Kubernetes."""

from __future__ import annotations

from shield_ai.model.secret_words import SECRET_KINDS, SERVICES
from shield_ai.model.words import word_set

# Before SECRET_ID: what the secret in a store contains. Other secret IDs can be secrets:
# https://developer.hashicorp.com/vault/docs/auth/approle
CONTENTS = SERVICES | word_set("URI URL DSN PASSWORD KEY TOKEN CREDENTIALS")


def names_object(parts: tuple[str, ...]) -> bool:
    """Return whether a value is the name of a Secret of Kubernetes, or the ID of another object.

    Examples: K8S_SECRET, K8S_TLS_SECRET, DATABASE_URI_SECRET_ID and GCP_SECRETS_PROJECT_ID.
    """
    if parts[-2:] == ("PROJECT", "ID"):
        return True
    if parts[-2:] == ("SECRET", "ID"):
        return not CONTENTS.isdisjoint(parts[-3:-2])
    *head, last = parts or ("",)
    while head and head[-1] in SECRET_KINDS:
        head.pop()
    return last == "SECRET" and (head[-1:] == ["KUBERNETES"] or head[-3:] == ["K", "8", "S"])
