"""A base class of enumerations with stable ids, each with a text for users."""

from __future__ import annotations

import enum
from typing import Self


class TextEnum(enum.StrEnum):
    """The stable id of a message, with its text; parameters are in braces."""

    text: str

    def __new__(cls, value: str, text: str) -> Self:
        """Create a member from its id and its text."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member
