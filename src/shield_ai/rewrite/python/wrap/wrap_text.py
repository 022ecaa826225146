"""Create the edits that put get_secret() around expressions."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.model.naming import env_var_name
from shield_ai.model.site import Shape
from shield_ai.rewrite.python.lines.formatting import file_quote, indentation, make_edit
from shield_ai.rewrite.python.lines.line_breaking import rewrite_line
from shield_ai.rewrite.python.lines.line_joining import joining_edits
from shield_ai.rewrite.python.lines.tracked_text import Insert
from shield_ai.rewrite.python.wrap.plain_reads import called_function, is_constant_text
from shield_ai.rewrite.python.wrap.wrapped_site import separate_sites

if TYPE_CHECKING:
    from shield_ai.model.edit import Edit
    from shield_ai.model.site import Site
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.lines.line_breaking import LineStyle
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap


def wrap_edits(source: Source, wraps: list[Wrap], style: LineStyle) -> list[Edit]:
    """Return the edits that wrap expressions of a file.

    Args:
        source: The file.
        wraps: The expressions to wrap.
        style: The maximum line length, and whether arguments need trailing commas.
    """
    by_line: dict[int, list[Wrap]] = {}
    added_levels: Counter[int] = Counter()  # of indentation, by line
    wraps = sorted(wraps, key=lambda wrap: (wrap.site.start, -wrap.site.end))
    separate = separate_sites(wraps)
    inserts = [insert for wrap in wraps for insert in _file_inserts(source, wrap)]
    edits, done = joining_edits(source, inserts, style)
    for wrap in wraps:
        first = source.position(wrap.site.start)[0]
        last = source.position(wrap.site.end)[0]
        if first in done:
            continue
        if first == last:
            by_line.setdefault(first, []).append(wrap)
            continue
        lines = _lines_to_indent(source, wrap, first, last)
        alone = wrap.site in separate
        edits += _wrap_multiline(source, wrap, first, lines, style.width, keep_alignment=alone)
        added_levels.update(lines)
    for number, group in by_line.items():
        edits += _wrap_on_line(source, number, group, style, added_levels[number])
    return edits


def _wrap_on_line(
    source: Source, number: int, wraps: list[Wrap], style: LineStyle, added_levels: int
) -> list[Edit]:
    """Wrap the expressions within one line, which other edits indent by added levels."""
    offset, raw = source.lines[number - 1]
    line = raw.decode(source.encoding).rstrip("\r\n")
    inserts = []
    for wrap in wraps:
        for insert in _file_inserts(source, wrap):
            start = source.position(insert.start)[1] - 1
            end = source.position(insert.end)[1] - 1
            inserts.append(insert._replace(start=start, end=end))
    in_brackets = number not in source.statement_lines and not _is_continued(source, number - 1)
    edits = []
    for change in rewrite_line(line, inserts, style, added_levels, in_brackets=in_brackets):
        start = offset + len(line[: change.start].encode(source.encoding))
        end = offset + len(line[: change.end].encode(source.encoding))
        edits.append(make_edit(source, start, end, change.text))
    return edits


def _is_continued(source: Source, number: int) -> bool:
    return source.lines[number - 1][1].rstrip().endswith(b"\\")


def _file_inserts(source: Source, wrap: Wrap) -> list[Insert]:
    site = wrap.site
    text = _replacing_call(source, wrap)
    if text is not None:
        return [Insert(site.start, site.end, text, "", replaces=True)]
    before, after = _call_parts(source, wrap)
    inserts = [Insert(site.start, site.end, before, after)]
    if site.environ:
        end = site.start + len(_copy_name(source, site).encode(source.encoding))
        inserts.append(Insert(site.start, end, site.environ, "", replaces=True))
    return inserts


def _wrap_multiline(
    source: Source, wrap: Wrap, first: int, lines: list[int], width: int, *, keep_alignment: bool
) -> list[Edit]:
    """Wrap an expression of several lines: one argument per line, the expression indented.

    Args:
        source: The file.
        wrap: The expression.
        first: Its first line.
        lines: Its other lines that can be indented; empty to keep the call on the same lines.
        width: Maximum line length.
        keep_alignment: Keep lines aligned with an opening bracket of the first line.
    """
    site = wrap.site
    text = _replacing_call(source, wrap)
    if text is not None:
        text = _broken_call(source, wrap, text, first, width)
        return [make_edit(source, site.start, site.end, text)]
    if not lines:
        before, after = _call_parts(source, wrap)
        return [
            make_edit(source, site.start, site.start, before),
            make_edit(source, site.end, site.end, after),
        ]
    quote = _quote_for(source, site)
    indent, step = indentation(source.lines[first - 1][1].decode(source.encoding))
    start_of_line = f"\n{indent}{step}"
    prefix = _default_prefix(wrap)
    keywords = "".join(f"{start_of_line}{keyword}," for keyword in _keyword_arguments(wrap, quote))
    opening = (
        f"{wrap.names.get}({start_of_line}{_name_argument(wrap, quote)},{start_of_line}{prefix}"
    )
    shift = 0
    if keep_alignment:
        column = source.position(site.start)[1] - 1
        shift = _alignment_shift(source, lines, column, len(indent + step + prefix))
    return [
        make_edit(source, site.start, site.start, opening),
        *[_indent_line(source, number, shift, step) for number in lines],
        make_edit(source, site.end, site.end, f",{keywords}\n{indent})"),
    ]


def _broken_call(source: Source, wrap: Wrap, text: str, first: int, width: int) -> str:
    """Break a call that replaces several lines, if it is too long for one."""
    column = source.position(wrap.site.start)[1] - 1
    last, end = source.position(wrap.site.end)
    rest = source.lines[last - 1][1].decode(source.encoding).rstrip()[end - 1 :]
    if column + len(text) + len(rest) <= width or not wrap.plain_default:
        return text
    indent, step = indentation(source.lines[first - 1][1].decode(source.encoding))
    lines = [_name_argument(wrap, _quote_for(source, wrap.site)), *_plain_default_arguments(wrap)]
    arguments = "".join(f"\n{indent}{step}{line}," for line in lines)
    return f"{wrap.names.get}({arguments}\n{indent})"


def _indent_line(source: Source, number: int, shift: int, step: str) -> Edit:
    """Indent a line by one level, or move it by `shift` columns if that is not 0."""
    start = source.lines[number - 1][0]
    if not shift:
        return make_edit(source, start, start, step)
    return make_edit(source, start, start + max(-shift, 0), " " * shift)


def _alignment_shift(source: Source, lines: list[int], column: int, new_column: int) -> int:
    """Return the shift in columns that keeps lines aligned with a bracket of the first line.

    Args:
        source: The file.
        lines: Line numbers.
        column: Where the expression starts.
        new_column: Where it starts after the edit.

    Returns:
        0 if the lines are not aligned.
    """
    raws = [source.lines[number - 1][1] for number in lines]
    is_aligned = all(len(raw) - len(raw.lstrip(b" ")) > column for raw in raws)
    return new_column - column if is_aligned and column else 0


def _lines_to_indent(source: Source, wrap: Wrap, first: int, last: int) -> list[int]:
    """Return the lines below the first that can be indented.

    The list is empty if an indentation could change a multiline string or a continued line.
    """
    if wrap.site.quote or _replacing_call(source, wrap) is not None:
        return []
    text = "".join(raw.decode(source.encoding) for _, raw in source.lines[first - 1 : last])
    if "'''" in text or '"""' in text or re.search(r"\\\r?\n", text):
        return []
    return [number for number in range(first + 1, last + 1) if source.lines[number - 1][1].strip()]


