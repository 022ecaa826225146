"""Find calls and lists that name a migrated variable, and may read it in an unknown way.

`settings.set("sqlalchemy.url", "DATABASE_URL")` can read the variable in a method that the scan
does not recognize. `REQUIRED = ["DATABASE_URL"]` can be a list of variables that the app checks
when it starts. If the variable is then removed from the environment, this code breaks.
"""

from __future__ import annotations

import bisect
import itertools
from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.line_index import LineIndex
from shield_ai.scan.text.pattern_search import has_match

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped

MAX_ARGUMENTS = 400  # bytes between a function's name and an argument
NAME = regex(rb"(?<=[,(\[{\s=])[\"']([A-Za-z_][A-Za-z0-9_]{0,200})[\"']")
LISTED = regex(rb"(?:[^=!<>]=|\bin)\s{0,20}\Z")  # NAMES = [… or: in […
# A keyword argument that names a variable: Field(validation_alias="SENTRY_DSN")
KEYWORD = regex(rb"\b(?:alias|env|[a-z]{1,20}_alias|env_?(?:var|name)|environ_name)\s?=\s?\Z")
ALIASES = regex(rb"\bAliasChoices\([^()]{0,300}\Z")
TEXT = regex(rb"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
FUNCTION = regex(rb"([A-Za-z_]\w*)\s?\Z")
# These don't read environment variables: lookups in settings, messages, collections, tests, and
# decorators of pydantic.
OTHER_FUNCTIONS = word_set("""
    GET GETATTR HASATTR SETATTR DELATTR SETDEFAULT POP PRINT GETTEXT NGETTEXT FORMAT APPEND ADD
    INDEX STARTSWITH ENDSWITH DEBUG INFO WARNING ERROR EXCEPTION CRITICAL LOG PATCH SECRETS CLIENT
    VALIDATOR FIELD_VALIDATOR
""")
# Code of the AWS CDK that passes values from AWS to a container:
# https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_ecs/Secret.html
INJECTION = regex(rb"\bSecret\.from_(?:ssm_parameter|secrets_manager)")
# If a file contains one of these words, a list of names may be a list of variables to read.
ENVIRONMENT = regex(rb"environ(?!ment)|getenv")
# Near a list of names: they are settings. `getattr(settings, name) for name in ["MAIL_KEY"]`
SETTING_READ = regex(rb"\b(?:get|has)attr\(\s{0,40}settings\s?,")
NEARBY = 200  # bytes
# After a key of a dictionary: {"MAIL_KEY": settings.MAIL_KEY}
SETTING_VALUE = regex(rb"\s{0,40}:\s{0,40}settings\.")
# Of Django, and of the backends of django-storages: setting("AZURE_ACCOUNT_KEY")
SETTINGS = (b"django.conf import settings", b"storages.utils import")
ERRORS = (b"Error", b"Exception", b"Warning", b"Configured")


def find_named_variables(
    paths: Iterable[str], read: FileReader, sites: Sequence[FoundSite]
) -> Iterator[Skipped]:
    """Yield an entry for the first call or list in a file that names a migratable variable.

    Files of `find_injected` are left out.

    Args:
        paths: The scanned Python files.
        read: Returns the bytes of a file; None if it can't be read.
        sites: All sites of the app.
    """
    variables, settings = _migratable(sites)
    if not variables:
        return
    spans: dict[str, list[tuple[int, int]]] = {}
    reported: dict[str, set[str]] = {}
    for finding, site in sites:
        reported.setdefault(finding.path, set()).update(site.variables)
        spans.setdefault(finding.path, []).append((site.start, site.end))
    for path in paths:
        raw = read(path) or b""
        lines = LineIndex(raw)
        others = variables - reported.get(path, set())
        if has_match(INJECTION, raw):
            continue
        reads_variables = reads_environment(raw)
        listed = others if reads_variables else set()
        # Code with Django's settings names settings: check_settings("MAIL_KEY").
        reads_settings = not reads_variables and any(mark in raw for mark in SETTINGS)
        searched = variables - settings if reads_settings else variables
        named = find_named(raw, searched, spans.get(path, []), listed, others)
        for name, start in named.items():
            if name in settings and SETTING_READ.search(
                raw, max(0, start - NEARBY), start + NEARBY
            ):
                continue
            line, _ = lines.position(start)
            yield SkipId.ALSO_NAMED.reason(variable=name).entry(path, line, name)


def _migratable(sites: Sequence[FoundSite]) -> tuple[set[str], set[str]]:
    """Return the migratable variables, and those with the name of the setting."""
    variables: set[str] = set()
    settings: set[str] = set()
    for finding, site in sites:
        if not site.reason and site.shape in READ_SHAPES and not site.possible_variables:
            variables.add(site.variable)
            if finding.name == site.variable:
                settings.add(site.variable)
    return variables, settings


def _is_setting_read(raw: bytes, start: int) -> bool:
    return SETTING_READ.search(raw, max(0, start - NEARBY), start + NEARBY) is not None


def find_injected(
    paths: Iterable[str], read: FileReader, variables: Collection[str]
) -> Iterator[Skipped]:
    """Yield an entry for each variable that a file passes from AWS to containers of the app.

    Args:
        paths: The scanned Python files.
        read: Returns the bytes of a file; None if it can't be read.
        variables: The variables that are migrated, now or after the rewrite.
    """
    for path in paths if variables else ():
        raw = read(path) or b""
        if has_match(INJECTION, raw):
            lines = LineIndex(raw)
            for name, start in _find_texts(raw, variables).items():
                line, _ = lines.position(start)
                yield SkipId.INJECTED.reason().entry(path, line, name)


def _find_texts(raw: bytes, variables: Collection[str]) -> dict[str, int]:
    """Return the offset of the first text that is the name of each variable."""
    found: dict[str, int] = {}
    for match in NAME.finditer(raw):
        name, start = match[1].decode(), match.start()
        if name in variables and name not in found and not _is_comment(raw, start):
            found[name] = start
    return found


def reads_environment(raw: bytes) -> bool:
    """Return whether a list of names in a file may be a list of variables to read."""
    return has_match(ENVIRONMENT, raw)


def find_named(
    raw: bytes,
    variables: Collection[str],
    spans: list[tuple[int, int]],
    listed: Collection[str],
    in_keywords: Collection[str],
) -> dict[str, int]:
    """Return the first offset of each variable that a call or a list names.

    Args:
        raw: The file.
        variables: The variables to search for in calls.
        spans: Parts of the file that are not searched; they can be nested.
        listed: The variables to search for in lists, too.
        in_keywords: The variables to search for in keyword arguments, too.
    """
    starts = [start for start, _ in sorted(spans)]
    ends = list(itertools.accumulate((end for _, end in sorted(spans)), max))
    found: dict[str, int] = {}
    if not any(variable.encode() in raw for variable in variables):
        return found
    for match in NAME.finditer(raw):
        name, start = match[1].decode(), match.start()
        if name not in variables or name in found or SETTING_VALUE.match(raw, match.end()):
            continue
        index = bisect.bisect_right(starts, start) - 1
        is_in_span = index >= 0 and start < ends[index]
        before = _code_before(raw, start, is_keyword=name in in_keywords)
        may_read = not is_in_span and _may_read(before, is_listed=name in listed)
        if may_read and not _is_comment(raw, start):
            found[name] = start
    return found


def _is_comment(raw: bytes, start: int) -> bool:
    """Return whether an offset is in a comment: after a `#` that is not in a text."""
    line = raw[raw.rfind(b"\n", 0, start) + 1 : start]
    return b"#" in line and b"#" in TEXT.sub(b"", line)


def _code_before(raw: bytes, start: int, *, is_keyword: bool) -> bytes:
    """Return the code before a text, without the name of its keyword argument.

    Args:
        raw: The file.
        start: The offset of the text.
        is_keyword: Whether the text can be a keyword argument, or an alias of a field.
    """
    before = raw[max(0, start - MAX_ARGUMENTS) : start]
    if not is_keyword and ALIASES.search(before):
        return b""
    keyword = KEYWORD.search(before) if is_keyword else None
    return before[: keyword.start()] if keyword else before


def _may_read(before: bytes, *, is_listed: bool) -> bool:
    """Return whether a text is an argument of a function that may read a variable, or in a list.

    Args:
        before: The code before the text.
        is_listed: Whether the text can be in a list.
    """
    if before.rstrip()[-1:] not in {b"(", b",", b"[", b"{"}:
        return False
    depth = 0
    for index in range(len(before) - 1, -1, -1):
        character = before[index : index + 1]
        if character in b")]}":
            depth += 1
        elif character in b"([{":
            depth -= 1
        if depth < 0:
            if LISTED.search(before, 0, index):
                return is_listed
            return character == b"(" and _may_read_variables(before[:index])
    return False


def _may_read_variables(before: bytes) -> bool:
    function = FUNCTION.search(before)
    if function is None or function[1] == b"_" or function[1].endswith(ERRORS):
        return False
    is_definition = before[: function.start()].endswith((b"def ", b"class "))
    return not is_definition and function[1].decode().upper() not in OTHER_FUNCTIONS
