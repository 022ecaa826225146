"""Take a literal out of the code: its value goes into the untracked .env, and what reads it from there stays."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.finding import Shape
from shield_ai.model.naming import env_var_name
from shield_ai.model.plan import Origin
from shield_ai.project.python_source import file_change
from shield_ai.rewrite.project.text import newline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.model.edit import FileChange
    from shield_ai.model.finding import Finding
    from shield_ai.model.hidden import Hidden
    from shield_ai.project.python_source import Source
    from shield_ai.project.values import Values

DOTENV = ".env"
# What the three parsers of .env files in use don't read alike, even between single quotes.
SPECIAL = ("'", "\\", "\n", "\r", "${", "\0")


class Removal:
    """What is taken out, and what can't be.

    Args:
        findings: Each literal of the app, and each default that stayed when it was moved.
        values: Where their locators lead.
        held: What .env has already.
        loaded: Something in the app loads .env into the environment.
    """

    def __init__(
        self,
        findings: Iterable[Finding],
        values: Values,
        held: Mapping[str, Hidden],
        *,
        loaded: bool,
    ) -> None:
        self._loaded = loaded
        self.moved: dict[str, Origin] = {}  # variable -> where its value stands
        self._reasons: dict[str, str] = {}
        for finding in findings:
            site = finding.site
            if site and site.shape is Shape.LITERAL and not site.reason:
                locator = f"code:{finding.path}#{site.start}-{site.end}"
                self._note(site.variable, locator, values, held)

    def _note(
        self, variable: str, locator: str, values: Values, held: Mapping[str, Hidden]
    ) -> None:
        value = values.resolve(locator)
        if variable in held and held[variable] != value:
            self._reasons[variable] = f"{DOTENV} has another value of {variable}"
        elif variable in self.moved and values.resolve(self.moved[variable].locator) != value:
            self._reasons[variable] = "the code has several values of it"
        elif any(special in value.reveal() for special in SPECIAL):
            self._reasons[variable] = (
                f"its value has a character that not every reader of {DOTENV} understands"
            )
        self.moved.setdefault(variable, Origin(locator=locator, field=variable))

    def reading(self, source: Source, variable: str) -> tuple[str, str]:
        """Say what reads a variable in a file: nothing more than `get_secret` where .env is loaded.

        Returns:
            The expression, and why the literal has to stay; at most one of them has text.
        """
        config = next((a.asname or a.name for a in _decouple(source.tree)), "")
        reason = self._reasons.get(variable, "")
        if not reason and not config and not self._loaded:
            reason = f"nothing in the app reads {DOTENV}: let python-dotenv load it first"
        quote = "'" if source.raw.count(b"'") > source.raw.count(b'"') else '"'
        return (f"{config}({quote}{variable}{quote})" if config and not reason else ""), reason

    def taken(self, variables: Iterable[str]) -> tuple[Origin, ...]:
        """Return what goes into .env, in order of the variables."""
        return tuple(self.moved[variable] for variable in sorted(set(variables)))


def _decouple(tree: ast.Module) -> Iterator[ast.alias]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "decouple":
            yield from (alias for alias in node.names if alias.name == "config")


def defaults(
    source: Source, calls: Iterable[tuple[int, int]], removal: Removal
) -> Iterator[tuple[str, Edit | str]]:
    """Take out the defaults of secrets that were moved before.

    Args:
        source: The file.
        calls: Line and column of each call of the runtime in it.
        removal: What is taken out.

    Yields:
        The variable, with the edit or with the reason why its default stays.
    """
    places = set(calls)
    for node in ast.walk(source.tree):
        if (
            not isinstance(node, ast.Call)
            or (node.lineno, node.col_offset) not in places
            or len(node.args) < 2
        ):
            continue
        name, default = node.args[:2]
        given = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
        if (
            not isinstance(name, ast.Constant)
            or not isinstance(default, ast.Constant)
            or not default.value
        ):
            continue
        variable = str(given.get("env") or env_var_name(str(name.value)))
        if variable not in removal.moved:
            continue
        read, reason = removal.reading(source, variable)
        start, end = source.span(name)[1], source.span(default)[1]
        text = f", lambda: {read}" if read else ""
        yield variable, reason or Edit(path=source.path, start=start, end=end, replacement=text)


def dotenv(origins: Iterable[Origin], values: Values, raw: bytes | None) -> FileChange | None:
    """Describe .env with the values added; None where it has them all. For apply alone: this edit holds values.

    Args:
        origins: What goes in; the field is the variable.
        values: Where the locators lead.
        raw: The file now.
    """
    have = {
        line.partition(b"=")[0].removeprefix(b"export ").strip().decode()
        for line in (raw or b"").splitlines()
    }
    lines = [
        f"{o.field}='{values.resolve(o.locator).reveal()}'\n"
        for o in origins
        if o.field not in have
    ]
    if not lines:
        return None
    lead = "\n" if raw and not raw.endswith(b"\n") else ""
    text = (lead + "".join(lines)).replace("\n", newline(raw or b""))
    at = len(raw or b"")
    return file_change(
        DOTENV, raw, [Edit(path=DOTENV, start=at, end=at, replacement=text)], private=True
    )
