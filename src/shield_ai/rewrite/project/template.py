"""templates/ → text: strict, and without anything that changes from run to run."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import jinja2

from shield_ai.rewrite.project.text import words

FOLDER = Path(__file__).with_name("templates")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        # the templates make comments, Markdown and Python, never HTML
        autoescape=False,  # noqa: S701
    )
    environment.filters["words"] = words
    return environment


def render(template: str, **values: Any) -> str:
    """Fill in a template."""
    return _environment().get_template(template).render(values)
