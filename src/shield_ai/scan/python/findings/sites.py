"""Create the site of a finding: the facts that the fixers need."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.database_fields import database_field
from shield_ai.model.manifest import ENV_VAR_NAME
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.naming import env_var_name
from shield_ai.model.site import READ_SHAPES, Shape, Site
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.project.layout import is_test_settings
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.candidates import SERVICE_URL, is_number
from shield_ai.scan.python.classify.label_defaults import (
    is_missing_value,
    is_name_of_secret,
    is_namespace,
    is_own_key,
)
from shield_ai.scan.python.classify.literals import leading_text, literal_text
from shield_ai.scan.python.readers.reads import LOCAL_CACHE_URL

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.classify.candidates import Candidate

# A default with one of these schemes is a development value: production sets the variable.
_SERVER_URL = regex(
    r"\b(?:postgres(?:ql)?|postgis|psql|pgsql|mysql|mysqlgis|mariadb|oracle|mssql|cockroach(?:db)?"
    r"|mongodb|clickhouses?|neo4j|bolt|amqps?)(?:\+\w+)?://"
)
# A URL with a password, or with a login for a remote host.
_LOGIN_URL = regex(r"://[^/\s\"'@:]*:[^/\s\"'@]+@|://[^/\s\"']*@(?!localhost\b|127\.|\[::1\])")
# All processes of an app use the same message broker and result backend, so a default for them is a
# development value. A cache, however, can be local.
_BROKER_WORDS = word_set(
    "BROKER BROKERS CELERY DRAMATIQ HUEY RQ ARQ QUEUE RABBITMQ AMQP CLOUDAMQP KAFKA NATS"
)
_BROKER_URL = regex(r"\w://[\w.\[{:-]|\bmemory://")
_DECODED = regex(rb"(?:b64decode|loads)\(\s{0,40}\Z")
EMPTY_DOCUMENTS = frozenset({"", "{}", "[]"})
DEFAULT_DATABASES = frozenset({"default", "DATABASE", "DATABASES", "DB"})


def create_site(
    source: Source, candidate: Candidate, span: tuple[int, int], *, in_settings: bool
) -> Site:
    """Return the site of a candidate.

    Args:
        source: The file.
        candidate: A read or a literal in it.
        span: The byte offsets of the text to replace.
        in_settings: Whether the file belongs to the settings.
    """
    default_start, default_end = _default_span(source, candidate)
    has_default_text = default_end > 0
    if candidate.shape is Shape.FIELD and candidate.is_always_secret:
        # a placeholder, which is not stored in AWS as the value
        default_start, default_end = 0, 0
    default_ok, has_other_default = _grade_default(source, candidate)
    shape = candidate.shape
    variable = candidate.variable
    if shape is Shape.LITERAL:
        variable = variable or literal_variable(candidate)
        shape = Shape.LITERAL if literal_text(candidate.node) else Shape.COMPUTED
    return Site(
        start=span[0],
        end=span[1],
        shape=shape,
        reader=candidate.reader,
        optional=candidate.optional,
        is_guarded=candidate.is_guarded,
        is_additional=_is_additional(candidate.path),
        has_alternative_branch=candidate.has_alternative_branch,
        is_demanded=candidate.is_demanded,
        is_generated=candidate.is_generated,
        is_only_tested=candidate.is_only_tested,
        is_assigned_directly=candidate.direct and not _is_changed(source, span),
        in_script_block=candidate.in_script_block,
        in_function=candidate.in_function and not in_settings,
        names_secret=is_name_of_secret(candidate.variable, candidate.default),
        has_nonempty_default=has_default_text or has_other_default,
        default_ok_in_production=default_ok,
        default_start=default_start,
        default_end=default_end,
        variable=variable,
        group=candidate.group,
        field=candidate.field,
        engine=candidate.engine,
        binds=candidate.binds,
        quote=candidate.quote,
        negated=candidate.negated,
        possible_variables=candidate.possible_variables,
        other_variables=candidate.other_variables,
        name_expr=candidate.name_expr,
        is_only_masked=candidate.is_only_masked,
        environ=candidate.environ,
        overridden_by=candidate.overridden_by,
        settings_start=_start_of(source, candidate.settings),
        shared_base=candidate.shared_base,
        filled_by=candidate.filled_by,
        reason=_explain(source, candidate, variable, in_settings=in_settings),
    )


def _is_additional(path: tuple[str, ...]) -> bool:
    """Return whether a value is set for a database or cache with another alias than "default"."""
    return path[:1] in {("DATABASES",), ("CACHES",)} and path[1:2] not in {(), ("default",)}


def _grade_default(source: Source, candidate: Candidate) -> tuple[bool, bool]:
    """Return whether the default of a read works in production, and whether it is not a text."""
    if candidate.shape not in READ_SHAPES:
        return False, False
    if candidate.has_schema_default and candidate.default is None:
        return False, True
    default_ok = candidate.optional and _is_default_ok_in_production(source, candidate)
    return default_ok, not default_ok and _is_other_value(candidate.default)


def _explain(
    source: Source, candidate: Candidate, variable: str, *, in_settings: bool
) -> SkipReason | None:
    """Explain why no fixer can rewrite a site; None if one can."""
    if candidate.reason:
        return candidate.reason
    if candidate.shape is Shape.LITERAL and not in_settings:
        return _explain_outside_settings(source.path)
    names = [name for name in (variable, *candidate.possible_variables) if name]
    if not all(ENV_VAR_NAME.fullmatch(name) for name in names):
        return SkipId.INVALID_VARIABLE.reason()
    return None


def _is_changed(source: Source, span: tuple[int, int]) -> bool:
    """Return whether the code decodes a value, or calls one of its methods."""
    start, end = span
    is_decoded = bool(_DECODED.search(source.raw[max(0, start - 80) : start]))
    return is_decoded or source.raw[end : end + 1] == b"."


def _start_of(source: Source, node: ast.ClassDef | None) -> int:
    return source.offset(node.lineno, node.col_offset) if node else -1


def _default_span(source: Source, candidate: Candidate) -> tuple[int, int]:
    """Return the span of a default that is a non-empty text; both offsets are 0 for others.

    For a pydantic field, the default can also be a number, such as the port of a database.
    """
    default = candidate.default
    is_port = candidate.shape is Shape.FIELD and is_number(default)
    if default is None or not (is_port or literal_text(default)):
        return 0, 0
    return source.span(default)


def _explain_outside_settings(path: str) -> SkipReason:
    case = SkipId.TEST_VALUE if is_test_settings(path) else SkipId.OUTSIDE_SETTINGS
    return case.reason()


def _is_default_ok_in_production(source: Source, candidate: Candidate) -> bool:
    """Return whether a default may be used in production: a database host, a plain web address."""
    default = candidate.default
    if candidate.has_default_from_env:
        return not (_chooses_constant(default) and is_own_key(candidate.variable))
    if default is None or (isinstance(default, ast.Constant) and not default.value):
        return False
    written = source.segment(default)
    if _is_broker(candidate, written):
        return False
    if LOCAL_CACHE_URL.search(written):
        return True
    text = literal_text(default)
    if text in EMPTY_DOCUMENTS:
        return bool(text)  # an empty JSON document contains no secret
    field = _database_field(candidate)
    if not candidate.is_secret_read() or field not in {"", "password"}:
        return True
    return _is_harmless_default(candidate.variable, default, written, in_database=bool(field))


def _chooses_constant(default: ast.expr | None) -> bool:
    """Return whether a default is one of two constants: "" if not DEBUG else "insecure"."""
    if not isinstance(default, ast.IfExp):
        return False
    return isinstance(default.body, ast.Constant) and isinstance(default.orelse, ast.Constant)


def _is_harmless_default(
    variable: str, default: ast.expr, written: str, *, in_database: bool
) -> bool:
    """Return whether the default of a secret is harmless.

    This is a URL without a server or a login, a text that stands for a missing value, or the
    namespace of a salt. A variable with another name can have a URL, too: REDIS_HOST.
    """
    is_url = meaning(variable) is Meaning.URL or SERVICE_URL.match(leading_text(default))
    if not is_url:
        is_salt = is_namespace(variable, literal_text(default) or "")
        return not in_database and (is_salt or is_missing_value(variable, default))
    return not _SERVER_URL.search(written) and not _LOGIN_URL.search(written)


def _is_broker(candidate: Candidate, default: str) -> bool:
    """Return whether a default is the URL of a message broker or a result backend."""
    if not _BROKER_URL.search(default):
        return False
    names = (candidate.variable, *candidate.path)
    parts = {word for name in names for word in words(name)}
    return not _BROKER_WORDS.isdisjoint(parts) or {"RESULT", "BACKEND"} <= parts


def _database_field(candidate: Candidate) -> str:
    """Return the database field that a candidate reads, by its dict key or its variable."""
    if candidate.field:
        return candidate.field
    _, field = database_field(candidate.variable) or ("", "")
    return field


def _is_other_value(default: ast.expr | None) -> bool:
    """Return whether a default is neither empty nor a text.

    This is a number, a list, or an expression such as a call that creates a random key.
    """
    if default is None or isinstance(default, ast.Dict):
        return False
    if isinstance(default, (ast.List, ast.Tuple, ast.Set)):
        return bool(default.elts)
    if isinstance(default, ast.Constant):
        value = default.value
        return bool(value) and isinstance(value, (int, float)) and value is not True
    return True


def literal_variable(candidate: Candidate) -> str:
    """Return the variable that a literal would move to: the setting's name and its keys."""
    if candidate.group:
        prefix = "" if candidate.group in DEFAULT_DATABASES else f"{candidate.group}_"
        return env_var_name(f"{prefix}DATABASE_{candidate.path[-1]}".lstrip("_"))
    names = [part for part in candidate.path if not part.isdigit() and part != "?"]
    return env_var_name("_".join(name.strip("_") for name in names))
