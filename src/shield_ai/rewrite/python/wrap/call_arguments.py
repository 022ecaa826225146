"""Create the arguments of a get_secret() call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.naming import env_var_name
from shield_ai.model.site import Shape
from shield_ai.rewrite.python.lines.file_style import file_quote
from shield_ai.rewrite.python.wrap.plain_reads import is_constant_text

if TYPE_CHECKING:
    from shield_ai.model.site import Site
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap


def plain_default_arguments(wrap: Wrap) -> list[str]:
    """Return the arguments for the default of a plain read.

    A constant is a value for development. A computed default can serve production.
    """
    if not wrap.plain_default:
        return []
    if serves_production(wrap) and not is_constant_text(wrap.plain_default):
        return [wrap.plain_default, "optional=True"]
    return [wrap.plain_default]


def computed_arguments(wrap: Wrap) -> list[str]:
    """Return the arguments of a call that replaces a read under a computed name.

    The map file has the secret of each variable.
    """
    arguments = [f"env={wrap.site.name_expr}"]
    if wrap.computed_default:
        arguments.append(f"default={wrap.computed_default}")
    if serves_production(wrap):
        arguments.append("optional=True")
    return arguments


def serves_production(wrap: Wrap) -> bool:
    """Return whether a call needs `optional=True` so that its default can serve production."""
    return wrap.site.default_ok_in_production and not wrap.is_optional


def default_prefix(wrap: Wrap) -> str:
    """Return the text before the expression: a literal does not need a lambda.

    The keyword `default` distinguishes a former literal from the default of a plain read.
    """
    if wrap.site.shape in {Shape.LITERAL, Shape.COMPUTED}:
        return "default=" if wrap.is_in_map else ""
    return f"lambda{_lambda_parameters(wrap.site)}: "


def _lambda_parameters(site: Site) -> str:
    """Return parameters that bind the current values of names in a class body or a loop."""
    if not site.binds:
        return ""
    return " " + ", ".join(f"{name}={name}" for name in site.binds)


def name_argument(wrap: Wrap, quote: str) -> str:
    """Return the first argument: the name, the expression that computes it, or a mapping."""
    if not wrap.candidates:
        return wrap.site.name_expr or f"{quote}{wrap.reference}{quote}"
    items = []
    for variable, secret, field in wrap.candidates:
        items.append(f"{quote}{variable}{quote}: {secret_in_name_argument(secret, field, quote)}")
    return f"{{{', '.join(items)}}}"


def secret_in_name_argument(secret: str, field: str, quote: str) -> str:
    """Return a secret as a value in a mapping of variables, with its field if it has one."""
    name = f"{quote}{secret}{quote}"
    return f"({name}, {quote}{field}{quote})" if field else name


def keyword_arguments(wrap: Wrap, quote: str) -> list[str]:
    """Return the keyword arguments that a call needs in addition to the map file."""
    site = wrap.site
    keywords = []
    if wrap.candidates:
        keywords.append(f"env={site.name_expr}")
    elif wrap.field and not wrap.is_in_map:
        keywords.append(f"key={quote}{wrap.field}{quote}")
    is_named_differently = wrap.field or env_var_name(wrap.secret) != site.variable
    if is_named_differently and not site.name_expr and not wrap.is_in_map:
        keywords.append(f"env={quote}{site.variable}{quote}")
    if site.shape is Shape.READ and _default_serves_production(wrap):
        keywords.append("optional=True")
    return keywords


def _default_serves_production(wrap: Wrap) -> bool:
    site = wrap.site
    if wrap.is_in_map and wrap.is_optional:
        return False  # the map file names the optional secrets
    if wrap.is_in_map and wrap.field and site.default_end:
        return False  # the default becomes the value of the field in AWS
    return site.default_ok_in_production or (wrap.is_optional and site.has_nonempty_default)


def quote_for(source: Source, site: Site) -> str:
    """Return the quote that the expression uses, or else the quote of the file."""
    if site.quote:
        return site.quote
    text = source.raw[site.start : site.end]
    positions = [at for at in (text.find(b"'"), text.find(b'"')) if at >= 0]
    if positions:
        return chr(text[min(positions)])
    return file_quote(source)
