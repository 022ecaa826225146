"""Find the expressions that a call replaces instead of wrapping them: plain reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.name_meaning import is_document
from shield_ai.model.site import Shape
from shield_ai.rewrite.python.wrap.call_arguments import serves_production
from shield_ai.rewrite.python.wrap.nested_reads import nested_reads
from shield_ai.rewrite.python.wrap.plain_reads import (
    computed_default,
    decoded_expressions,
    environ_names,
    parsed_expressions,
    plain_arguments,
    read_before_or,
)
from shield_ai.rewrite.python.wrap.wrapped_site import sites_without_overlap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.site import Site
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap.nested_reads import NestedRead
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap

# Labels of the readers in the findings.
PLAIN_READERS = frozenset({"os.environ[]", "os.environ.get", "os.getenv", "environs"})


def mark_plain_reads(source: Source, wraps: list[Wrap]) -> list[Wrap]:
    """Set the default of each plain read, which a call replaces.

    Args:
        source: The file.
        wraps: The expressions to wrap.
    """
    names = environ_names(source.tree)
    parsed = [source.span(argument) for argument in parsed_expressions(source.tree)]
    decoded = [source.span(argument) for argument in decoded_expressions(source.tree)]
    reads = nested_reads(source, names)
    marked = []
    wraps = _without_empty_alternatives(source, wraps, names)
    separate = sites_without_overlap(wraps)
    for wrap in wraps:
        is_separate = wrap.site in separate
        default = read_in_default = None
        is_plain = wrap.is_in_map and _is_plain(wrap.site)
        if is_plain and not _reads_document(wrap.site, parsed, decoded):
            default = _plain_default(source, wrap, names, is_separate=is_separate)
            read_in_default = _read_in_default(wrap, reads)
        marked.append(
            msgspec.structs.replace(
                wrap,
                plain_default=default,
                read_in_default=read_in_default if default is None else None,
                computed_default=_computed_default(source, wrap, names) if is_separate else None,
                overlaps=not is_separate,
            )
        )
    return marked


def _read_in_default(wrap: Wrap, reads: Mapping[tuple[int, int], NestedRead]) -> NestedRead | None:
    """Return the read with another one in its default, unless the call needs an argument below."""
    read = reads.get((wrap.site.start, wrap.site.end))
    if read is None or wrap.site.quote:
        return None
    return read if read.ends_with_default or not serves_production(wrap) else None


def _computed_default(source: Source, wrap: Wrap, names: Mapping[str, str]) -> str | None:
    """Return the default of a read under a computed name, which needs only the variable's name."""
    site = wrap.site
    if not wrap.is_in_map or not wrap.candidates or site.shape is not Shape.READ or site.quote:
        return None
    if site.reader not in PLAIN_READERS or any(map(is_document, site.variables)):
        return None
    return computed_default(source.raw[site.start : site.end].decode(source.encoding), names)


def _is_plain(site: Site) -> bool:
    return site.shape is Shape.READ and site.reader in PLAIN_READERS and not site.name_expr


def _reads_document(
    site: Site, parsed: list[tuple[int, int]], decoded: list[tuple[int, int]]
) -> bool:
    """Return whether a variable holds a JSON document, by its name or because it is parsed."""
    if _is_inside(site, decoded):
        return False
    return is_document(site.variable) or _is_inside(site, parsed)


def _is_inside(site: Site, spans: list[tuple[int, int]]) -> bool:
    return any(start <= site.start and site.end <= end for start, end in spans)


def _without_empty_alternatives(
    source: Source, wraps: list[Wrap], names: Mapping[str, str]
) -> list[Wrap]:
    """Narrow each expression such as `os.getenv("X") or ""` to its read."""
    narrowed = []
    separate = sites_without_overlap(wraps)
    for wrap in wraps:
        site = wrap.site
        text = source.raw[site.start : site.end].decode(source.encoding)
        read = ""
        if wrap.is_in_map and site.shape is Shape.READ and site in separate:
            read = read_before_or(text, names)
        if read and plain_arguments(read, site.variable, names) is not None:
            end = site.start + len(read.encode(source.encoding))
            site = msgspec.structs.replace(site, end=end)
        narrowed.append(msgspec.structs.replace(wrap, site=site))
    return narrowed


def _plain_default(
    source: Source, wrap: Wrap, names: Mapping[str, str], *, is_separate: bool
) -> str | None:
    site = wrap.site
    text = source.raw[site.start : site.end].decode(source.encoding)
    if "\n" in text and not is_separate:
        return None  # another edit indents the lines of the outer expression
    return plain_arguments(text, site.variable, names, allow_computed=is_separate)
