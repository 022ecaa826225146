"""Check that a rewritten file compiles, and that it equals the original without the added calls."""

from __future__ import annotations

import ast
import copy
import warnings
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.pydantic_sources import (
    CONFIG,
    DOCSTRING,
    INSERT,
    METHODS,
    SOURCE,
    only_adds_source,
)
from shield_ai.project.python_source import Source, parse_python, string_constant
from shield_ai.project.runtime_names import accessor_modules, settings_source_modules
from shield_ai.rewrite.python.calls import keyword_value
from shield_ai.rewrite.python.imports.file_imports import imports_from
from shield_ai.rewrite.python.imports.unused_imports import REMOVABLE
from shield_ai.rewrite.python.lines.source_edits import first_line
from shield_ai.rewrite.python.wrap.plain_reads import (
    ComputedRead,
    PlainRead,
    computed_read,
    environ_names,
    plain_read,
)
from shield_ai.rewrite.python.wrap.settings_imports import ANNOTATED, LIBRARY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

GET = "get_secret"
HAS = "has_secret"
REMOVED = "removed"
PRESENCE = "presence"
FIRST_SOURCE = "init_settings"  # the source with the highest priority


class ReplacedExpressions(NamedTuple):
    """Expressions that leave no trace in the rewritten file: a plain call replaces them."""

    removed: Collection[str] = ()  # the secrets of the removed literals, as `name` or `name:field`
    variables: Mapping[str, str] = {}  # `name` or `name:field` -> variable, as in the map file
    imports: Collection[str] = ()  # local names of the removed imports
    functions: Collection[str] = ()  # that get_secret() calls, such as "env.db"


def equivalence_problem(
    source: Source, after: bytes, module: str, replaced: ReplacedExpressions | None = None
) -> SkipReason | None:
    """Return why a rewritten file is not equivalent to the original; None if it is.

    Args:
        source: The original file. Each removed literal is replaced by the string "removed".
        after: The bytes of the rewritten file.
        module: The module that the runtime is imported from.
        replaced: The expressions and imports that leave no trace in the rewritten file.
    """
    replaced = replaced or ReplacedExpressions()
    try:
        rewritten = Source.from_bytes(source.path, after)
        tree = rewritten.tree
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, source.path, "exec", dont_inherit=True)
    except (SourceError, SyntaxError, ValueError):
        return SkipId.WOULD_NOT_COMPILE.reason()
    before = RuntimeCallRemover(source, module, replaced)
    now = RuntimeCallRemover(rewritten, module, replaced)
    if len(before.texts) != len(now.texts) or _has_changed_statement(before, now):
        return SkipId.WOULD_CHANGE_MEANING.reason()
    return None


def _has_changed_statement(before: RuntimeCallRemover, now: RuntimeCallRemover) -> bool:
    pairs = zip(before.statements, before.texts, now.statements, now.texts, strict=True)
    counts = Counter(before.texts)
    for old_node, old_text, new_node, new_text in pairs:
        if old_text == new_text:
            continue
        old = [copy.deepcopy(old_node)]
        if counts[old_text] == 1 and len(body := parse_python("", old_text).body) == 1:
            old = body  # else the text is a line with several statements
        if before.dump(old) != now.dump([new_node]):
            return True
    return False


