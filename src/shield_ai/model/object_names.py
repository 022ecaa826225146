"""Recognize variables with the name of an object, such as a Secret of Kubernetes."""

from __future__ import annotations

from shield_ai.model.secret_words import SECRET_KINDS


def names_object(parts: tuple[str, ...]) -> bool:
    """Return whether a value is the name of a Secret of Kubernetes: K8S_SECRET, K8S_TLS_SECRET."""
    *head, last = parts or ("",)
    while head and head[-1] in SECRET_KINDS:
        head.pop()
    return last == "SECRET" and (head[-1:] == ["KUBERNETES"] or head[-3:] == ["K", "8", "S"])
