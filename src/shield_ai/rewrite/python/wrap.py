"""Wrap the expressions that read or contain secrets in get_secret().

With a map file, the call replaces a plain read. Other expressions stay in the call as its default.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.edit import Edit
from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Severity, Shape
from shield_ai.model.name_meaning import is_document
from shield_ai.model.naming import env_var_name
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.project.pydantic_sources import METHOD_1, PYDANTIC_1, SOURCE
from shield_ai.project.python_source import Source, apply_edits, source_problem
from shield_ai.rewrite.code_style import CodeStyle
from shield_ai.rewrite.python.equivalence import REMOVED, ReplacedExpressions, equivalence_problem
from shield_ai.rewrite.python.extend_import import extend_import
from shield_ai.rewrite.python.imports import accessor_names, import_edits
from shield_ai.rewrite.python.line_breaking import LineStyle
from shield_ai.rewrite.python.line_length import max_line_length
from shield_ai.rewrite.python.plain_reads import (
    environ_names,
    parsed_expressions,
    plain_arguments,
    read_before_or,
)
from shield_ai.rewrite.python.settings_imports import import_to_extend, missing_names
from shield_ai.rewrite.python.settings_source import (
    SOURCE_TYPE_1,
    SourceOptions,
    settings_source_edits,
)
from shield_ai.rewrite.python.unused_imports import unused_imports
from shield_ai.rewrite.python.wrap_text import Wrap, function_of_read, separate_sites, wrap_edits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.model.finding import Finding, Site
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.rewrite.python.imports import AccessorNames
    from shield_ai.rewrite.python.move_literals import LiteralRemoval
    from shield_ai.rewrite.python.unused_imports import Importers, UnusedImport

# Labels of the readers in the findings.
PLAIN_READERS = frozenset({"os.environ[]", "os.environ.get", "os.getenv"})


class WrapResult(msgspec.Struct, frozen=True, kw_only=True):
    """The edits of one file, and the findings that were skipped."""

    edits: tuple[Edit, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    removed: tuple[str, ...] = ()  # variables of the removed literals


class WrapOptions(NamedTuple):
    """Options for the rewrite of a file, in addition to its findings and the manifest."""

    removal: LiteralRemoval | None = None  # removes literals from the code; None keeps them
    style: CodeStyle = CodeStyle()  # the configured style of the file
    has_map: bool = True  # the app's map file has the secrets, unless the runtime is a package
    relative_package: str = ""  # the package with files that import the runtime relatively
    importers: Importers | None = None  # the app's Python files; None keeps unused imports
    client: str = "client"  # the client in the map file; empty if it has another form


def wrap_secrets(
    source: Source,
    findings: Sequence[Finding],
    manifest: Manifest,
    accessor_import: str,
    options: WrapOptions | None = None,
) -> WrapResult:
    """Wrap the secrets of one file.

    Args:
        source: The file.
        findings: The findings in the file.
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
        is_pydantic_1=any(
            finding.site and finding.site.reader == PYDANTIC_1 for finding in findings
        ),
    )
    wraps, skipped = _collect_wraps(source, findings, manifest, names, options)
    if not wraps:
        return WrapResult(skipped=tuple(skipped))
    wraps = _find_plain_reads(source, _without_nested_reads(source, wraps))
    variables = map_variables(manifest) if options.has_map else {}
    removed = [wrap for wrap in wraps if wrap.replacement is not None]
    functions = {function_of_read(source, wrap.site) for wrap in wraps}
    # If line breaks make the result invalid, long lines are better than a skipped file.
    for width in (
        max_line_length(source, options.style.line_length, options.style.max_line_length),
        sys.maxsize,
    ):
        style = LineStyle(width, options.style.has_trailing_commas)
        unused = _unused_imports(source, wraps, style, options.importers)
        edits = _file_edits(source, wraps, names, unused, options, style)
        replaced = ReplacedExpressions(
            {wrap.reference for wrap in removed}, variables, _local_names(unused), functions
        )
        problem = _safety_problem(source, edits, names.module, removed, replaced)
        if not problem:
            return WrapResult(
                edits=tuple(edits),
                skipped=tuple(skipped),
                removed=tuple(wrap.site.variable for wrap in removed),
            )
    for finding in findings:
        if problem and finding.site and not finding.site.reason:
            skipped.append(_skipped_finding(finding, problem))
    return WrapResult(skipped=tuple(skipped))


def map_variables(manifest: Manifest) -> dict[str, str]:
    """Map the reference to each secret in a call, `name` or `name:field`, to its variable."""
    variables = {}
    for secret in manifest.secret:
        for variable, field in secret.variables().items():
            variables[f"{secret.name}:{field}" if field else secret.name] = variable
    return variables


