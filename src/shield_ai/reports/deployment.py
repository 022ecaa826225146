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
FORMS = {
    ValueForm.LITERAL: "literal value",
    ValueForm.DEFAULT: "literal default",
    ValueForm.MIXED: "partly literal",
    ValueForm.PLACEHOLDER: "placeholder",
    ValueForm.EMPTY: "empty",
    ValueForm.REFERENCE: "reference",
    ValueForm.SECRET_STORE: "secret store",
    ValueForm.ENV_FILE: "env file",
}
_USES = {
    Use.PRODUCTION: "",
    Use.DEVELOPMENT: "not production",
    Use.UNKNOWN: "production?",
    Use.SUPPRESSED: "suppressed",
}


def deployment_lines(variables: Sequence[DeploymentVariable]) -> Iterator[str]:
    """Yield a line for each file, and one for each variable that it sets.

    Args:
        variables: The variables, sorted by path and line.
    """
    for (path, kind), group in itertools.groupby(variables, lambda item: (item.path, item.kind)):
        yield _truncate(f"  {path}  {kind.label}")
        for item in group:
            yield _truncate(_variable_line(item))


def _variable_line(item: DeploymentVariable) -> str:
    variable = item.variable or "any variable"
    where = ", ".join(filter(None, (item.unit, item.env_file, _USES[item.use])))
    columns = f"{item.line:>6}  {variable:<{_VARIABLE_WIDTH}} {FORMS[item.form]:<15}  {where}"
    return columns.rstrip()


def _truncate(line: str) -> str:
    line = printable(line)
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
