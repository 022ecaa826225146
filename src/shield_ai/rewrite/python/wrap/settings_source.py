"""Add a settings source to the pydantic settings classes that have secrets as fields."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.pydantic_sources import (
    CONFIG,
    DOCSTRING,
    INSERT,
    METHOD,
    METHOD_1,
    PYDANTIC_1,
    SOURCE,
    VARIABLES,
    CustomizedSources,
    find_config,
    find_customized_sources,
    find_method,
)
from shield_ai.rewrite.python.imports.needed_imports import first_comment_line
from shield_ai.rewrite.python.lines.file_style import file_quote, indentation
from shield_ai.rewrite.python.lines.source_edits import first_line, insert_below, make_edit
from shield_ai.rewrite.python.wrap.common_base import (
    classes_for_added_base,
    common_bases,
    derives_directly,
)
from shield_ai.rewrite.python.wrap.settings_imports import library_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.edit import Edit
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap

# https://docs.pydantic.dev/latest/concepts/pydantic_settings/#customise-settings-sources
ENV_FILE = "dotenv_settings"  # pydantic's name for the source of env files
PARAMETERS = ("init_settings", VARIABLES, ENV_FILE, "file_secret_settings")
PARAMETERS_1 = ("init_settings", VARIABLES, "file_secret_settings")
SOURCE_TYPE = "PydanticBaseSettingsSource"
SOURCE_TYPE_1 = "SettingsSourceCallable"
BASE_DOCSTRING = "Base class of the settings with secrets."


class SourceOptions(NamedTuple):
    """How the source is added to the classes of a file."""

    width: int  # maximum line length
    client: str = ""  # the name of the client of the map file; empty to list the secrets
    # Whether the method calls super(), because other base classes may have their own method.
    calls_super: bool = True
    variable: str = "secrets"  # of the source in the method
    shared_bases: frozenset[int] = frozenset()  # offsets of classes that get it for other files
    subclasses: frozenset[int] = frozenset()  # of classes that inherit it from another file


class Writer(NamedTuple):
    """How lines are written: their indentation, maximum length and quotes."""

    indent: str
    step: str
    width: int
    quote: str

    def nested(self, levels: int = 1) -> Writer:
        """Return the writer for lines that are indented deeper."""
        return self._replace(indent=self.indent + self.step * levels)

    def bracketed(self, head: str, items: list[str], tail: str, *, is_call: bool = True) -> str:
        """Return items in brackets, on one line if they fit, otherwise broken as Black does.

        Args:
            head: The text up to the opening bracket.
            items: The items.
            tail: The closing bracket and the text after it.
            is_call: Whether the items may also share one indented line.
        """
        text = f"{self.indent}{head}{', '.join(items)}{tail}"
        if self._fits(text):
            return text
        start, end = f"{self.indent}{head}", f"{self.indent}{tail}"
        inner = self.nested().indent
        line = f"{inner}{', '.join(items)}"
        if is_call and self._fits(line):
            return f"{start}\n{line}\n{end}"
        lines = [f"{inner}{item}," for item in items]
        return "\n".join([start, *lines, end])

    def _fits(self, text: str) -> bool:
        return "\n" not in text and len(text) <= self.width


def settings_source_edits(
    source: Source, wraps: list[Wrap], options: SourceOptions
) -> Iterator[Edit]:
    """Add the settings source to each class.

    Args:
        source: The file.
        wraps: All secrets in the file; only fields of settings classes are used.
        options: How the source is added.
    """
    targets = _classes_without_source(source, _fields_by_class(source, wraps), options)
    name, heirs = classes_for_added_base(source, targets) if options.client else ("", {})
    if heirs:
        roots = sorted(set(heirs.values()), key=lambda root: root.lineno)
        yield from _derive_from_added_base(source, name, roots, wraps, options)
    for node, own_fields in targets.items():
        if node not in heirs:
            yield from _add_to_class(source, node, own_fields, options)


def _classes_without_source(
    source: Source, fields: dict[ast.ClassDef, list[Wrap]], options: SourceOptions
) -> dict[ast.ClassDef, list[Wrap]]:
    """Return the classes that need the source, base classes first, with their fields."""
    inheriting = [node for node in fields if _offset(source, node) in options.subclasses]
    # The names of classes that get or inherit the source of the client.
    with_source = {node.name for node in inheriting}
    fields = {node: own for node, own in fields.items() if node not in inheriting}
    bases = [*_shared_bases(source, fields, options), *_common_bases(source, fields, options)]
    targets: dict[ast.ClassDef, list[Wrap]] = {base: [] for base in bases}
    with_source |= {base.name for base in bases}
    for node, own_fields in fields.items():
        if not _inherits_source(node, own_fields, with_source):
            targets[node] = own_fields
        if options.client:
            with_source.add(node.name)
    return targets


def _shared_bases(
    source: Source, fields: dict[ast.ClassDef, list[Wrap]], options: SourceOptions
) -> Iterator[ast.ClassDef]:
    """Yield the classes without secrets that get the source for classes of other files."""
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and node not in fields:
            if _offset(source, node) in options.shared_bases:
                yield node


def _common_bases(
    source: Source, fields: dict[ast.ClassDef, list[Wrap]], options: SourceOptions
) -> Iterator[ast.ClassDef]:
    """Yield the classes without secrets that get the source for classes of this file only."""
    if not options.client or not fields:
        return
    for base in common_bases(source, fields):
        if _offset(source, base) not in options.shared_bases:
            yield base


def _offset(source: Source, node: ast.ClassDef) -> int:
    return source.offset(node.lineno, node.col_offset)


def _fields_by_class(source: Source, wraps: list[Wrap]) -> dict[ast.ClassDef, list[Wrap]]:
    """Return the fields of settings classes that a new source provides, by the class."""
    fields: dict[int, list[Wrap]] = {}
    for wrap in wraps:
        if wrap.site.is_settings_field:
            fields.setdefault(wrap.site.settings_start, []).append(wrap)
    found = {}
    for node in ast.walk(source.tree) if fields else ():
        if isinstance(node, ast.ClassDef):
            own_fields = fields.get(source.offset(node.lineno, node.col_offset))
            if own_fields:
                found[node] = own_fields
    return found


def _inherits_source(node: ast.ClassDef, wraps: list[Wrap], with_source: set[str]) -> bool:
    """Return whether a class inherits the source from a class of the file that gets it."""
    is_pydantic_1 = wraps[0].site.field_reader == PYDANTIC_1
    bases = {ast.unparse(base) for base in node.bases}
    return not bases.isdisjoint(with_source) and not find_method(node, is_pydantic_1=is_pydantic_1)


def _derive_from_added_base(
    source: Source,
    name: str,
    heirs: list[ast.ClassDef],
    wraps: list[Wrap],
    options: SourceOptions,
) -> Iterator[Edit]:
    """Derive classes from a base class with the source, which is added above them if missing."""
    first = heirs[0]
    if f"class {name}(" not in source.text:
        writer = _writer(source, first.body[0], options.width)
        method = (_config if _is_pydantic_1(wraps) else _method)(source, writer, [], options)
        head = f"class {name}({ast.unparse(first.bases[0])}):"
        lines = [head, f'{writer.indent}"""{BASE_DOCSTRING}"""', "", *method, "", "", ""]
        above = source.offset(first_comment_line(source, first_line(first)), 0)
        yield make_edit(source, above, above, "\n".join(lines))
    for node in heirs:
        yield make_edit(source, *source.span(node.bases[0]), name)


def _is_pydantic_1(wraps: list[Wrap]) -> bool:
    return any(wrap.site.field_reader == PYDANTIC_1 for wrap in wraps)


def _add_to_class(
    source: Source, node: ast.ClassDef, wraps: list[Wrap], options: SourceOptions
) -> Iterator[Edit]:
    is_pydantic_1 = _is_pydantic_1(wraps)
    method = find_method(node, is_pydantic_1=is_pydantic_1)
    customized = find_customized_sources(method) if method else None
    if method and customized:
        yield from _extend_method(source, method, customized, wraps, options)
    elif is_pydantic_1:
        yield _add_method_1(source, node, wraps, options)
    else:
        yield _add_method(source, node, wraps, options)


def _add_method(
    source: Source, node: ast.ClassDef, wraps: list[Wrap], options: SourceOptions
) -> Edit:
    """Add the method at the end of a class."""
    writer = _writer(source, node.body[0], options.width)
    calls_super = options.calls_super or not derives_directly(source, node)
    lines = _method(source, writer, wraps, options._replace(calls_super=calls_super))
    return insert_below(source, node.body[-1], "\n" + "\n".join(lines) + "\n")


def _method(source: Source, writer: Writer, wraps: list[Wrap], options: SourceOptions) -> list[str]:
    settings = library_name(source, "BaseSettings")
    source_type = library_name(source, SOURCE_TYPE)
    types = {"settings_cls": f"type[{settings}]"} | dict.fromkeys(PARAMETERS, source_type)
    lines = _signature(writer, METHOD, types, source_type)
    return lines + _body(writer.nested(), METHOD, list(types), wraps, options)


def _add_method_1(
    source: Source, node: ast.ClassDef, wraps: list[Wrap], options: SourceOptions
) -> Edit:
    """Add the method for pydantic 1 to the class Config, which may have to be added, too."""
    config = find_config(node)
    writer = _writer(source, config.body[0] if config else node.body[0], options.width)
    if config is None:
        lines = _config(source, writer, wraps, options)
    else:
        lines = _method_1(source, writer, wraps, options)
    return insert_below(source, (config or node).body[-1], "\n" + "\n".join(lines) + "\n")


def _config(source: Source, writer: Writer, wraps: list[Wrap], options: SourceOptions) -> list[str]:
    head = f"{writer.indent}class {CONFIG}:"
    return [head, *_method_1(source, writer.nested(), wraps, options)]


def _method_1(
    source: Source, writer: Writer, wraps: list[Wrap], options: SourceOptions
) -> list[str]:
    types = dict.fromkeys(PARAMETERS_1, SOURCE_TYPE_1)
    # Python 3.8 can't evaluate tuple[...], and pydantic 1 runs on it.
    quote = "" if _has_future_annotations(source) else '"'
    lines = _signature(writer, METHOD_1, types, SOURCE_TYPE_1, quote)
    return lines + _body(writer.nested(), METHOD_1, list(types), wraps, options)


def _body(
    writer: Writer, name: str, parameters: list[str], wraps: list[Wrap], options: SourceOptions
) -> list[str]:
    """Return the statements of a method that inserts the source before that of variables."""
    docstring = f'{writer.indent}"""{DOCSTRING}"""'
    variable = options.variable
    settings = parameters[0] if name == METHOD else ""
    others = f"[{VARIABLES}, {ENV_FILE}]" if settings else ""
    if not options.calls_super:
        created = _source_statement(writer, settings, others, wraps, options.client, variable)
        first, *sources = parameters[1:] if settings else parameters
        returned = _return_statement(writer, [first, variable, *sources])
        return [docstring, created, returned]
    call = writer.bracketed(f"others = super().{name}(", parameters, ")")
    others = "others" if settings else ""
    created = _source_statement(writer, settings, others, wraps, options.client, variable)
    return [docstring, call, created, f"{writer.indent}return {variable}.{INSERT}(others)"]


def _has_future_annotations(source: Source) -> bool:
    imports = (node for node in source.tree.body if isinstance(node, ast.ImportFrom))
    names = (alias.name for node in imports if node.module == "__future__" for alias in node.names)
    return "annotations" in names


def _signature(
    writer: Writer, name: str, types: dict[str, str], source_type: str, quote: str = ""
) -> list[str]:
    returned = f"{quote}tuple[{source_type}, ...]{quote}"
    parameters = ["cls", *(f"{parameter}: {kind}" for parameter, kind in types.items())]
    return [
        f"{writer.indent}@classmethod",
        writer.bracketed(f"def {name}(", parameters, f") -> {returned}:"),
    ]


def _return_statement(writer: Writer, names: list[str]) -> str:
    text = f"{writer.indent}return {', '.join(names)}"
    if len(text) <= writer.width:
        return text
    return writer.bracketed("return (", names, ")", is_call=False)


def _source_statement(
    writer: Writer,
    settings: str,
    others: str,
    wraps: list[Wrap],
    client: str,
    name: str,
) -> str:
    """Return the statement that creates the source.

    Args:
        writer: Writes the lines.
        settings: The expression for the settings class; empty for pydantic 1.
        others: The expression for the other sources.
        wraps: The fields that the source fills.
        client: The name of the client; empty to list the secrets.
        name: The variable to which the source is assigned.
    """
    head = f"{name} = {SOURCE}("
    if client:
        items = [item for item in (settings, client, others) if item]
        return writer.bracketed(head, items, ")")
    inner = writer.nested()
    items = [_mapping_item(inner.nested(), wrap) for wrap in wraps]
    before = [f"{inner.indent}{settings},"] if settings else []
    after = [f"{inner.indent}{others},"] if others else []
    lines = [f"{writer.indent}{head}", *before, f"{inner.indent}{{", *items]
    return "\n".join([*lines, f"{inner.indent}}},", *after, f"{writer.indent})"])


def _mapping_item(writer: Writer, wrap: Wrap) -> str:
    quote = writer.quote
    head = f"{quote}{wrap.site.variable}{quote}: "
    if not wrap.field:
        return f"{writer.indent}{head}{quote}{wrap.secret}{quote},"
    items = [f"{quote}{text}{quote}" for text in (wrap.secret, wrap.field)]
    return writer.bracketed(f"{head}(", items, "),", is_call=False)


def _extend_method(
    source: Source,
    method: ast.FunctionDef,
    customized: CustomizedSources,
    wraps: list[Wrap],
    options: SourceOptions,
) -> Iterator[Edit]:
    """Create the source above the `return` of a method, and return it before the variables."""
    used_names = {node.id for node in ast.walk(method) if isinstance(node, ast.Name)}
    name = "secrets" if "secrets" not in used_names else "aws_secrets"
    writer = _writer(source, customized.returned, options.width)
    returned = {node.id for node in ast.walk(customized.returned) if isinstance(node, ast.Name)}
    others = ", ".join(name for name in (VARIABLES, ENV_FILE) if name in returned)
    others = f"[{others}]" if customized.settings else ""
    text = _source_statement(writer, customized.settings, others, wraps, options.client, name)
    above = source.offset(customized.returned.lineno, 0)
    yield make_edit(source, above, above, f"{text}\n")
    start, _ = source.span(customized.variables)
    line = _line_of(source, customized.variables)
    separator = ", "
    if line.strip().rstrip(",") == VARIABLES:  # one source per line
        separator = f",\n{indentation(line)[0]}"
    yield make_edit(source, start, start, f"{name}{separator}")


def _line_of(source: Source, node: ast.stmt | ast.expr) -> str:
    return source.lines[node.lineno - 1][1].decode(source.encoding)


def _writer(source: Source, node: ast.stmt, width: int) -> Writer:
    """Return the writer for lines beside a statement."""
    indent, step = indentation(_line_of(source, node))
    return Writer(indent, step, width, file_quote(source))