def _find_plain_reads(source: Source, wraps: list[Wrap]) -> list[Wrap]:
    """Set the default of each plain read, which a call replaces."""
    names = environ_names(source.tree)
    parsed = [source.span(argument) for argument in parsed_expressions(source.tree)]
    marked = []
    wraps = _without_empty_alternatives(source, wraps, names)
    separate = separate_sites(wraps)
    for wrap in wraps:
        is_separate = wrap.site in separate
        default = None
        if wrap.has_map and not _reads_document(wrap.site, parsed):
            default = _plain_default(source, wrap, names, is_separate=is_separate)
        marked.append(
            msgspec.structs.replace(wrap, plain_default=default, is_nested=not is_separate)
        )
    return marked


def _reads_document(site: Site, parsed: list[tuple[int, int]]) -> bool:
    """Return whether a variable holds a JSON document, by its name or because it is parsed."""
    if is_document(site.variable):
        return True
    return any(start <= site.start and site.end <= end for start, end in parsed)


def _without_empty_alternatives(
    source: Source, wraps: list[Wrap], names: Mapping[str, str]
) -> list[Wrap]:
    """Narrow each expression such as `os.getenv("X") or ""` to its read."""
    narrowed = []
    separate = separate_sites(wraps)
    for wrap in wraps:
        site = wrap.site
        text = source.raw[site.start : site.end].decode(source.encoding)
        read = ""
        if wrap.has_map and site.shape is Shape.READ and site in separate:
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
    if site.shape is not Shape.READ or site.reader not in PLAIN_READERS or site.name_expr:
        return None
    text = source.raw[site.start : site.end].decode(source.encoding)
    if "\n" in text and not is_separate:
        return None  # another edit indents the lines of the outer expression
    return plain_arguments(text, site.variable, names, computed=is_separate)


def _unused_imports(
    source: Source, wraps: list[Wrap], style: LineStyle, importers: Importers | None
) -> list[UnusedImport]:
    if importers is None or not any(wrap.has_map for wrap in wraps):
        return []
    calls = [wrap for wrap in wraps if wrap.site.shape is not Shape.FIELD]
    try:
        after = apply_edits(source.raw, wrap_edits(source, calls, style), source.encoding)
    except SourceError:
        return []
    return unused_imports(source, after, importers)


def _local_names(unused: list[UnusedImport]) -> set[str]:
    return {name for found in unused for name in found.names}


def _file_edits(
    source: Source,
    wraps: list[Wrap],
    names: AccessorNames,
    unused: list[UnusedImport],
    options: WrapOptions,
    style: LineStyle,
) -> list[Edit]:
    """Return the edits of the expressions, of the settings classes and of the imports."""
    expressions = [wrap for wrap in wraps if wrap.site.shape is not Shape.FIELD]
    edits: list[Edit] = []
    if len(expressions) < len(wraps):
        calls_super = not names.client or _has_other_sources(source, options.importers)
        source_options = SourceOptions(style.width, names.client, calls_super)
        edits += settings_source_edits(source, wraps, source_options)
    from_source = [SOURCE] if edits else []
    text = "".join(edit.replacement for edit in edits)
    if SOURCE_TYPE_1 in text:
        from_source.append(SOURCE_TYPE_1)
    elif "type[" in text:
        missing = missing_names(source)
        single_line = options.style.force_single_line
        node = import_to_extend(source)
        extended = extend_import(source, node, missing, style.width, single_line=single_line)
        if extended:
            edits.append(extended)
        else:
            from_source += missing
    sites = [wrap.site for wrap in wraps]
    names = msgspec.structs.replace(names, from_source=tuple(sorted(from_source)))
    return [
        *import_edits(source, sites, names, unused, options.style, options.importers),
        *edits,
        *wrap_edits(source, expressions, style),
    ]


def _has_other_sources(source: Source, importers: Importers | None) -> bool:
    """Return whether a class of the app may customize its settings sources itself."""
    texts = [source.raw, *(importers.texts() if importers else ())]
    return any(METHOD_1.encode() in text and SOURCE.encode() not in text for text in texts)