class RuntimeCallRemover(ast.NodeTransformer):
    """Remove the calls of the runtime from the statements of a file.

    `texts` has the source lines of each statement: statements with equal lines need no comparison.
    """

    def __init__(self, source: Source, module: str, replaced: ReplacedExpressions) -> None:
        self._replaced = replaced
        self._os_names = environ_names(source.tree)
        self._names: dict[str, str] = {}  # local name -> name in the runtime
        self._added_bases: dict[str, ast.expr] = {}  # by the name of a class with the source
        self.statements: list[ast.stmt] = []
        modules = (
            *accessor_modules(module),
            *settings_source_modules(module),
            *settings_source_modules(module, is_pydantic_1=True),
        )
        for node in source.tree.body:
            if isinstance(node, ast.ImportFrom) and imports_from(node, *modules):
                self._names |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, ast.ClassDef) and _is_added_base(node):
                self._added_bases[node.name] = node.bases[0]
            elif not self._is_removed_import(node):
                self.statements.append(node)
        self.texts = list(_source_texts(source, self.statements))

    def dump(self, statements: list[ast.stmt]) -> str:
        """Return the AST dump of statements without calls of the runtime. Modifies the nodes."""
        return "".join(ast.dump(self.visit(statement)) for statement in statements)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:
        """Remove the method that adds the settings source, with a class Config only for it."""
        node.bases = [self._added_bases.get(ast.unparse(base), base) for base in node.bases]
        node.body = [child for child in node.body if not _only_adds_source(child)]
        if node.name == CONFIG and not node.body:
            return None
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Remove the settings source from a method that the app defines itself."""
        if node.name in METHODS:
            _remove_source(node)
        return self.generic_visit(node)

    def _is_removed_import(self, node: ast.stmt) -> bool:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            return False
        return not self._remaining_aliases(node)

    def _remaining_aliases(self, node: ast.Import | ast.ImportFrom) -> list[ast.alias]:
        if isinstance(node, ast.ImportFrom) and (node.module != "os" or node.level):
            is_library = node.module == LIBRARY and not node.level
            return [a for a in node.names if not is_library or a.name not in ANNOTATED]
        return [alias for alias in node.names if not self._is_removed(alias)]

    def _is_removed(self, alias: ast.alias) -> bool:
        return alias.name in REMOVABLE and (alias.asname or alias.name) in self._replaced.imports

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        """Leave out the removed names of an import."""
        return self._without_removed(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        """Leave out the removed names of an import."""
        return self._without_removed(node)

    def _without_removed(self, node: ast.Import | ast.ImportFrom) -> ast.AST | None:
        remaining = self._remaining_aliases(node)
        if node.col_offset == 0:
            node.names = remaining
        elif not remaining:
            return None
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Replace `os.environ["X"]` by the normal form of a read."""
        read = plain_read(node, self._os_names)
        if read:
            return _normal_form(read)
        self.generic_visit(node)
        computed = computed_read(node, self._os_names)
        return _computed_form(computed) if computed else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace `get_secret("name", lambda: x)` by x, and `has_secret(...)` by a constant.

        Plain reads, and the calls that replace them, get the same form.
        """
        self.generic_visit(node)
        read = plain_read(node, self._os_names)
        if read:
            return _normal_form(read)
        computed = computed_read(node, self._os_names)
        if computed:
            return _computed_form(computed)
        name = self._names.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if name == GET:
            return self._unwrap(node)
        if name == HAS and len(node.args) < 2:
            return ast.Constant(value=PRESENCE)
        return node

    def _unwrap(self, node: ast.Call) -> ast.AST:
        env = keyword_value(node, "env")
        if env is not None and not node.args:
            return _computed_form(ComputedRead(env, keyword_value(node, "default")))
        name = string_constant(node.args[0]) if node.args else None
        literal = keyword_value(node, "default")
        if literal is not None:
            return literal
        default = node.args[1] if len(node.args) > 1 else None
        if name in self._replaced.removed and (default is None or isinstance(default, ast.Lambda)):
            return ast.Constant(value=REMOVED)
        if isinstance(default, ast.Lambda):
            return _lambda_value(default)
        if default is not None and ast.unparse(default) in self._replaced.functions:
            return ast.Call(func=default, args=[], keywords=[])
        variable = self._replaced.variables.get(name or "")
        if variable and all(keyword.arg == "optional" for keyword in node.keywords):
            return _normal_form(PlainRead(variable, default))
        return node if default is None else default

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Replace a presence test such as `"X" in os.environ` by a constant."""
        self.generic_visit(node)
        if len(node.ops) != 1 or not _may_test_presence(node):
            return node
        if isinstance(node.ops[0], ast.NotIn):
            return ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=PRESENCE))
        if isinstance(node.ops[0], ast.In):
            return ast.Constant(value=PRESENCE)
        return node


