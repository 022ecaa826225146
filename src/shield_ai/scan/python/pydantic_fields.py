"""The fields of pydantic settings: what a settings source can serve, and what can be a default."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Shape
from shield_ai.model.naming import is_secret
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.candidates import Candidate
from shield_ai.scan.python.expressions import Expressions
from shield_ai.scan.python.literals import looks_secret
from shield_ai.scan.python.settings_class import SettingsClass, adds_source, settings_class

if TYPE_CHECKING:
    from shield_ai.scan.python.bindings import Module
    from shield_ai.scan.python.project import Project
    from shield_ai.scan.python.statement_filter import Telling

FIELD = "pydantic reads it when the settings are made; it needs a settings source"
DEFAULTS = frozenset({"default", "default_factory"})
NO_TEXT = regex(
    r"(?:typing\.)?(?:Optional\[)?(?:(?:typing\.)?Literal\[|(?:bool|int|float|(?:datetime\.)?timedelta)\b)"
)
TEXT = frozenset({"str", "str | None", "Optional[str]", "typing.Optional[str]"})


class Fields(Expressions):
    """The part of a walk that knows the classes of pydantic; what is noted, its heir says."""

    def __init__(self, project: Project, module: Module, telling: Telling | None = None) -> None:
        super().__init__(project, module, telling)
        self.moved: set[str] = set()  # variables that are read through the runtime
        self.sources = False  # a settings source of ours serves some of them
        # values in the code, and the variable that pydantic reads before
        self.before: dict[ast.expr, str] = {}

    def add(self, spot: Candidate) -> None:
        """Take in what was seen."""
        raise NotImplementedError

    def statement(self, node: ast.stmt) -> None:
        """Walk one statement, but not a method of ours, whose texts are names."""
        if not (isinstance(node, ast.FunctionDef) and adds_source(node)):
            super().statement(node)

    def declared(self, node: ast.AnnAssign) -> None:
        """Note a field of a pydantic settings class whose value is no secret itself."""
        scope, name, value = self.scopes[-1], node.target, node.value
        if (
            not isinstance(scope, ast.ClassDef)
            or not isinstance(name, ast.Name)
            or not is_secret(name.id)
        ):
            return
        if NO_TEXT.match(ast.unparse(node.annotation)):
            return
        known = settings_class(self.resolver, scope, self.scopes)
        if not known and not any(ast.unparse(base).endswith("Settings") for base in scope.bases):
            return
        spot = Candidate(
            node=name,
            shape=Shape.READ,
            path=(name.id,),
            variable=name.id.upper(),
            direct=True,
            reason=FIELD,
        )
        constant = isinstance(value, (ast.Constant, ast.JoinedStr)) and not looks_secret(
            spot.path, value
        )
        if isinstance(value, ast.Constant) and isinstance(value.value, (bool, int, float)):
            return
        prefixed = "env_prefix" in self.source.text or bool(known and known.prefix)
        served = known is not None and (not known.reason or bool(known.moved))
        if (
            value
            and constant
            and not prefixed
            and not served
            and ast.unparse(node.annotation) in TEXT
        ):
            # The default of a text, which the variable wins over: a secret can be the default as well.
            spot.node, spot.shape, spot.reason = value, Shape.LITERAL, ""
            self.add(spot)
        elif (
            known
            and served
            and isinstance(value, ast.Constant)
            and known.variable(name.id, None) != name.id.upper()
        ):
            self.before[value] = known.variable(name.id, None)
            self._field(spot, known, value)
        elif (
            value is None
            or constant
            or (isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Field"))
        ):
            if known:
                self._field(spot, known, value)
            else:
                self.add(spot)

    def _field(self, spot: Candidate, known: SettingsClass, value: ast.expr | None) -> None:
        """Note a field that a settings source can serve."""
        spot.variable = known.variable(spot.path[0], value)
        if isinstance(value, ast.Call):
            given = [
                *value.args,
                *(keyword.value for keyword in value.keywords if keyword.arg in DEFAULTS),
            ]
            self.before |= {node: spot.variable for node in given if isinstance(node, ast.Constant)}
        spot.shape, spot.reason = Shape.FIELD, known.reason
        call = value if isinstance(value, ast.Call) else None
        spot.optional = (
            bool(call.args or any(k.arg in DEFAULTS for k in call.keywords))
            if call
            else value is not None
        )
        if not spot.variable:
            spot.reason = spot.reason or "how the field names its variable can't be told"
        if spot.variable in known.moved:
            self.moved.add(spot.variable)
            self.sources = True
        else:
            self.add(spot)
