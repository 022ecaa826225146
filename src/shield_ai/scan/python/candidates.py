"""What the walk over a file's syntax tree sees, before it is judged."""

from __future__ import annotations

import ast

import msgspec

from shield_ai.model.finding import Shape
from shield_ai.model.naming import (
    Meaning,
    is_secret,
    meaning,
    words,
)


class Candidate(msgspec.Struct, kw_only=True):
    """One expression that reads, holds or asks for something that may be a secret."""

    node: ast.expr
    shape: Shape
    path: tuple[str, ...] = ()  # the setting that it is assigned to, and the keys down to it
    variable: str = ""  # empty: computed
    label: str = ""
    direct: bool = False  # the setting's value is this, and not something made from it
    default: ast.expr | None = None
    optional: bool = False
    follows: bool = False  # that default is what another variable gives
    group: str = ""
    field: str = ""
    binds: tuple[str, ...] = ()
    quote: str = ""
    span: tuple[int, int] | None = None
    negated: bool = False
    scope: int = 0  # the class or function that it stands in
    reason: str = ""
    sure: bool = False  # a secret whatever it is called: what reads it reads nothing else
    variables: tuple[str, ...] = ()  # those that a computed name may be
    others: tuple[str, ...] = ()  # that it may be as well, and that are no secrets
    name_expr: str = ""  # and how the code computes it

    @property
    def target(self) -> str:
        """The setting's name, with dots."""
        return ".".join(self.path)

    @property
    def last(self) -> str:
        """The innermost name that is no number."""
        return next((part for part in reversed(self.path) if part and not part.isdigit()), "")

    def wanted(self) -> bool:
        """Whether a read is one of a secret, by its variable or by the setting that takes it as it is."""
        if self.sure or self.variables or (self.variable and is_secret(self.variable)):
            return True
        if not self.variable and any(meaning(part) is Meaning.SECRET for part in self.path):
            return True
        if (
            not self.direct
            or not self.last
            or meaning(self.last) not in {Meaning.SECRET, Meaning.URL, Meaning.DSN}
        ):
            return False
        return not self.variable or not set(words(self.variable)[-1:]) & HARMLESS_ENDS


# A variable that ends so is no secret, whatever setting takes it.
HARMLESS_ENDS = frozenset(
    """ID IDS NAME NAMES HOST HOSTS HOSTNAME PORT USER USERNAME EMAIL ENABLED DEBUG FILE PATH DIR PREFIX AUDIENCE SCOPE
    LEVEL MODE ENVIRONMENT REGION BUCKET TIMEOUT AGE DAYS HOURS MINUTES SECONDS SIZE LENGTH COUNT TYPE CLASS PUBLIC DB
    BACKEND ALGORITHM ENGINE""".split()  # noqa: SIM905  # read as a list of words
)
