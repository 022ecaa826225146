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
    import re

    from shield_ai.rewrite.project.dependencies.wanted_requirements import Bound, Wanted

# The version to require with the operator that most requirements of a file have.
SPECIFIERS = {"boto3": {"~=": "1.26"}}
# The version to pin if the app has none: the last one for the oldest Python of the project.
# https://pypi.org/project/boto3/1.33.13/, /1.37.38/ and /1.42.97/
# https://aws.amazon.com/blogs/developer/python-support-policy-updates-for-aws-sdks-and-tools/
PINS = {(3, 7): "1.33.13", (3, 8): "1.37.38"}
PIN = "1.42.97"  # for 3.9 and newer
# From this version on, botocore and boto3 have the same version numbers.
SAME_VERSIONS = Version("1.34")
OPERATOR = regex(r"\s*[A-Za-z0-9][\w.-]*(?:\[[^]]*\])?(\s*(?:==|~=)\s*)[^\s,;#*]+\s*(?:[;#\\]|$)")
EXACT_PIN = regex(r"\s*([A-Za-z0-9][\w.-]*)\s*==\s*([\w.+!-]+)\s*(?:[;#\\]|$)")
# The version in a table of Poetry or pipenv: without an operator, Poetry allows only that one.
TABLE_VERSION = regex(r"(\^|={0,2} ?)\d[^\s,*]*")
# A version with an upper bound, in a requirement or in such a table.
UPPER_BOUND = regex(r"[^;#]*?(?:<|~=|==|\^)")
TABLE_UPPER_BOUND = regex(r"[\^~=\d]|[^;]*<")
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
    specifier = bound.minimum
    if operator.strip() != "==" and _match_most(UPPER_BOUND, others):
        specifier = below_next_major(specifier)
    if _match_most(IN_PARENTHESES, others):
        return f"{requirement} ({specifier})"
    return f"{requirement}{specifier}"


def below_next_major(minimum: str) -> str:
    """Return a version specifier with an upper bound: `>=1.26,<2` for `>=1.26`, but not for 0.x."""
    major = Version(minimum.removeprefix(">=")).major
    return f"{minimum},<{major + 1}" if major else minimum


def _match_most(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    return 2 * sum(pattern.match(text) is not None for text in texts) > len(texts)


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
            known = choose_pin(name, others, bound.python, python)
        pinned[name] = bound._replace(known=known)
    return pinned


def choose_pin(
    requirement: str, others: Sequence[str], oldest: tuple[int, int], python: str = ""
) -> str:
    """Return the version to pin a requirement to; "" if other requirements limit it.

    Args:
        requirement: The name.
        others: The other requirements of the file.
        oldest: The oldest Python version that the project names.
        python: The Python versions of the app; "" if it declares none.
    """
    related = [other for other in others if requirement_name(other) in BOTO_NAMES]
    if not related:
        return _newest(oldest, python) if requirement == "boto3" else ""
    pin = EXACT_PIN.match(related[0])
    if requirement != "boto3" or len(related) > 1 or pin is None or pin[1] != "botocore":
        return ""
    try:
        return pin[2] if Version(pin[2]) >= SAME_VERSIONS else ""
    except InvalidVersion:
        return ""


def _newest(oldest: tuple[int, int], python: str) -> str:
    """Return a recent version of boto3 that supports some Python versions."""
    return releases()["boto3"].version if supports_python(python) else PINS.get(oldest, PIN)


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
    for version in _table_versions(table):
        match = TABLE_VERSION.fullmatch(version)
        operators[match[1] if match else None] += 1
    operator, count = max(operators.items(), key=lambda item: item[1], default=(None, 0))
    return operator if 2 * count > operators.total() else None


def is_table_bounded(table: Any) -> bool:
    """Return whether most versions in a table of Poetry or pipenv have an upper bound."""
    return _match_most(TABLE_UPPER_BOUND, _table_versions(table))


def _table_versions(table: Any) -> list[str]:
    values = [value for name, value in table.items() if name != "python"]
    return [str(value.get("version") if isinstance(value, Mapping) else value) for value in values]
