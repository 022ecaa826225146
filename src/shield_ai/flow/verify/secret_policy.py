"""Find the principals outside the account that a secret's resource policy allows."""

from __future__ import annotations

import fnmatch
import ipaddress
from typing import TYPE_CHECKING, Any, TypeAlias

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

EVERYBODY = "everybody"
_RESTRICTING_OPERATORS = frozenset(
    ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"]
)
_ACCOUNT_KEYS = frozenset({"aws:principalaccount", "aws:principalarn"})
_RESTRICTING_KEYS = _ACCOUNT_KEYS | {
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
}
# What ends the part of a value that must be fixed: a wildcard after it stays in the same
# organization or role.
_SEPARATORS = {"aws:principalorgpaths": "/", "aws:userid": ":"}
_ARN_ACCOUNT = regex(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_ACCOUNT_ID = regex(r"\d{12}")
_WILDCARD = regex(r"[*?$]")  # a variable such as ${aws:username} is not a fixed value
# The largest networks that count as restricted: https://docs.aws.amazon.com/AmazonS3/latest/
# userguide/access-control-block-public-access.html, and how many of them.
_MIN_PREFIX = {4: 8, 6: 32}
_MAX_NETWORKS = 4


def outside_principals(
    policy: dict[str, Any], account: str, readers: Sequence[str]
) -> Iterator[str]:
    """Yield the accounts and principals outside an account that a resource policy allows.

    `EVERYBODY` means that everybody has access: no condition requires a fixed value of one of the
    restricting keys.

    Args:
        policy: The resource policy of a secret.
        account: The account of the secret.
        readers: The readers in shield.toml. `role/NAME@ACCOUNT` is one in another account.
    """
    statements = policy.get("Statement", [])
    if not isinstance(statements, list):
        statements = [statements]
    for statement in statements:
        if isinstance(statement, dict) and statement.get("Effect") == "Allow":
            for principal in _allowed_principals(statement):
                if not _is_inside(principal, account, readers):
                    yield principal


def _allowed_principals(statement: dict[str, Any]) -> list[str]:
    if "NotPrincipal" in statement:
        return [EVERYBODY]
    principal = statement.get("Principal")
    groups = principal.values() if isinstance(principal, dict) else [principal]
    names = [str(name) for group in groups for name in _as_list(group)]
    if any("*" in name for name in names):
        return _principals_of_condition(statement)
    return names


def _principals_of_condition(statement: dict[str, Any]) -> list[str]:
    """Return the principals that a condition requires; none if it requires something else."""
    restrictions = dict(_restrictions(statement))
    if not restrictions:
        return [EVERYBODY]
    account_keys = sorted(_ACCOUNT_KEYS & restrictions.keys())
    return restrictions[account_keys[0]] if account_keys else []


def _restrictions(statement: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the keys for which the condition requires fixed values, and the values."""
    conditions = statement.get("Condition")
    if not isinstance(conditions, dict):
        return
    for operator, keys in conditions.items():
        name = operator.removeprefix("ForAnyValue:")
        if name not in _RESTRICTING_OPERATORS or not isinstance(keys, dict):
            continue
        for key, value in keys.items():
            values = [str(item) for item in _as_list(value)]
            if key.lower() in _RESTRICTING_KEYS and _are_fixed(key.lower(), values):
                yield key.lower(), values


def _are_fixed(key: str, values: list[str]) -> bool:
    """Return whether the values of a condition restrict the callers enough."""
    if not values:
        return False
    if key == "aws:sourceip":
        return _are_small_networks(values)
    return all(_is_fixed(key, value) for value in values)


def _is_fixed(key: str, value: str) -> bool:
    if value.startswith("arn:"):
        return bool(_ARN_ACCOUNT.match(value))
    start = value
    if key in _SEPARATORS:
        start = value.partition(_SEPARATORS[key])[0]
    return bool(start) and not _WILDCARD.search(start)


def _are_small_networks(values: list[str]) -> bool:
    sizes = {4: 0, 6: 0}
    for value in values:
        try:
            network: Network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return False
        if network.prefixlen < _MIN_PREFIX[network.version]:
            return False
        sizes[network.version] += network.num_addresses
    most = {4: _MAX_NETWORKS * 2**24, 6: _MAX_NETWORKS * 2**96}
    return all(size <= most[version] for version, size in sizes.items())


def _is_inside(principal: str, account: str, readers: Sequence[str]) -> bool:
    """Return whether a principal is in the account, is a service, or is one of the readers."""
    match = _ARN_ACCOUNT.match(principal)
    owner = match[1] if match else principal
    if owner == account:
        return True
    if match is None and not _ACCOUNT_ID.fullmatch(principal):
        return principal != EVERYBODY  # the others are services
    resource = principal[match.end() :] if match else "root"
    if resource == "root":  # all principals of the account
        resource = "role/*"
    name = f"{resource}@{owner}"
    return any("@" in reader and fnmatch.fnmatchcase(name, reader) for reader in readers)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
