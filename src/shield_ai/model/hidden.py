"""Secret values that cannot be printed by accident."""

from __future__ import annotations

from typing import NoReturn

MASK = "•••"


class Hidden:
    """Wrap a secret value so that logs, reports, pickles and tracebacks show `•••` instead.

    Only `reveal` returns the value. Call it where the value is sent to AWS or to the app's process.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret value."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __len__(self) -> NoReturn:
        raise TypeError("the length of a secret is hidden")

    def __eq__(self, other: object) -> bool:
        # hmac loads OpenSSL, and most commands compare no secrets
        import hmac

        if not isinstance(other, Hidden):
            return False
        # A value from the environment or from JSON can have a lone surrogate.
        own, others = (
            value.encode("utf-8", "surrogatepass") for value in (self._value, other._value)
        )
        return hmac.compare_digest(own, others)

    __hash__ = None  # type: ignore[assignment]  # a hash would be a fingerprint of the value

    def __reduce__(self) -> tuple[type[Hidden], tuple[str]]:
        return Hidden, (MASK,)
