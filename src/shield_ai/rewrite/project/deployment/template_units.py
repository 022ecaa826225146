"""Decide what can be edited in a template of CloudFormation or SAM, and what the user must do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.iam_policy import PATH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shield_ai.model.deployment import (
        EnvironmentBlock,
        EnvironmentEntry,
        EnvironmentFile,
    )

INHERITED = "{} inherits it and is not in `{}` of the [deployment] table"
ROLES = "before {} is deployed to {}, let the {} of {} read the secrets, as in {}"
PARAMETERS = (
    "{} no longer uses the {} {}: remove {} there, and from --parameter-overrides or samconfig.toml"
)
REGION_REFERENCE = "AWS::Region"
WORD = regex(rb"[A-Za-z0-9]+")


def is_set(entry: EnvironmentEntry, wanted: str) -> bool:
    """Return whether a variable has the value that it should have.

    Args:
        entry: The variable. The region can be that of the stack.
        wanted: The value.
    """
    is_region = entry.variable == "AWS_REGION" and entry.reference == REGION_REFERENCE
    return entry.value == wanted or is_region


def inherited_units(
    file: EnvironmentFile, names: Collection[str], table_key: str
) -> tuple[set[str], dict[str, str]]:
    """Return the places with variables that several functions inherit, and why others remain.

    Args:
        file: The template.
        names: The functions that are named in shield.toml.
        table_key: The key with these names.
    """
    editable: set[str] = set()
    problems: dict[str, str] = {}
    for block in file.blocks:
        missing = [unit for unit in block.inherited_by if unit not in names]
        if missing:
            problems[block.unit] = INHERITED.format(missing[0], table_key)
        elif block.inherited_by:
            editable.add(block.unit)
    return editable, problems


def inherited_problems(
    blocks: Sequence[EnvironmentBlock], problems: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the containers and functions with a problem because of what they inherit.

    Variables that functions inherit are edited only if those of each function can be edited.
    A function is edited only if it does not inherit the same variable from a place that remains.

    Args:
        blocks: The variables of the template.
        problems: Why containers and functions can't be edited.
    """
    for inherited in (block for block in blocks if block.inherited_by):
        units = set(inherited.inherited_by)
        problem = problems.get(inherited.unit, "")
        if not problem:
            found = (problems[unit] for unit in inherited.inherited_by if unit in problems)
            if problem := next(found, ""):
                yield inherited.unit, problem
        if not problem:
            continue
        names = {entry.variable for entry in inherited.entries}
        for block in blocks:
            own = {entry.variable for entry in block.entries}
            if block.unit in units and not names.isdisjoint(own):
                yield block.unit, problem


def roles_step(
    path: str, file: EnvironmentFile, edited: Mapping[str, Collection[str]], region: str
) -> str:
    """Return the step that lets the roles of containers and functions read the secrets.

    Args:
        path: The template.
        file: Its content.
        edited: The removed variables, by container or function.
        region: The region of the secrets.
    """
    inherited = {block.unit: block.inherited_by for block in file.blocks if block.inherited_by}
    units: dict[str, None] = {}
    for unit in edited:
        units.update(dict.fromkeys(inherited.get(unit, (unit,))))
    noun = "role" if len(units) == 1 else "roles"
    return ROLES.format(path, region, noun, ", ".join(units), PATH)


def unused_parameters(
    path: str, file: EnvironmentFile, edited: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """Yield what to do with the parameters that a template no longer uses.

    Args:
        path: The template.
        file: Its content.
        edited: The removed or replaced variables, by container or function.
    """
    uses = dict(file.parameters)
    unused: list[str] = []
    for block in file.blocks:
        for entry in block.entries:
            if entry.variable not in edited.get(block.unit, ()):
                continue
            for word in WORD.findall(file.raw, entry.start, entry.end):
                name = word.decode()
                uses[name] = uses.get(name, 0) - 1
                if uses[name] == 0:
                    unused.append(name)
    if unused:
        noun, pronoun = ("parameter", "it") if len(unused) == 1 else ("parameters", "them")
        yield PARAMETERS.format(path, noun, ", ".join(unused), pronoun)
