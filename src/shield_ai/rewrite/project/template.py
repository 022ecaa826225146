"""Render the templates of generated files."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import jinja2

from shield_ai.rewrite.project.file_edits import single_line

FOLDER = Path(__file__).with_name("templates")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        # The templates produce Python, Markdown and comments, never HTML.
        autoescape=False,  # noqa: S701
    )
    environment.filters["single_line"] = single_line
    environment.globals["heading"] = _heading
    return environment


def _heading(comment: str) -> str:
    """Return the line above a group of imports; empty without a heading."""
    return f"{comment}\n" if comment else ""


def render_template(template: str, **values: Any) -> str:
    """Render a template. The same values always give the same text."""
    return _environment().get_template(template).render(values)
