"""Find the expressions with secrets in a workflow of GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.workflow import Place, SecretUse
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.environment import MAX_DEPTH
from shield_ai.scan.deployment.shell_quotes import quote_at
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.scan.text.config_node import Node

    Path = tuple[str, ...]  # keys, and numbers of items

EXPRESSION = regex(rb"\$\{\{(?:[^'}]|'[^']{0,1000}'|\}(?!\}))*\}\}")
# A secret in an expression. Without a name, the secret is computed, as in `secrets[matrix.name]`.
SECRET = regex(rb"(?i)'[^']{0,1000}'|(?<![\w.-])secrets\b(?:\.(?P<name>[a-z_][\w-]*))?")
WHOLE = regex(rb"(?i)\$\{\{\s*secrets\.[a-z_]\w*\s*\}\}")
# Inputs of actions that run their text.
SCRIPT_INPUT = regex(r"(?i).*scripts?|(?:.*[_-])?(?:commands?|cmds?|code|run)")
MAX_SCRIPT = 10_000  # bytes of a script before an expression; bounds quadratic time
BEFORE_STEPS = "GitHub evaluates {} before the steps"
OTHER_KEY = "{} of a step can't be edited"
SCRIPT = "the input {} is code, into which GitHub would insert the value: pass the secret in env"
SHELL = "the step may not run in bash or sh"
QUOTE = "the script before the secret is long or has a here-document or `, or it is in a comment"
COMPLEX = "the script uses the secret in an expression with something else"


class Scalar(NamedTuple):
    """A text of a workflow, and where it is."""

    path: Path
    node: Node


class Uses(NamedTuple):
    """The uses of secrets in a workflow."""

    named: list[SecretUse]
    computed: set[str]  # the jobs that compute the names of secrets; empty: outside of jobs


def find_workflow_uses(raw: bytes, root: Node, shells: Mapping[tuple[str, int], bool]) -> Uses:
    """Find the expressions with secrets.

    Args:
        raw: The workflow.
        root: Its only document.
        shells: Whether the script of a step runs in bash or sh, by the job and the step's number.
    """
    uses = Uses([], set())
    lines = LineIndex(raw)
    for scalar in _scalars(root):
        node = scalar.node
        for expression in EXPRESSION.finditer(raw, node.start, node.end):
            for match in SECRET.finditer(raw, expression.start(), expression.end()):
                if match[0].startswith(b"'"):
                    continue
                if match["name"] is None:
                    uses.computed.add(_job(scalar.path))
                    continue
                use = _use(raw, scalar, match["name"].decode().upper(), *match.span())
                if use.place is Place.SCRIPT:
                    is_shell = shells.get((use.job, use.step), False)
                    use = _script_use(raw, node, use, expression.span(), is_shell=is_shell)
                line, _ = lines.position(use.start)
                uses.named.append(use._replace(line=line))
    return uses


def _scalars(root: Node) -> Iterator[Scalar]:
    """Yield the texts of a workflow in order, but not the keys."""
    pending: list[Scalar] = [Scalar((), root)]
    while pending:
        path, node = pending.pop()
        if not node.is_container:
            yield Scalar(path, node)
        elif len(path) < MAX_DEPTH:
            for key, value in reversed(node.pairs):
                pending.append(Scalar((*path, key.text), value))
            for number, item in reversed(list(enumerate(node.items))):
                pending.append(Scalar((*path, str(number)), item))


def _job(path: Path) -> str:
    return path[1] if path[:1] == ("jobs",) and len(path) > 1 else ""


def _use(raw: bytes, scalar: Scalar, secret: str, start: int, end: int) -> SecretUse:
    """Describe an expression outside of scripts."""
    path, node = scalar
    is_step = _is_step(path)
    inside = path
    if path[:1] == ("jobs",):
        inside = path[4:] if is_step else path[2:]
    place, problem = _place(inside, is_step=is_step)
    return SecretUse(
        secret=secret,
        job=_job(path),
        step=int(path[3]) if is_step else -1,
        place=place,
        variable=inside[1] if place is Place.ENV and not problem else "",
        is_whole=WHOLE.fullmatch(raw, node.start, node.end) is not None,
        start=start,
        end=end,
        line=0,
        problem=problem,
    )


def _is_step(path: Path) -> bool:
    """Return whether a path leads into a step; in an invalid workflow, `steps` can be a map."""
    is_inside = path[:1] == ("jobs",) and path[2:3] == ("steps",) and len(path) > 4
    return is_inside and path[3].isdecimal()


def _place(path: Path, *, is_step: bool) -> tuple[Place, str]:
    """Return the place of a text by its path in a step, a job or the workflow, and its problem."""
    if not path:  # in an invalid workflow, a job can be a text
        return Place.INPUT, BEFORE_STEPS.format("the job")
    if path[0] == "env" and len(path) == 2:
        return Place.ENV, ""
    if not is_step:
        return Place.INPUT, BEFORE_STEPS.format(path[0])
    if path == ("run",):
        return Place.SCRIPT, ""
    if path[0] == "with" and len(path) == 2:
        is_code = SCRIPT_INPUT.fullmatch(path[1])
        return Place.INPUT, SCRIPT.format(path[1]) if is_code else ""
    return Place.INPUT, OTHER_KEY.format(path[0])


def _script_use(
    raw: bytes, node: Node, use: SecretUse, expression: tuple[int, int], *, is_shell: bool
) -> SecretUse:
    """Describe an expression in a script, which becomes a variable of the shell."""
    start, end = expression
    use = use._replace(start=start, end=end)
    if not is_shell:
        return use._replace(problem=SHELL)
    if not WHOLE.fullmatch(raw, start, end):
        return use._replace(problem=COMPLEX)
    quote = None
    if start - node.start < MAX_SCRIPT:
        quote = quote_at(raw[node.start : node.end], start - node.start)
    if quote is None:
        return use._replace(problem=QUOTE)
    return use._replace(quote=quote)
