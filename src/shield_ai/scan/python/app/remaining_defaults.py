"""Find the constant defaults that remain in get_secret calls after a migration."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Confidence, Finding
from shield_ai.model.naming import env_var_name
from shield_ai.model.site import FoundSite, Shape, Site
from shield_ai.project.secret_map import hardcoded_default
from shield_ai.scan.python.visit.secret_call import default_of, name_argument
from shield_ai.scan.rules.pattern import csec34_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.project.python_source import Source
    from shield_ai.project.secret_map import SecretMap

RULE = "CSEC34.literal-default"


def find_remaining_defaults(
    source: Source, calls: Iterable[tuple[ast.Call, SecretMap | None]]
) -> Iterator[FoundSite]:
    """Yield the constant defaults in get_secret calls.

    A default that was a literal in the original code is a hardcoded secret: it is reported, but no
    fixer rewrites it. A default that was the default of an environment variable has a finding with
    an `env`. This finding is not reported, but can supply the value of a database field.

    Args:
        source: The file.
        calls: The get_secret calls in the file, each with its map file.
    """
    for call, secret_map in calls:
        name = name_argument(call)
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            continue
        variable = _variable(call, name.value, secret_map)
        default = default_of(call)
        literal = hardcoded_default(call, secret_map)
        if literal is not None:
            yield _create_finding(source, literal, variable, Shape.LITERAL)
        elif isinstance(default, ast.Lambda):
            variable_default = _lambda_default(default.body)
            if variable_default is not None:
                yield _create_finding(source, variable_default, variable, Shape.READ)
        elif default is not None and _is_nonempty_constant(default):
            yield _create_finding(source, default, variable, Shape.READ)


def _variable(call: ast.Call, name: str, secret_map: SecretMap | None) -> str:
    env = _constant_argument(call, "env")
    if env:
        return env
    key = _constant_argument(call, "key")
    reference = f"{name}:{key}" if key else name
    variable = secret_map.variable(reference) if secret_map else ""
    return variable or env_var_name(name.partition(":")[0])


def _constant_argument(call: ast.Call, name: str) -> str:
    """Return a constant keyword argument of a get_secret call, or ""."""
    for keyword in call.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value:
            return str(keyword.value.value)
    return ""


def _is_nonempty_constant(node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant):
        return False
    return isinstance(node.value, (str, bytes)) and bool(node.value)


def _lambda_default(body: ast.expr) -> ast.expr | None:
    """Return the constant default of the environment variable that a lambda reads."""
    for call in ast.walk(body):
        if not isinstance(call, ast.Call):
            continue
        default = next((word.value for word in call.keywords if word.arg == "default"), None)
        if default is None and len(call.args) > 1:
            default = call.args[1]
        if default is not None and _is_nonempty_constant(default):
            return default
    return None


def _create_finding(source: Source, node: ast.expr, variable: str, shape: Shape) -> FoundSite:
    rule = csec34_rules()[RULE]
    start, end = source.span(node)
    line, column = source.position(start)
    end_line, end_column = source.position(end)
    is_read = shape is Shape.READ
    finding = Finding(
        rule=rule.id,
        path=source.path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        message=rule.text(variable, variable),
        name=variable,
        env=variable if is_read else None,
    )
    site = Site(
        start=start,
        end=end,
        shape=shape,
        variable=variable,
        optional=is_read,
        has_nonempty_default=is_read,
        default_start=start if is_read else 0,
        default_end=end if is_read else 0,
    )
    return finding, site