def _lambda_value(node: ast.Lambda) -> ast.expr:
    """Return the body of a lambda if its parameters only bind names; otherwise the lambda."""
    binds_names = all(isinstance(value, ast.Name) for value in node.args.defaults)
    return node.body if binds_names else node


def _normal_form(read: PlainRead) -> ast.expr:
    """Return the same expression for all ways to read a variable with the same default."""
    arguments: list[ast.expr] = [ast.Constant(value=read.variable)]
    if read.default is not None:
        arguments.append(read.default)
    return ast.Call(func=ast.Name(id="<read>", ctx=ast.Load()), args=arguments, keywords=[])


def _computed_form(read: ComputedRead) -> ast.expr:
    """Return the same expression for all ways to read a variable under a computed name."""
    arguments = [read.name] if read.default is None else [read.name, read.default]
    return ast.Call(
        func=ast.Name(id="<computed read>", ctx=ast.Load()), args=arguments, keywords=[]
    )


def _may_test_presence(node: ast.Compare) -> bool:
    if string_constant(node.left) is not None:
        return True
    return ast.unparse(node.comparators[0]).endswith("environ")


def _is_added_base(node: ast.ClassDef) -> bool:
    """Return whether a class only adds shield's settings source to its only base class."""
    if not only_adds_source(node) or len(node.bases) != 1 or node.keywords or node.decorator_list:
        return False
    method = node.body[-1]
    if isinstance(method, ast.ClassDef):  # Config of pydantic 1
        method = method.body[0]
    return _only_adds_source(copy.deepcopy(method))


def _only_adds_source(node: ast.stmt) -> bool:
    """Return whether a statement is a method that adds shield's settings source, and nothing else.

    Without that source, the method returns what the method of the base class returns. A method
    that has no settings source of shield also counts.
    """
    if not isinstance(node, ast.FunctionDef) or node.name not in METHODS:
        return False
    if f"{SOURCE}(args[0], " in ast.unparse(node):  # of an earlier version
        return True
    _remove_source(node)
    names = [argument.arg for argument in node.args.args]
    kept = names[names.index(FIRST_SOURCE) :] if FIRST_SOURCE in names else []
    call = f"super().{node.name}({', '.join(names[1:])})"
    body = [ast.unparse(statement) for statement in node.body]
    forms = [
        [f"return ({', '.join(kept)})"],
        [f"others = {call}", "return others"],
        [f"first, *others = {call}", "return (first, *others)"],  # of earlier versions
    ]
    return body in [*forms, *([repr(DOCSTRING), *form] for form in forms)]


def _remove_source(method: ast.FunctionDef) -> None:
    names: set[str] = set()
    body = []
    for node in method.body:
        source_names = _source_names(node)
        names |= source_names
        if not source_names:
            body.append(node)
    method.body = body
    if not names or not body:
        return
    last = body[-1]
    if isinstance(last, ast.Return):
        last.value = _without_source(last.value, names)


def _without_source(value: ast.expr | None, names: set[str]) -> ast.expr | None:
    """Return the sources that a method returns, without that of shield."""
    if isinstance(value, ast.Tuple):
        value.elts = [part for part in value.elts if not _is_name(part, names)]
    elif isinstance(value, ast.Call) and len(value.args) == 1:
        if ast.unparse(value.func) in {f"{name}.{INSERT}" for name in names}:
            return value.args[0]
    return value


def _is_name(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _source_names(node: ast.stmt) -> set[str]:
    """Return the variables to which a statement assigns a settings source."""
    if not isinstance(node, ast.Assign):
        return set()
    if not ast.unparse(node.value).startswith("SecretsManagerSource("):
        return set()
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _source_texts(source: Source, statements: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield the lines of each statement; the same object for statements on the same lines."""
    place, text = (0, 0), ""
    for node in statements:
        first, end = first_line(node), node.end_lineno or 0
        if (first, end) != place:
            lines = source.lines[first - 1 : end]
            place, text = (first, end), b"".join(raw for _, raw in lines).decode(source.encoding)
        yield text
