"""Format the lines of deployment files that set variables, 80 columns wide."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from shield_ai.model.deployment import Use, ValueForm
from shield_ai.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.deployment import DeploymentVariable

_WIDTH = 80
_VARIABLE_WIDTH = 32
_INDENT = 10
FORMS = {
    ValueForm.LITERAL: "literal value",
    ValueForm.URL: "no credentials",
    ValueForm.DEFAULT: "literal default",
    ValueForm.MIXED: "partly literal",
    ValueForm.PLACEHOLDER: "placeholder",
    ValueForm.EMPTY: "empty",
    ValueForm.REFERENCE: "reference",
    ValueForm.SECRET_STORE: "secret store",
    ValueForm.READ: "read by the job",
    ValueForm.ENV_FILE: "env file",
}
_USES = {
    Use.PRODUCTION: "",
    Use.DEVELOPMENT: "not production",
    Use.UNKNOWN: "production?",
    Use.SUPPRESSED: "suppressed",
}


def deployment_lines(variables: Sequence[DeploymentVariable]) -> Iterator[str]:
    """Yield a line for each file, and one for each variable that it may set in production.

    Args:
        variables: The variables, sorted by path and line.
    """
    for (path, kind), found in itertools.groupby(variables, lambda item: (item.path, item.kind)):
        group = list(found)
        head = f"  {path}  {kind.label}"
        if all(item.use is Use.DEVELOPMENT for item in group):
            yield from map(_truncate, _folded(head, len({item.line for item in group})))
            continue
        yield _truncate(head)
        for _, items in itertools.groupby(group, _env_file_key):
            yield from map(_truncate, _item_lines(list(items)))


def _folded(head: str, count: int) -> list[str]:
    """Return the lines of a file that is not for production."""
    summary = f"{count} {'line' if count == 1 else 'lines'}, {_USES[Use.DEVELOPMENT]}"
    line = f"{head}: {summary}"
    return [line] if len(line) <= _WIDTH else [f"{head}:", " " * _INDENT + summary]


def _env_file_key(item: DeploymentVariable) -> tuple[object, ...]:
    """Return a group key, which is the same for all variables of an env file of a unit."""
    if item.form is ValueForm.ENV_FILE:
        return item.line, item.unit, item.env_file, item.use
    return item.line, item.unit, item.variable, item.form, item.use


def _item_lines(items: Sequence[DeploymentVariable]) -> list[str]:
    """Return the lines of variables; several variables of an env file share one line."""
    if len(items) > 1 and items[0].form is ValueForm.ENV_FILE:
        return _lines(items[0], f"{len(items)} variables")
    lines = []
    for item in items:
        lines += _lines(item, item.variable or "any variable")
    return lines


def _lines(item: DeploymentVariable, variable: str) -> list[str]:
    """Return the line of a variable; if it is too long, the service is on a second line."""
    where = ", ".join(filter(None, (item.unit, item.env_file, _USES[item.use])))
    columns = f"{item.line:>6}  {variable:<{_VARIABLE_WIDTH}} {FORMS[item.form]:<15}"
    line = f"{columns}  {where}".rstrip()
    return [line] if len(line) <= _WIDTH else [columns.rstrip(), " " * _INDENT + where]


def _truncate(line: str) -> str:
    line = printable(line)
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
