"""Candidates: expressions that may read, contain or test for a secret. Some become findings."""

from __future__ import annotations

import ast

import msgspec

from shield_ai.model.finding import Shape
from shield_ai.model.name_meaning import Meaning, is_secret, meaning
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.literals import is_public_or_count, literal_text

SECRET_MEANINGS = frozenset({Meaning.SECRET, Meaning.URL, Meaning.DSN})
# A variable that ends with one of these words is not a secret, whichever setting uses it.
HARMLESS_ENDS = word_set("""
    ID IDS NAME NAMES HOST HOSTS HOSTNAME PORT USER USERNAME EMAIL ENABLED DEBUG FILE PATH DIR
    PREFIX AUDIENCE SCOPE LEVEL MODE ENVIRONMENT REGION BUCKET TIMEOUT AGE DAYS HOURS MINUTES
    SECONDS SIZE LENGTH COUNT TYPE CLASS PUBLIC DB BACKEND ALGORITHM ENGINE
""")


class Candidate(msgspec.Struct, kw_only=True):
    """An expression that may read, contain or test for a secret."""

    node: ast.expr
    shape: Shape
    path: tuple[str, ...] = ()  # the setting it is assigned to, and the keys below it
    variable: str = ""  # the environment variable; empty if its name is computed
    reader: str = ""  # the API that reads it
    direct: bool = False  # the setting's value is this expression, unchanged
    default: ast.expr | None = None
    optional: bool = False
    default_from_env: bool = False  # the default is the value of another variable
    group: str = ""  # the database it belongs to
    field: str = ""  # the database field
    binds: tuple[str, ...] = ()  # names that a lambda must bind as defaults
    quote: str = ""  # inside an f-string, the quote character for new strings
    span: tuple[int, int] | None = None  # byte offsets; None if they are unknown
    negated: bool = False  # a negated presence test: "X" not in os.environ
    scope: int = 0  # the id of the class or function around it
    reason: str = ""  # why it cannot be migrated; empty if it can
    always_secret: bool = False  # its reader is for secrets only
    alternatives: tuple[str, ...] = ()  # secret variables that a computed name can refer to
    others: tuple[str, ...] = ()  # non-secret variables that the computed name can refer to
    name_expr: str = ""  # the expression that computes the name

    @property
    def target(self) -> str:
        """The dotted name of the setting."""
        return ".".join(self.path)

    @property
    def innermost_name(self) -> str:
        """The last part of the path that is not an index."""
        for part in reversed(self.path):
            if part and not part.isdigit():
                return part
        return ""

    def is_secret_read(self) -> bool:
        """Return whether the variable, or the setting with its value, has a secret-like name."""
        if self.always_secret or self.alternatives:
            return True
        if is_public_or_count(self.variable, literal_text(self.default) or ""):
            return False
        if self.variable:
            if is_secret(self.variable):
                return True
        elif any(meaning(part) is Meaning.SECRET for part in self.path):
            return True
        name = self.innermost_name
        if not self.direct or not name or meaning(name) not in SECRET_MEANINGS:
            return False
        last_word = words(self.variable)[-1:]
        return not HARMLESS_ENDS.intersection(last_word)
