"""Write versions in the form that most requirements of a file have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.dependencies.lock_update import releases, supports_python
from shield_ai.rewrite.project.dependencies.wanted_requirements import (
    BOTO_NAMES,
    requirement_name,
)

if TYPE_CHECKING:
    from shield_ai.rewrite.project.dependencies.wanted_requirements import Bound, Wanted

# The version to require with the operator that most requirements of a file have.
SPECIFIERS = {"boto3": {"~=": "1.26"}}
# The version to pin if the app has none, and its Python may be the runtime's oldest, 3.9.
# https://pypi.org/project/boto3/1.42.97/
PINS = {"boto3": "1.42.97"}
# From this version on, botocore and boto3 have the same version numbers.
SAME_VERSIONS = Version("1.34")
OPERATOR = regex(r"\s*[A-Za-z0-9][\w.-]*(?:\[[^]]*\])?(\s*(?:==|~=)\s*)[^\s,;#*]+\s*(?:[;#\\]|$)")
EXACT_PIN = regex(r"\s*([A-Za-z0-9][\w.-]*)\s*==\s*([\w.+!-]+)\s*(?:[;#\\]|$)")
# The version in a table of Poetry or pipenv: without an operator, Poetry allows only that one.
TABLE_VERSION = regex(r"(\^|={0,2} ?)\d[^\s,*]*")
EXACT = ("", "=", "= ", "==", "== ")
# The form in which `poetry add` writes requirements to [project].
IN_PARENTHESES = regex(r"[\w.-]+(?:\[[^]]*\])? \(")


def with_version(requirement: str, bound: Bound, others: Sequence[str]) -> str:
    """Return a requirement with a version in the form of most other requirements.

    A pin names the version that the app has, because an older one would be a downgrade.

    Args:
        requirement: The name, with extras.
        bound: The version specifier for other forms, and the version that the app has.
        others: The requirements around it.
    """
    operator = _common_operator(others)
    versions = {"==": bound.known, **SPECIFIERS.get(requirement, {})}
    version = versions.get(operator.strip())
    if version:
        return f"{requirement}{operator}{version}"
    in_parentheses = [other for other in others if IN_PARENTHESES.match(other)]
    if 2 * len(in_parentheses) > len(others):
        return f"{requirement} ({bound.minimum})"
    return f"{requirement}{bound.minimum}"


def pin_unknown(wanted: Wanted, others: Sequence[str], python: str) -> Wanted:
    """Return requirements with a version to pin where the app's version is not known.

    Args:
        wanted: The requirements to add.
        others: The other requirements of the file.
        python: The Python versions of the app; "" if it declares none.
    """
    pinned = {}
    for name, bound in wanted.items():
        known = bound.known
        if not known and bound.is_free:
            known = choose_pin(name, others, python)
        pinned[name] = bound._replace(known=known)
    return pinned


def choose_pin(requirement: str, others: Sequence[str], python: str = "") -> str:
    """Return the version to pin a requirement to; "" if other requirements limit it.

    Args:
        requirement: The name.
        others: The other requirements of the file.
        python: The Python versions of the app; "" if it declares none.
    """
    related = [other for other in others if requirement_name(other) in BOTO_NAMES]
    if not related:
        return _newest(requirement, python)
    pin = EXACT_PIN.match(related[0])
    if requirement != "boto3" or len(related) > 1 or pin is None or pin[1] != "botocore":
        return ""
    try:
        return pin[2] if Version(pin[2]) >= SAME_VERSIONS else ""
    except InvalidVersion:
        return ""


def _newest(requirement: str, python: str) -> str:
    """Return a recent version that supports some Python versions; "" if none is known."""
    if requirement in PINS and supports_python(python):
        return releases()[requirement].version
    return PINS.get(requirement, "")


def _common_operator(requirements: Sequence[str]) -> str:
    """Return the operator of most requirements, with spaces around it; "" without a majority."""
    matches = [OPERATOR.match(requirement) for requirement in requirements]
    operators = Counter(match[1] if match else "" for match in matches)
    operator, count = max(operators.items(), key=lambda item: item[1], default=("", 0))
    return operator if 2 * count > len(matches) else ""


def common_table_operator(table: Any) -> str | None:
    """Return the operator of most versions in a table of Poetry or pipenv.

    Returns:
        "" if most are versions without an operator; None if no form has a majority.
    """
    operators: Counter[str | None] = Counter()
    for name, value in table.items():
        if name != "python":
            version = value.get("version") if isinstance(value, Mapping) else value
            match = TABLE_VERSION.fullmatch(str(version))
            operators[match[1] if match else None] += 1
    operator, count = max(operators.items(), key=lambda item: item[1], default=(None, 0))
    return operator if 2 * count > operators.total() else None
