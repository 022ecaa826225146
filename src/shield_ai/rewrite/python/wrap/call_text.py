"""Create the text of the calls that replace or surround expressions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.rewrite.python.wrap.call_arguments import (
    computed_arguments,
    default_prefix,
    keyword_arguments,
    name_argument,
    plain_default_arguments,
    quote_for,
)
from shield_ai.rewrite.python.wrap.plain_reads import called_function

if TYPE_CHECKING:
    from shield_ai.model.site import Site
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap


def replacing_call(source: Source, wrap: Wrap) -> str | None:
    """Return the call that replaces an expression, or None if the expression stays in the call."""
    if wrap.site.shape is Shape.PRESENCE:
        return presence_test(source, wrap)
    quote = quote_for(source, wrap.site)
    if wrap.plain_default is not None:
        arguments = [name_argument(wrap, quote), *plain_default_arguments(wrap)]
        return f"{wrap.names.get}({', '.join(arguments)})"
    if wrap.computed_default is not None:
        return f"{wrap.names.get}({', '.join(computed_arguments(wrap))})"
    function = function_called_by_read(source, wrap.site)
    replacement = _read_of_original(source, wrap) or wrap.replacement
    if replacement is None and not function:
        return None
    arguments = [name_argument(wrap, quote)]
    if function:
        arguments.append(function)
    elif replacement:
        arguments.append(f"lambda: {replacement}")
    arguments += keyword_arguments(wrap, quote)
    return f"{wrap.names.get}({', '.join(arguments)})"


def function_called_by_read(source: Source, site: Site) -> str:
    """Return the function that a read calls without arguments; empty for other reads."""
    if site.shape is not Shape.READ:
        return ""
    return called_function(source.raw[site.start : site.end].decode(source.encoding))


def _read_of_original(source: Source, wrap: Wrap) -> str | None:
    """Return a read of os.environ that replaces a read of a copy of it; None for other reads.

    get_secret() shows the secret to the expression in os.environ, but not in a copy. In a nested
    expression, only the name of the copy is replaced, by another edit.
    """
    site = wrap.site
    if not site.environ or wrap.overlaps:
        return None
    text = source.raw[site.start : site.end].decode(source.encoding)
    return site.environ + text.removeprefix(copy_name(source, site))


def copy_name(source: Source, site: Site) -> str:
    """Return the name of a copy of the environment, with which the text of its read starts."""
    match = re.match(r"\w+", source.raw[site.start : site.end].decode(source.encoding))
    return match[0] if match else ""


def presence_test(source: Source, wrap: Wrap) -> str:
    """Return the has_secret() call that replaces a presence test."""
    if wrap.candidates and wrap.is_in_map:
        arguments = [f"env={wrap.site.name_expr}"]
    else:
        quote = quote_for(source, wrap.site)
        arguments = [name_argument(wrap, quote), *keyword_arguments(wrap, quote)]
    call = f"{wrap.names.has}({', '.join(arguments)})"
    return f"not {call}" if wrap.site.negated else call


def call_parts(source: Source, wrap: Wrap) -> tuple[str, str]:
    """Return the text before and after an expression in a call on one line."""
    quote = quote_for(source, wrap.site)
    keywords = "".join(f", {keyword}" for keyword in keyword_arguments(wrap, quote))
    before = f"{wrap.names.get}({name_argument(wrap, quote)}, {default_prefix(wrap)}"
    return before, f"{keywords})"
