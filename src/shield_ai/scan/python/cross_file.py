"""Leave alone what can't be moved because of what stands elsewhere in the app."""

from __future__ import annotations

import ast

import msgspec

from shield_ai.model.finding import Finding, Shape
from shield_ai.scan.python.ast_walk import descend

READING = frozenset({Shape.READ, Shape.FIELD})


class ProjectContext(msgspec.Struct):
    """What the other files say."""

    # variables that are read through get_secret already
    moved: set[str] = msgspec.field(default_factory=set)
    # texts in files that read variables under computed names
    computed: set[str] = msgspec.field(default_factory=set)
    # Settings that a file sets to something other than a constant.
    assigned: list[tuple[str, set[str]]] = msgspec.field(default_factory=list)


def listed(tree: ast.Module) -> set[str]:
    """Return the texts in a file's lists and the like: a loop may read variables of these names."""
    return {
        element.value
        for node in descend(tree)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set))
        for element in node.elts
        if isinstance(element, ast.Constant) and isinstance(element.value, str)
    }


def settle(findings: list[Finding], elsewhere: ProjectContext) -> list[Finding]:
    """Give a reason to each finding that something elsewhere keeps where it is.

    Args:
        findings: Of the whole app.
        elsewhere: What else was seen.
    """
    reads = [f.site for f in findings if f.site and f.site.shape in READING and not f.site.reason]
    read = {
        variable for site in reads for variable in site.variables
    } - elsewhere.computed | elsewhere.moved
    return [_settled(finding, read, elsewhere) for finding in findings]


def _settled(finding: Finding, read: set[str], elsewhere: ProjectContext) -> Finding:
    site = finding.site
    if not site:
        return finding
    reasons = {v: _reason(finding, site.shape, v, read, elsewhere) for v in site.variables}
    movable = tuple(variable for variable in site.alternatives if not reasons[variable])
    # the others stay in the environment, where the code reads them
    if movable and movable != site.alternatives:
        others = (
            *site.others,
            *(variable for variable in site.alternatives if variable not in movable),
        )
        narrowed = msgspec.structs.replace(site, alternatives=movable, others=others)
        return _settled(msgspec.structs.replace(finding, site=narrowed), read, elsewhere)
    reason = site.reason or next(filter(None, reasons.values()), "")
    kept = [variable for variable in site.variables if variable in read]
    if site.reason and site.shape in READING and kept:
        reason += f"; keep the variable {' and '.join(kept)} set for it"
    if reason == site.reason:
        return finding
    return msgspec.structs.replace(finding, site=msgspec.structs.replace(site, reason=reason))


def _reason(
    finding: Finding, shape: Shape, variable: str, read: set[str], elsewhere: ProjectContext
) -> str:
    if shape in READING:
        return (
            f"{variable} is also read under a computed name"
            if variable in elsewhere.computed
            else ""
        )
    if shape is Shape.PRESENCE:
        return "" if variable in read else f"nothing that can be moved reads {variable}"
    if variable in read:
        return f"a value for development: elsewhere the app reads the variable {variable}"
    other = next(
        (
            path
            for path, names in elsewhere.assigned
            if finding.name in names and path != finding.path
        ),
        "",
    )
    return f"a value for development: {other} sets {finding.name} otherwise" if other else ""