def _replacing_call(source: Source, wrap: Wrap) -> str | None:
    """Return the call that replaces an expression, or None if the expression stays in the call."""
    if wrap.site.shape is Shape.PRESENCE:
        return presence_test(source, wrap)
    quote = _quote_for(source, wrap.site)
    if wrap.plain_default is not None:
        arguments = [_name_argument(wrap, quote), *_plain_default_arguments(wrap)]
        return f"{wrap.names.get}({', '.join(arguments)})"
    function = function_of_read(source, wrap.site)
    replacement = _read_of_original(source, wrap) or wrap.replacement
    if replacement is None and not function:
        return None
    arguments = [_name_argument(wrap, quote)]
    if function:
        arguments.append(function)
    elif replacement:
        arguments.append(f"lambda: {replacement}")
    arguments += _keyword_arguments(wrap, quote)
    return f"{wrap.names.get}({', '.join(arguments)})"


def function_of_read(source: Source, site: Site) -> str:
    """Return the function that a read calls without arguments; empty for other reads."""
    if site.shape is not Shape.READ:
        return ""
    return called_function(source.raw[site.start : site.end].decode(source.encoding))


def _read_of_original(source: Source, wrap: Wrap) -> str | None:
    """Return the read of the environment for a read of its copy, in which get_secret() sets none.

    In a nested expression, only the name of the copy is replaced.
    """
    site = wrap.site
    if not site.environ or wrap.is_nested:
        return None
    text = source.raw[site.start : site.end].decode(source.encoding)
    return site.environ + text.removeprefix(_copy_name(source, site))


