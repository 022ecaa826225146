"""Wrap the expressions that read or contain secrets in get_secret().

With a map file, the call replaces a plain read. Other expressions stay in the call as its default.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit
from shield_ai.model.skip import Skipped
from shield_ai.project.pydantic_sources import PYDANTIC_1
from shield_ai.rewrite.python.accessor_names import accessor_names
from shield_ai.rewrite.python.lines.line_breaking import LineStyle
from shield_ai.rewrite.python.wrap.choose_wraps import choose_wraps, skipped_finding
from shield_ai.rewrite.python.wrap.edit_safety import safety_problem
from shield_ai.rewrite.python.wrap.replaced_reads import mark_plain_reads
from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions
from shield_ai.rewrite.python.wrap.wrapped_file import imports_without_use, wrapped_file_edits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite
    from shield_ai.project.python_source import Source


class WrapResult(msgspec.Struct, frozen=True, kw_only=True):
    """The edits of one file, and the findings that were skipped."""

    edits: tuple[Edit, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    removed: tuple[str, ...] = ()  # variables of the removed literals


def wrap_secrets(
    source: Source,
    sites: Sequence[FoundSite],
    manifest: Manifest,
    accessor_import: str,
    options: WrapOptions | None = None,
) -> WrapResult:
    """Wrap the secrets of one file.

    Args:
        source: The file.
        sites: The sites in the file.
        manifest: Maps each variable to its secret.
        accessor_import: `from x.secrets import get_secret`, optionally with an alias.
        options: By default, literals and unused imports are kept.
    """
    options = options or WrapOptions()
    if manifest.app.runtime == "package":
        options = options._replace(has_map=False)
    names = accessor_names(
        source,
        accessor_import,
        client=options.client if options.has_map else "",
        is_pydantic_1=any(site.field_reader == PYDANTIC_1 for _, site in sites),
    )
    wraps, skipped = choose_wraps(source, sites, manifest, names, options)
    if not wraps and not options.shared_bases:
        return WrapResult(skipped=tuple(skipped))
    wraps = mark_plain_reads(source, wraps)
    variables = map_variables(manifest) if options.has_map else {}
    # If line breaks make the result invalid, long lines are better than a skipped file.
    for width in (options.style.width(source), sys.maxsize):
        style = LineStyle(width, options.style.has_trailing_commas)
        unused = imports_without_use(source, wraps, style, options)
        edits = wrapped_file_edits(source, wraps, names, unused, options, style)
        problem = safety_problem(source, edits, wraps, unused, names.module, variables)
        if not problem:
            removed = [wrap.site.variable for wrap in wraps if wrap.replacement is not None]
            return WrapResult(edits=tuple(edits), skipped=tuple(skipped), removed=tuple(removed))
    for finding, site in sites:
        if problem and not site.reason:
            skipped.append(skipped_finding(finding, problem))
    return WrapResult(skipped=tuple(skipped))


def map_variables(manifest: Manifest) -> dict[str, str]:
    """Map the reference to each secret in a call, `name` or `name:field`, to its variable."""
    variables = {}
    for secret in manifest.secret:
        for variable, field in secret.variables().items():
            variables[f"{secret.name}:{field}" if field else secret.name] = variable
    return variables