def _collect_wraps(
    source: Source,
    findings: Sequence[Finding],
    manifest: Manifest,
    names: AccessorNames,
    options: WrapOptions,
) -> tuple[list[Wrap], list[Skipped]]:
    removal = options.removal
    secrets = manifest.secrets_by_variable()
    wraps: list[Wrap] = []
    skipped: list[Skipped] = []
    spans: set[tuple[int, int]] = set()
    for finding in findings:
        site = finding.site
        if site is None or finding.path != source.path:
            continue
        wrap = _wrap_for(site, secrets, names)
        reason = _skip_reason(site, wrap, spans)
        if wrap is None or reason:
            # A read without an entry can be neither a secret nor a field of one.
            if site.reason or wrap or finding.severity is not Severity.LOW:
                reason = reason or SkipId.NOT_IN_MANIFEST.reason()
                skipped.append(_skipped_finding(finding, reason))
            continue
        spans.add((site.start, site.end))
        wrap = msgspec.structs.replace(wrap, has_map=options.has_map)
        if removal and site.shape is Shape.LITERAL:
            replacement, reason = removal.replacement_for(source, site.variable)
            if reason:
                kept = SkipId.LITERAL_KEPT.reason(problem=reason.text)
                skipped.append(_skipped_finding(finding, kept))
            else:
                wrap = msgspec.structs.replace(wrap, replacement=replacement)
        wraps.append(wrap)
    return wraps, skipped


def _skip_reason(site: Site, wrap: Wrap | None, spans: set[tuple[int, int]]) -> SkipReason | None:
    if site.reason:
        return site.reason
    # Before Python 3.12, parts of f-strings have no position.
    if wrap and site.shape is not Shape.FIELD and (site.start, site.end) in spans:
        return SkipId.POSITION_AMBIGUOUS.reason()
    return None


def _skipped_finding(finding: Finding, reason: SkipReason) -> Skipped:
    return reason.entry(finding.path, finding.line, finding.env or finding.name)


def _without_nested_reads(source: Source, wraps: list[Wrap]) -> list[Wrap]:
    """Leave out reads inside a read of the same variable, which then contains the secret.

    A read inside a lambda is kept, because it can run after the outer read.
    """
    reads: dict[str, list[Site]] = {}  # by variable
    for wrap in wraps:
        if wrap.site.shape is Shape.READ:
            reads.setdefault(wrap.site.variable, []).append(wrap.site)
    kept = []
    for wrap in wraps:
        others = reads[wrap.site.variable] if wrap.site.shape is Shape.READ else ()
        if not any(_provides_secret(source, outer, wrap.site) for outer in others):
            kept.append(wrap)
    return kept


def _provides_secret(source: Source, outer: Site, inner: Site) -> bool:
    if outer is inner or not outer.variable or outer.variable != inner.variable:
        return False
    is_inside = outer.start <= inner.start and inner.end <= outer.end
    return is_inside and b"lambda" not in source.raw[outer.start : inner.start]


def _wrap_for(
    site: Site, secrets: Mapping[str, tuple[Secret, str]], names: AccessorNames
) -> Wrap | None:
    """Look up the secrets of a site; return None if shield.toml has none for it."""
    entries: dict[str, tuple[Secret, str]] = {}
    for variable in (*site.variables, *site.others):
        entry = secrets.get(variable)
        if entry:
            entries[variable] = entry
    if not entries:
        return None
    candidates = tuple((v, secret.name, field) for v, (secret, field) in entries.items())
    _, secret_name, field = candidates[0]
    needs_mapping = site.name_expr and not _computes_secret_names(site, entries)
    return Wrap(
        site=site,
        secret=secret_name,
        field=field,
        names=names,
        candidates=candidates if needs_mapping else (),
        is_optional=all(secret.optional for secret, _ in entries.values()),
    )


def _computes_secret_names(site: Site, entries: Mapping[str, tuple[Secret, str]]) -> bool:
    """Return whether each variable has a secret of the same name.

    The expression that computes the variable's name can then serve as the secret's name.
    """
    if len(entries) != len(site.variables) + len(site.others):
        return False
    for variable, (secret, field) in entries.items():
        if secret.name != variable or field or env_var_name(variable) != variable:
            return False
    return True


def _safety_problem(
    source: Source,
    edits: list[Edit],
    module: str,
    removed: list[Wrap],
    replaced: ReplacedExpressions,
) -> SkipReason | None:
    """Return why the edits cannot be trusted; None if they can."""
    placeholder = f'"{REMOVED}"'
    placeholders = []
    for wrap in removed:
        start, end = wrap.site.start, wrap.site.end
        edit = Edit(path=source.path, start=start, end=end, replacement=placeholder)
        placeholders.append(edit)
    try:
        after = apply_edits(source.raw, edits, source.encoding)
        if removed:
            before = apply_edits(source.raw, placeholders, source.encoding)
            source = Source.from_bytes(source.path, before)
    except SourceError as error:
        return source_problem(source.path, error)
    return equivalence_problem(source, after, module, replaced)
