"""Candidates: expressions that may read, contain or test for a secret. Some become findings."""

from __future__ import annotations

import ast
from types import NoneType

import msgspec

from shield_ai.model.database_fields import DATABASE_KEYS, is_sqlite
from shield_ai.model.harmless_words import harmless_word
from shield_ai.model.name_meaning import Meaning, is_path, is_secret, meaning
from shield_ai.model.object_names import names_object
from shield_ai.model.secret_words import HARMLESS_ENDS, LIMITS, SERVICES
from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipReason
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.literals import is_harmless_value, leading_text, literal_text

SECRET_MEANINGS = frozenset({Meaning.SECRET, Meaning.URL, Meaning.DSN})
ENDPOINTS = frozenset({("ENDPOINT",), ("ENDPOINTS",), ("BASE", "URL")})
# In the name of an endpoint: its URL can contain a password or a token.
PRIVATE_ENDPOINTS = SERVICES | word_set("WEBHOOK WEBHOOKS HOOK DSN")
# A default URL of a service shows that the variable contains the URL with its password.
SERVICE_URL = regex(
    r"(?:redis|rediss|valkey|amqps?|pyamqp|postgres(?:ql)?|postgis|psql|pgsql|mysql(?:gis)?|mariadb|mongodb|mssql|oracle"
    r"|clickhouse|cockroachdb)(?:\+\w+)?://."  # not the scheme alone
)


class Candidate(msgspec.Struct, kw_only=True):
    """An expression that may read, contain or test for a secret."""

    node: ast.expr
    shape: Shape
    path: tuple[str, ...] = ()  # the setting that gets the value, and the keys below the setting
    variable: str = ""  # the environment variable; empty if its name is computed
    reader: str = ""  # the API that reads it
    direct: bool = False  # the setting's value is this expression, unchanged
    default: ast.expr | None = None
    optional: bool = False
    is_guarded: bool = False  # runs only if its variable is set, another is not, or a feature is on
    has_alternative_branch: bool = False  # another branch reads other secrets instead
    is_demanded: bool = False  # the app stops or fails if the result is empty
    is_generated: bool = False  # the code generates a value if the result is empty
    is_only_tested: bool = False  # the code only tests its value
    in_script_block: bool = False  # runs only if the module is run as a script
    in_function: bool = False  # in the body of a function
    has_schema_default: bool = False  # a schema has a default for it, which is not empty
    has_default_from_env: bool = False  # the default is the value of another variable
    group: str = ""  # the database it belongs to
    field: str = ""  # the database field
    engine: str = ""  # the constant ENGINE of the database
    binds: tuple[str, ...] = ()  # names that a lambda must bind as defaults
    quote: str = ""  # inside an f-string, the quote character for new strings
    span: tuple[int, int] | None = None  # byte offsets; None if they are unknown
    negated: bool = False  # a negated presence test: "X" not in os.environ
    scope: int = 0  # the id of the class or function around it
    reason: SkipReason | None = None  # why it cannot be migrated; None if it can
    is_always_secret: bool = False  # regardless of its name: its reader or field shows it
    has_secret_helper: bool = False  # the app's function that reads it has "secret" in its name
    # If the code computes the name: the variables of secrets that it can be, and the others.
    possible_variables: tuple[str, ...] = ()
    other_variables: tuple[str, ...] = ()
    name_expr: str = ""  # the expression that computes the name
    is_only_masked: bool = False  # the code only masks the value in texts
    environ: str = ""  # the original, such as os.environ, if the read mapping is an unchanged copy
    overridden_by: str = ""  # the variable that pydantic reads before this default
    is_reviewed: bool = False  # a comment says that it is not a secret
    settings: ast.ClassDef | None = None  # the settings class of a pydantic field
    shared_base: tuple[str, int] | None = None  # as in Site
    filled_by: str = ""  # as in Site

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
        if self.is_always_secret or self.possible_variables:
            return True
        default = literal_text(self.default) or ""
        if SERVICE_URL.match(leading_text(self.default)):
            return True
        if is_harmless_value(self.variable, default) or self._has_number_for_url():
            return False
        if self.variable:
            if is_secret(self.variable):
                return True
        elif any(meaning(part) is Meaning.SECRET for part in self.path):
            return True
        if self.has_secret_helper and self._may_be_secret():
            return True
        return self._is_used_as_secret()

    @property
    def harmless_word(self) -> str:
        """The word that makes the secret-like name of the variable harmless; empty without one."""
        return harmless_word(self.variable)

    def has_variable_of(self, other: Candidate) -> bool:
        """Return whether two reads are of the same variable, or of the same possible ones."""
        if self.variable or other.variable:
            return self.variable == other.variable
        return self.possible_variables == other.possible_variables

    def set_database_field(self, alias: str, engine: str) -> None:
        """Set the database field by the key. Nested keys, as in TEST, are not such fields.

        Args:
            alias: The key in DATABASES.
            engine: The constant ENGINE in the same dict; may be empty.
        """
        key = self.path[-1] if self.path else ""
        if self.path[-2:-1] in {(), (alias,)} and key in DATABASE_KEYS:
            self.engine = engine
            if key != "NAME" or not is_sqlite(engine):  # a file, not part of a login
                self.group = alias
                self.field = DATABASE_KEYS[key]

    def _has_number_for_url(self) -> bool:
        """Return whether the variable is named like a URL, but its default is a number."""
        return is_number(self.default) and meaning(self.variable) is Meaning.URL

    def _is_used_as_secret(self) -> bool:
        """Return whether a setting with a secret-like name has the variable's value."""
        name = self.innermost_name
        if not self.direct or self._is_limit() or meaning(name) not in SECRET_MEANINGS:
            return False
        parts = words(self.variable)
        if parts[-2:] == ("SSH", "CONNECTION") or names_object(parts):
            return False  # user@host:port, or the name of a Secret of Kubernetes
        is_public = "PUBLIC" in parts or not HARMLESS_ENDS.isdisjoint(parts[-1:])
        return not is_path(self.variable) and not is_public and not is_endpoint(parts)

    def _is_limit(self) -> bool:
        """Return whether the value is a limit: DEFAULT_THROTTLE_RATES = {"token": …}."""
        return any(not LIMITS.isdisjoint(words(part)) for part in self.path[:-1])

    def _may_be_secret(self) -> bool:
        """Return False if the name or the default shows that the value is not a secret."""
        if self.harmless_word or self.field not in {"", "password"}:
            return False
        if HARMLESS_ENDS.intersection(words(self.variable)):
            return False
        return not isinstance(self.default, ast.Constant) or isinstance(
            self.default.value, (str, NoneType)
        )


def is_endpoint(parts: tuple[str, ...]) -> bool:
    """Return whether the words of a name are those of a URL without a password or a token."""
    is_url = not ENDPOINTS.isdisjoint((parts[-1:], parts[-2:]))
    return is_url and PRIVATE_ENDPOINTS.isdisjoint(parts)


def is_number(node: ast.expr | None) -> bool:
    """Return whether a default is a number, other than the 0 that can mean "unset"."""
    return isinstance(node, ast.Constant) and type(node.value) in {int, float} and node.value != 0
