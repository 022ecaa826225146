"""Where a settings source goes into a pydantic class that says itself where its settings come from."""

from __future__ import annotations

import ast
from typing import NamedTuple

METHOD = "settings_customise_sources"
VARIABLES = "env_settings"  # pydantic gives the source of the variables under this name


class Customised(NamedTuple):
    """The method's parts that count."""

    settings: str  # the parameter that has the class
    returned: ast.Return
    variables: ast.Name  # pydantic's own source of environment variables, in what is returned


def customised(method: ast.FunctionDef) -> Customised | None:
    """Find where the source goes: right before that of the variables. None where the method is not that plain."""
    names = [
        argument.arg
        for argument in [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]
    ]
    found = [node for node in ast.walk(method) if isinstance(node, ast.Return)]
    own = method.name == METHOD and len(names) > 1 and VARIABLES in names
    if (
        not own
        or len(found) != 1
        or found[0] is not method.body[-1]
        or not isinstance(found[0].value, ast.Tuple)
    ):
        return None
    first = method.body[-2].end_lineno if len(method.body) > 1 else method.lineno
    if found[0].lineno == first:
        return None
    places = [
        part for part in found[0].value.elts if isinstance(part, ast.Name) and part.id == VARIABLES
    ]
    return Customised(names[1], found[0], places[0]) if len(places) == 1 else None
