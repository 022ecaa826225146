"""Move literals from the code to the untracked .env file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.locator import CodeLiteral
from shield_ai.model.naming import DOTENV
from shield_ai.model.plan import Origin
from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.python_source import string_constant
from shield_ai.project.secret_map import hardcoded_default
from shield_ai.rewrite.python.calls import calls_at, variable_of_call
from shield_ai.rewrite.python.fixer import FileContext, FileOutcome
from shield_ai.rewrite.python.lines.file_style import file_quote
from shield_ai.rewrite.python.lines.source_edits import make_edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.model.hidden import Hidden
    from shield_ai.model.site import FoundSite
    from shield_ai.project.python_source import Source
    from shield_ai.project.secret_map import SecretMap
    from shield_ai.project.values import Values

# python-dotenv, django-environ and python-decouple read these differently in single quotes.
AMBIGUOUS = ("'", "\\", "\n", "\r", "${", "\0")


class LiteralRemoval:
    """Decide which literals can move from the code to .env.

    Args:
        sites: The literals of the app, including defaults in existing get_secret() calls.
        values: Resolves the locators of the literals.
        dotenv_values: The variables that .env sets.
        loads_dotenv: The app loads .env into the environment.
    """

    def __init__(
        self,
        sites: Iterable[FoundSite],
        values: Values,
        dotenv_values: Mapping[str, Hidden],
        *,
        loads_dotenv: bool,
    ) -> None:
        self._values = values
        self._dotenv_values = dotenv_values
        self._loads_dotenv = loads_dotenv
        self._origins: dict[str, Origin] = {}  # by variable
        self._problems: dict[str, SkipReason] = {}  # by variable
        for finding, site in sites:
            if site.shape is Shape.LITERAL and not site.reason:
                literal = CodeLiteral(finding.path, site.start, site.end)
                self._add_literal(site.variable, literal)

    def _add_literal(self, variable: str, locator: CodeLiteral) -> None:
        value = self._values.resolve(locator)
        first = self._origins.setdefault(variable, Origin.of(locator, variable))
        if variable in self._dotenv_values and self._dotenv_values[variable] != value:
            self._problems[variable] = SkipId.DOTENV_DIFFERS.reason(file=DOTENV, variable=variable)
        elif self._values.resolve(first.source) != value:
            self._problems[variable] = SkipId.CODE_DIFFERS.reason(variable=variable)
        elif any(text in value.reveal() for text in AMBIGUOUS):
            self._problems[variable] = SkipId.AMBIGUOUS_CHARACTER.reason(file=DOTENV)

    def __contains__(self, variable: str) -> bool:
        return variable in self._origins

    def replacement_for(self, source: Source, variable: str) -> tuple[str, SkipReason | None]:
        """Return the expression that replaces a literal in a file, and the reason to keep it.

        Returns:
            The expression, or "" if get_secret() alone reads the variable. The reason to keep the
            literal, or None if it can be removed.
        """
        problem = self._problems.get(variable)
        config = _decouple_config(source.tree)
        if not (problem or config or self._loads_dotenv):
            problem = SkipId.DOTENV_NOT_LOADED.reason(file=DOTENV)
        if problem or not config:
            return "", problem
        quote = file_quote(source)
        return f"{config}({quote}{variable}{quote})", None

    def origins(self, variables: Iterable[str]) -> tuple[Origin, ...]:
        """Return the sources of the values of removed literals, sorted by variable."""
        return tuple(self._origins[variable] for variable in sorted(set(variables)))


def _decouple_config(tree: ast.Module) -> str:
    """Return the name under which a file imports decouple.config, or ""."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "decouple":
            for alias in node.names:
                if alias.name == "config":
                    return alias.asname or alias.name
    return ""


def fix(context: FileContext) -> FileOutcome:
    """Remove the literal defaults of existing calls."""
    outcome = FileOutcome()
    if context.removal is None:
        return outcome
    source = context.source
    found = remove_defaults(source, context.calls, context.removal, context.known)
    for variable, result in found:
        if isinstance(result, Edit):
            outcome.edits.append(result)
            outcome.removed.append(variable)
        else:
            outcome.skipped.append(result.entry(source.path, name=variable))
    return outcome


def remove_defaults(
    source: Source,
    calls: Iterable[tuple[int, int]],
    removal: LiteralRemoval,
    known: SecretMap | None = None,
) -> Iterator[tuple[str, Edit | SkipReason]]:
    """Remove the literal defaults of existing get_secret() calls.

    Args:
        source: The file.
        calls: Line and column of each call of the runtime.
        removal: Decides which literals can be removed.
        known: The app's map file, if it has one.

    Yields:
        The variable, with the edit or with the reason to keep the default.
    """
    for call in calls_at(source, calls):
        default = _literal_default(call, known)
        if default is None:
            continue
        variable = variable_of_call(call, known)
        if variable not in removal:
            continue
        replacement, problem = removal.replacement_for(source, variable)
        text = f", lambda: {replacement}" if replacement else ""
        start = source.span(call.args[0])[1]
        end = source.span(default)[1]
        yield variable, problem or make_edit(source, start, end, text)


def _literal_default(call: ast.Call, known: SecretMap | None) -> ast.expr | None:
    """Return the literal default of a call if it directly follows the name."""
    if not call.args or string_constant(call.args[0]) is None:
        return None
    follows_name = len(call.args) > 1 or (call.keywords and call.keywords[0].arg == "default")
    return hardcoded_default(call, known) if follows_name else None
