"""Require the new secrets with which the app checks its input, although their default is empty.

With an empty secret, `header == settings.TOKEN` lets everybody in, and anybody can sign. While AWS
can't be asked, get_secret() would return the empty default of a secret that is not required.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.errors import SourceError
from shield_ai.model.file_reader import read_optional
from shield_ai.model.rotation_policy import PUBLIC_FIELDS
from shield_ai.model.site import READ_SHAPES, Shape
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from shield_ai.model.manifest import Secret
    from shield_ai.model.site import FoundSite
    from shield_ai.project.tree import Tree
    from shield_ai.scan.python.scan import Scan

    # Variables and settings, each with the variable whose value they have.
    Names: TypeAlias = dict[str, str]
    Scope: TypeAlias = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef

NOTE = "{name}: required, although its default is empty, because {place} checks input with it"
SIGNING_NOTE = (
    "{name}: required, although its default is empty, because it seems to sign sessions or tokens"
)
SIGNING_WORDS = word_set("SESSION CSRF COOKIE JWT SIGN SIGNED")
KEY_WORDS = word_set("KEY SECRET")
# Functions that compare texts in constant time, or check the signature of a request or token.
CHECKING = regex(
    r"^(compare_digest|constant_time_compare|safe_str_cmp|construct_event|RequestValidator|"
    r"hmac\.(new|digest)|jwt\.decode|\w*verify\w*|\w*check_signature\w*|\w*validate_signature\w*)$"
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MAX_DEPTH = 4  # of calls and texts around a value, such as `f"Bearer {value}".encode()`


class Uses(NamedTuple):
    """The variables with an empty default whose values the app must not do without."""

    places: dict[str, str]  # `path:line` of a check of input, by variable
    signing: set[str]  # variables with the name of a key that signs, which no file tests


def with_required_checks(
    secrets: Sequence[Secret], tree: Tree, scan: Scan
) -> tuple[list[Secret], list[str]]:
    """Return the new secrets with such ones as required, and a line for each of them.

    Args:
        secrets: The new secrets.
        tree: The app's folder.
        scan: The scan of the app.
    """
    new = {
        variable
        for secret in secrets
        for variable, field in secret.variables().items()
        if field not in PUBLIC_FIELDS
    }
    uses = _find_uses(*_names_with_empty_default(scan, new), tree, scan)
    drafted: list[Secret] = []
    lines: list[str] = []
    for secret in secrets:
        note = _note(secret, uses)
        if note:
            lines.append(note)
            drafted.append(msgspec.structs.replace(secret, optional=False))
        else:
            drafted.append(secret)
    return drafted, lines


def _note(secret: Secret, uses: Uses) -> str:
    """Return why a secret is required; empty if nothing shows that it must be."""
    places = uses.places
    for name in secret.variables():
        if name in places:
            return NOTE.format(name=secret.name, place=places[name])
    if not uses.signing.isdisjoint(secret.variables()):
        return SIGNING_NOTE.format(name=secret.name)
    return ""


def _find_uses(settings: Names, own_names: Mapping[str, Names], tree: Tree, scan: Scan) -> Uses:
    """Return the variables with which the app checks its input, or seems to sign.

    Args:
        settings: The variables, and the settings with their values.
        own_names: Other names with their values, by file.
        tree: The app's folder.
        scan: The scan of the app.
    """
    places: dict[str, str] = {}
    signing = set(filter(_signs, settings.values()))
    for path in scan.files if settings else ():
        names = {**settings, **own_names.get(path, {})}
        scopes = _scopes(path, tree, names)
        for variable, line in _find_checks(scopes, names):
            places.setdefault(variable, f"{path}:{line}")
        signing -= {names[name] for name in _tested_anywhere(scopes) if name in names}
    return Uses(places, signing)


def _signs(variable: str) -> bool:
    """Return whether the name of a variable says that the app signs with its value.

    A provider issues the secret of an OAuth client, such as JWT_OIDC_CLIENT_SECRET.
    """
    parts = words(variable)
    if "CLIENT" in parts:
        return False
    return not SIGNING_WORDS.isdisjoint(parts) and not KEY_WORDS.isdisjoint(parts)


def _names_with_empty_default(scan: Scan, variables: set[str]) -> tuple[Names, dict[str, Names]]:
    """Return the variables of secrets that have an empty default, and the names of their values.

    The names of settings, in capitals or of fields, count in all files, and others in their file.
    """
    names: Names = {}
    own_names: dict[str, Names] = {}
    for finding, site in filter(_has_empty_default, scan.sites):
        is_setting = finding.name.isupper() or site.shape is Shape.FIELD
        place = names if is_setting else own_names.setdefault(finding.path, {})
        for variable in variables & set(site.variables):
            names[variable] = variable
            if not site.in_function:
                place.setdefault(finding.name, variable)
    return names, own_names


def _has_empty_default(found: FoundSite) -> bool:
    site = found[1]
    is_read = site.shape in READ_SHAPES and not site.reason
    return is_read and site.optional and not site.has_nonempty_default


def _find_checks(scopes: Iterable[Scope], names: Names) -> Iterator[tuple[str, int]]:
    """Yield the variable and the line of each check in a file."""
    for scope in scopes:
        nodes = list(_nodes_of(scope))
        known = {**names, **dict(_aliases(nodes, names))}
        tested = {known[name] for name in _tested_names(nodes) if name in known}
        for node, operands in _checks(nodes):
            found = {known[name] for name in _names_in(operands, MAX_DEPTH) if name in known}
            for variable in sorted(found - tested):
                yield variable, node.lineno


def _tested_anywhere(scopes: Iterable[Scope]) -> Iterator[str]:
    """Yield the names that a file tests for being empty."""
    for scope in scopes:
        yield from _tested_names(list(_nodes_of(scope)))


def _scopes(path: str, tree: Tree, names: Names) -> list[Scope]:
    """Return the functions of a module, and the module.

    Nothing if it contains none of the names, or can't be parsed.
    """
    raw = read_optional(tree.read, path) or b""
    if not any(name.encode() in raw for name in names):
        return []
    try:
        module = Source.from_bytes(path, raw).tree
    except SourceError:
        return []
    return [*(node for node in descend(module) if isinstance(node, FUNCTIONS)), module]


def _nodes_of(scope: Scope) -> Iterator[ast.AST]:
    """Yield the nodes of a function or module, without those of its functions."""
    pending: list[ast.AST] = list(scope.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, FUNCTIONS):
            pending.extend(ast.iter_child_nodes(node))


def _aliases(nodes: Iterable[ast.AST], names: Names) -> Iterator[tuple[str, str]]:
    """Yield the local names that get the value of a secret, each with the secret's variable."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=alias)], value=value):
                for name in _names_in([value], MAX_DEPTH):
                    if name in names:
                        yield alias, names[name]


