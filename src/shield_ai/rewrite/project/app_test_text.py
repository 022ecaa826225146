"""Write the text of the generated tests of an app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.rewrite.project.map_text import STEP
from shield_ai.rewrite.project.stamp import stamp
from shield_ai.rewrite.project.template import render_template
from shield_ai.rewrite.python.imports.import_lines import import_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.code_style import CodeStyle
    from shield_ai.rewrite.project.map_style import MapStyle
    from shield_ai.rewrite.project.tested_settings import TestedClass

STAMP_NAME = "tests"
# The quotes of the templates, except those of docstrings; they contain no single quotes.
STRING_QUOTE = re.compile(r'(?<!")"(?!")')


def render_tests(
    template: str,
    manifest: Manifest,
    module: str,
    style: CodeStyle,
    map_style: MapStyle,
    classes: Sequence[TestedClass] = (),
) -> str:
    """Return the text of a module with tests.

    Args:
        template: The name of the template.
        manifest: The secrets that the tests read.
        module: The module with get_secret().
        style: The style of the file.
        map_style: The style of the map file.
        classes: The settings classes that read secrets.
    """
    has_map = manifest.app.runtime != "package"
    names = ["clear_secret_cache", *(["client"] if has_map else []), "get_secret"]
    imports = _import_text(module, names, style, map_style.width)
    if not has_map:
        imports += f"\nfrom {module}.testing import fake_secrets"
    text = render_template(
        template,
        imports=imports,
        reads="" if has_map else _reads_text(manifest, map_style),
        pairs="client.variables.items()" if has_map else "READS",
        names="client.variables" if has_map else "READS",
        all_names="client.variables" if has_map else "[name for name, _ in READS]",
        settings=_pairs_text("SETTINGS", classes, map_style) if classes else "",
        env="" if has_map else ", env=variable",
        fake_secrets="client.fake_secrets" if has_map else "fake_secrets",
        style=style,
    )
    return stamp(STAMP_NAME, "py", STRING_QUOTE.sub(map_style.quote, text))


def _import_text(module: str, names: list[str], style: CodeStyle, width: int) -> str:
    """Return the import of names from a module, in the format of isort's Black profile."""
    lines = import_lines(module, names, style)
    if len(lines) == 1 and len(lines[0]) > width:
        lines = import_lines(module, names, msgspec.structs.replace(style, force_grid_wrap=1))
    return "\n".join(lines)


def _reads_text(manifest: Manifest, style: MapStyle) -> str:
    """Return the assignment of READS, a list of pairs.

    In a dict, linters would report the variables as hardcoded passwords.
    """
    pairs = [
        (f"{secret.name}:{field}" if field else secret.name, variable)
        for secret in manifest.secret
        for variable, field in secret.variables().items()
    ]
    return _pairs_text("READS", pairs, style)


def _pairs_text(name: str, pairs: Iterable[tuple[str, str]], style: MapStyle) -> str:
    """Return the assignment of a list of pairs, in the format of Black."""
    lines = []
    for pair in pairs:
        parts = [style.quoted(text) for text in pair]
        line = f"{STEP}({', '.join(parts)}),"
        if len(line) > style.width:
            line = "\n".join([f"{STEP}(", *(f"{STEP}{STEP}{part}," for part in parts), f"{STEP}),"])
        lines.append(line)
    return "\n".join([f"{name} = [", *lines, "]"])
