"""Parse patterns from YAML. Errors contain the line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from shield_ai.model.errors import ShieldError
from shield_ai.model.finding import Severity
from shield_ai.scan.rules.checks import REGEX_KINDS, check_pattern
from shield_ai.scan.rules.document import Document, load
from shield_ai.scan.rules.pattern import Pattern, Risk, Rule, RuleKind

if TYPE_CHECKING:
    from collections.abc import Collection


def parse_pattern_yaml(text: str, file: str, used_ids: Collection[str] | None = None) -> Pattern:
    """Parse a pattern; see `pattern.parse_pattern`.

    Raises:
        ShieldError: The pattern is invalid; the message contains the line.
    """
    root, data = _load_yaml(text, file)
    document = Document(file, root)
    _apply_defaults(data)
    try:
        pattern = msgspec.convert(data, Pattern)
    except msgspec.ValidationError as error:
        raise _conversion_error(error, document, used_ids) from None
    check_pattern(pattern, document, used_ids)
    return pattern


def _load_yaml(text: str, file: str) -> tuple[yaml.Node, Any]:
    """Return the root node and the value of a YAML text.

    Raises:
        ShieldError: The text is empty or not valid YAML.
    """
    try:
        root, data = load(text)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = error.problem or error.context
        raise ShieldError(f"{file}{line}: {problem}", "fix the YAML") from None
    except yaml.reader.ReaderError as error:
        line_number = text.count("\n", 0, int(error.position)) + 1
        raise ShieldError(
            f"{file}:{line_number}: a character that YAML does not allow", "remove it"
        ) from None
    if root is None:
        raise ShieldError(f"{file}: the file is empty", "add an id and a rule")
    return root, data


def _apply_defaults(data: Any) -> None:
    """Fill in the keys that a rule lacks.

    They are in the pattern's `defaults`, or else the severity, description and fix of the pattern.
    """
    if not isinstance(data, dict) or not isinstance(data.get("defaults", {}), dict):
        return
    inherited = {"severity": "severity", "explanation": "description", "fix": "fix"}
    defaults = {key: data[source] for key, source in inherited.items() if source in data}
    defaults |= data.get("defaults", {})
    rules = data.get("rules")
    if not isinstance(rules, list):
        return
    for rule in rules:
        if isinstance(rule, dict):
            for key, value in defaults.items():
                rule.setdefault(key, value)


def _conversion_error(
    error: msgspec.ValidationError, document: Document, used_ids: Collection[str] | None
) -> ShieldError:
    """Translate an error of msgspec, such as "Expected `str`, got `int` - at `$.rules[0].id`"."""
    message, _, path = str(error).partition(" - at `")
    path = path.rstrip("`")
    if path.startswith("key` in `"):
        path = path.removeprefix("key` in `").removeprefix("$")
        return _invalid_key_error(message, path, document, used_ids)
    path = path.removeprefix("$")
    hint = _hint(message, path, used_ids)
    unknown = re.search(r"unknown field `(.+?)`", message)
    where = document.where(path, unknown[1] if unknown else "")
    message = message.replace("Object contains unknown field", "unknown key")
    message = message.replace("Object missing required field", "missing key")
    return ShieldError(f"{where}: {message}", hint)


def _invalid_key_error(
    message: str, path: str, document: Document, used_ids: Collection[str] | None
) -> ShieldError:
    """Return the error for a key of the wrong type, or for an unknown kind of rule in `files`."""
    valid_keys = frozenset(RuleKind) if path else frozenset(Pattern.__struct_fields__)
    where = document.where_invalid_key(path, valid_keys)
    return ShieldError(f"{where}: invalid key: {message}", _hint(message, path, used_ids))


def _valid_keys(path: str) -> str:
    """Return a hint with the keys of the mapping at a path of msgspec."""
    name, keys = "a pattern", Pattern.__struct_fields__
    if path.startswith(".rules"):
        name, keys = "a rule", Rule.__struct_fields__
    elif path.startswith(".risk_assessment"):
        name, keys = "`risk_assessment`", Risk.__struct_fields__
    return f"keys of {name}: {', '.join(keys)}"


def _hint(message: str, path: str, used_ids: Collection[str] | None) -> str:
    if "unknown field" in message:
        return _valid_keys(path)
    if "enum value" not in message:
        return ""
    if path.endswith((".severity", ".impact", ".exploitability")):
        return f"use one of {', '.join(Severity)}"
    kinds = RuleKind if used_ids is None else sorted(REGEX_KINDS)
    return f"use one of {', '.join(kinds)}"