def _tested_names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names whose values are tested for being empty: the code handles an empty value."""
    for node in nodes:
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                yield from _denoted([test])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield from _denoted([operand])
            case ast.BoolOp(values=values):
                yield from _denoted(values)
            case ast.Compare(left=left, comparators=[ast.Constant()]):
                yield from _denoted([left])


def _checks(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """Yield each comparison of values and each call of a checking function, with its operands.

    A comparison with a constant is a switch, or tests whether the value is set. One of settings
    with each other, as in `settings.SECRET_KEY != settings.OLD_SECRET_KEY`, checks no input.
    """
    for node in nodes:
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            operands = [node.left, *node.comparators]
            has_constant = any(isinstance(operand, ast.Constant) for operand in operands)
            if not has_constant and not all(map(_is_setting, operands)):
                yield node, operands
        elif isinstance(node, ast.Call) and _is_checking(node.func):
            yield node, [*node.args, *(keyword.value for keyword in node.keywords)]


def _is_setting(node: ast.expr) -> bool:
    """Return whether an expression is a name or an attribute in capitals."""
    return isinstance(node, (ast.Name, ast.Attribute)) and name_of(node).isupper()


def _is_checking(function: ast.expr) -> bool:
    name = name_of(function)
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return bool(CHECKING.match(name) or CHECKING.match(f"{function.value.id}.{name}"))
    return bool(CHECKING.match(name))


def _names_in(nodes: Iterable[ast.expr], depth: int) -> Iterator[str]:
    """Yield the names that expressions denote, and those that their texts contain."""
    for node in nodes:
        yield from _denoted([node])
        if depth:
            yield from _names_in(_inner(node), depth - 1)


def _denoted(nodes: Iterable[ast.expr]) -> Iterator[str]:
    """Yield the names of variables and settings that expressions read."""
    for node in nodes:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.Subscript(slice=ast.Constant(value=str(name))):  # config["TOKEN"]
                yield name
            case ast.Call(args=arguments):  # os.environ.get("TOKEN"), getattr(settings, "TOKEN")
                for argument in arguments[:2]:
                    match argument:
                        case ast.Constant(value=str(name)):
                            yield name


def _inner(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.JoinedStr():
            return node.values
        case ast.FormattedValue():
            return [node.value]
        case ast.Call(func=ast.Attribute(value=owner)):  # value.encode(), "…".format(value)
            return [owner, *node.args]
        case ast.Call():  # str(value)
            return node.args
        case ast.BinOp():
            return [node.left, node.right]
    return []