def _copy_name(source: Source, site: Site) -> str:
    """Return the name of a copy of the environment, with which the text of its read starts."""
    match = re.match(r"\w+", source.raw[site.start : site.end].decode(source.encoding))
    return match[0] if match else ""


def _plain_default_arguments(wrap: Wrap) -> list[str]:
    """Return the arguments for the default of a plain read.

    A constant is a value for development. A computed default can serve production.
    """
    if not wrap.plain_default:
        return []
    serves = wrap.site.default_ok_in_production and not wrap.is_optional
    if serves and not is_constant_text(wrap.plain_default):
        return [wrap.plain_default, "optional=True"]
    return [wrap.plain_default]


def presence_test(source: Source, wrap: Wrap) -> str:
    """Return the has_secret() call that replaces a presence test."""
    quote = _quote_for(source, wrap.site)
    arguments = [_name_argument(wrap, quote), *_keyword_arguments(wrap, quote)]
    call = f"{wrap.names.has}({', '.join(arguments)})"
    return f"not {call}" if wrap.site.negated else call


def _call_parts(source: Source, wrap: Wrap) -> tuple[str, str]:
    """Return the text before and after an expression in a call on one line."""
    quote = _quote_for(source, wrap.site)
    keywords = "".join(f", {keyword}" for keyword in _keyword_arguments(wrap, quote))
    before = f"{wrap.names.get}({_name_argument(wrap, quote)}, {_default_prefix(wrap)}"
    return before, f"{keywords})"


def _default_prefix(wrap: Wrap) -> str:
    """Return the text before the expression: a literal does not need a lambda.

    The keyword `default` distinguishes a former literal from the default of a plain read.
    """
    if wrap.site.shape in {Shape.LITERAL, Shape.FALLBACK}:
        return "default=" if wrap.has_map else ""
    return f"lambda{_lambda_parameters(wrap.site)}: "


def _lambda_parameters(site: Site) -> str:
    """Return parameters that bind names of a class body or of a loop."""
    if not site.binds:
        return ""
    return " " + ", ".join(f"{name}={name}" for name in site.binds)


def _name_argument(wrap: Wrap, quote: str) -> str:
    """Return the first argument: the name, the expression that computes it, or a mapping."""
    if not wrap.candidates:
        return wrap.site.name_expr or f"{quote}{wrap.reference}{quote}"
    items = []
    for variable, secret, field in wrap.candidates:
        items.append(f"{quote}{variable}{quote}: {secret_reference(secret, field, quote)}")
    return f"{{{', '.join(items)}}}"


def secret_reference(secret: str, field: str, quote: str) -> str:
    """Return a secret as a value in a mapping of variables, with its field if it has one."""
    name = f"{quote}{secret}{quote}"
    return f"({name}, {quote}{field}{quote})" if field else name


def _keyword_arguments(wrap: Wrap, quote: str) -> list[str]:
    """Return the keyword arguments that a call needs in addition to the map file."""
    site = wrap.site
    keywords = []
    if wrap.candidates:
        keywords.append(f"env={site.name_expr}")
    elif wrap.field and not wrap.has_map:
        keywords.append(f"key={quote}{wrap.field}{quote}")
    is_named_differently = wrap.field or env_var_name(wrap.secret) != site.variable
    if is_named_differently and not site.name_expr and not wrap.has_map:
        keywords.append(f"env={quote}{site.variable}{quote}")
    if site.shape is Shape.READ and _default_serves_production(wrap):
        keywords.append("optional=True")
    return keywords


def _default_serves_production(wrap: Wrap) -> bool:
    site = wrap.site
    if wrap.has_map and wrap.is_optional:
        return False  # the map file names the optional secrets
    if wrap.has_map and wrap.field and site.default_end:
        return False  # the default becomes the value of the field in AWS
    return site.default_ok_in_production or (wrap.is_optional and site.default_literal)


def _quote_for(source: Source, site: Site) -> str:
    """Return the quote that the expression uses, or else the quote of the file."""
    if site.quote:
        return site.quote
    text = source.raw[site.start : site.end]
    positions = [at for at in (text.find(b"'"), text.find(b'"')) if at >= 0]
    if positions:
        return chr(text[min(positions)])
    return file_quote(source)
