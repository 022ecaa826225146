"""Sites: what a rewrite needs to know about the code of a finding."""

from __future__ import annotations

import enum
from typing import TypeAlias

import msgspec

from shield_ai.model.finding import Finding
from shield_ai.model.skip import SkipReason


class Shape(enum.StrEnum):
    """The form of the Python code at a site, which determines how it can be rewritten."""

    READ = "read"  # reads an environment variable, with any supported library
    LITERAL = "literal"  # a hardcoded value
    COMPUTED = "computed"  # an empty or computed value, so there is no constant to move
    PRESENCE = "presence"  # tests whether a variable is set
    FIELD = "field"  # a pydantic settings field
    OTHER = "other"  # reported, but never rewritten


READ_SHAPES = frozenset({Shape.READ, Shape.FIELD})


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The location and form of the code that reads or contains a secret, for the fixers."""

    start: int  # byte offsets of the expression to wrap, in the file on disk
    end: int
    shape: Shape
    reader: str = ""  # the API that reads it: "os.environ.get", "django-environ", "decouple", …
    optional: bool = False  # the code has a default, so the app starts without the value
    # runs only if its variable is set, another variable is not set, or a feature is enabled
    is_guarded: bool = False
    is_additional: bool = False  # belongs to a database or cache other than the default one
    has_alternative_branch: bool = False  # another branch reads other secrets instead
    is_demanded: bool = False  # the app stops or fails if the result is empty
    is_generated: bool = False  # the code generates a value if the result is empty
    is_only_tested: bool = False  # the code only tests the value
    is_assigned_directly: bool = False  # the setting gets the value without conversion
    in_script_block: bool = False  # runs only if the module is run as a script
    in_function: bool = False  # in a function outside the settings: runs after the app's start
    names_secret: bool = False  # the default shows that the value only names a secret
    has_nonempty_default: bool = False  # the default is a non-empty constant or generated value
    default_start: int = 0  # byte offsets of the constant default; both 0 without one
    default_end: int = 0
    default_ok_in_production: bool = False  # the default is not a secret and works in production
    variable: str = ""  # the environment variable; for a literal, the suggested name
    group: str = ""  # the database it belongs to: "default", or the prefix of its variables
    field: str = ""  # the database field: database, username, password, host, port
    engine: str = ""  # the ENGINE of the database, if it is constant
    binds: tuple[str, ...] = ()  # names that a lambda must bind as defaults
    quote: str = ""  # inside an f-string, the quote character for new strings
    negated: bool = False  # a negated presence test: "X" not in os.environ
    # If the code computes the name: the variables of secrets that it can be, and the others, which
    # are not secrets or can't be moved.
    possible_variables: tuple[str, ...] = ()
    other_variables: tuple[str, ...] = ()
    name_expr: str = ""  # the expression that computes the name
    is_only_masked: bool = False  # the code only masks the value in texts
    # the expression of the environment, such as `os.environ`, if the code reads an unchanged copy
    environ: str = ""
    # the byte offset of the pydantic settings class of a field; -1 if its source needs no edit
    settings_start: int = -1
    # The base class of another file that can get the source in place of this class: its path and
    # byte offset.
    shared_base: tuple[str, int] | None = None
    # For a read in the default of a field: the version of pydantic that fills the field from the
    # same variable before it uses the default.
    filled_by: str = ""
    overridden_by: str = ""  # the variable that pydantic reads before this default
    reason: SkipReason | None = None  # why no fixer can rewrite the site; None if one can

    @property
    def has_secret_default(self) -> bool:
        """Whether the code has a constant default that may be a secret."""
        return self.default_end > 0 and not self.default_ok_in_production

    @property
    def is_computed_secret(self) -> bool:
        """Whether the code computes the name, and each possible name is that of a secret."""
        return bool(self.possible_variables) and not self.other_variables

    @property
    def is_settings_field(self) -> bool:
        """Whether pydantic fills a field from the variable, so that its class needs a source."""
        return self.shape is Shape.FIELD or bool(self.filled_by)

    @property
    def field_reader(self) -> str:
        """The library that fills the field; it can be empty for pydantic 2, and for other sites."""
        return self.reader if self.shape is Shape.FIELD else self.filled_by

    @property
    def variables(self) -> tuple[str, ...]:
        """All secret variables that this site can read."""
        if self.possible_variables:
            return self.possible_variables
        return (self.variable,) if self.variable else ()


FoundSite: TypeAlias = tuple[Finding, Site]  # a finding and its site
