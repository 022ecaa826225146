"""`shield draft`: create or update shield.toml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo, note, print_json
from shield_ai.cli.options import APP, JSON
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.aws_clients import find_aws_clients
from shield_ai.flow.draft.app_draft import (
    draft_manifest,
    unmovable_reads,
    write_draft,
)
from shield_ai.flow.plan.manifest_preconditions import unlisted_lines
from shield_ai.model.errors import DONE
from shield_ai.model.naming import MANIFEST
from shield_ai.model.plurals import count, shortened
from shield_ai.model.printable import printable
from shield_ai.model.skip import SkipId
from shield_ai.reports.documents import DraftDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shield_ai.model.manifest import Secret
    from shield_ai.model.skip import Skipped, SkipReason
    from shield_ai.scan.python.scan import Scan

MAX_NAMES = 5  # of files that were not scanned
MAX_PLACES = 3  # of the reads that are not rewritten


@click.command()
@APP
@click.option(
    "--from-sarif",
    type=click.Path(path_type=Path),
    help="Also add the secrets that another scanner found, from its SARIF report.",
)
@JSON
def draft(app: Path, from_sarif: Path | None, *, as_json: bool) -> int:
    """Create or update shield.toml.

    Adds the secrets that the scan finds. shield.toml lists the secrets to move and never contains
    values. Review it and commit it.
    """
    context = AppContext(app)
    imported: list[Secret] = []
    skipped: list[Skipped] = []
    if from_sarif:
        imported, skipped = _import_sarif(context, from_sarif)
    before = context.tree.read(MANIFEST)
    result = draft_manifest(context)
    drafted = result.manifest
    # First: a file that was not parsed may be the reason that no secret was found.
    for line in _unparsed_lines(context):
        echo(printable(line), err=True)
    note(write_draft(context, drafted, imported))
    unlisted = unlisted_lines(context, drafted)
    for line in (*_held_lines(result.held), *result.notes, *unlisted):
        echo(printable(line), err=True)
    lines = _unmoved_lines(context.scan_result, drafted.app.ignore, find_aws_clients(context))
    for line in dict.fromkeys(lines):  # several settings may import the same module
        echo(line, err=True)
    if as_json:
        written = AppContext(app)
        print_json(
            _document(context, written, skipped, changed=before != written.tree.read(MANIFEST))
        )
    return DONE


def _document(
    context: AppContext, written: AppContext, skipped: Sequence[Skipped], *, changed: bool
) -> DraftDocument:
    known = context.manifest_on_disk.secret if context.manifest_on_disk else ()
    known_names = {secret.name for secret in known}
    names = [secret.name for secret in written.manifest.secret]
    found = context.scan_result
    return DraftDocument(
        app=written.manifest.app.name,
        manifest=MANIFEST,
        changed=changed,
        added=tuple(name for name in names if name not in known_names),
        secrets=tuple(names),
        unmovable_reads=len(unmovable_reads(found, written.manifest.app.ignore)),
        skipped=tuple(skipped),
        unscanned=tuple(found.unscanned),
    )


def _held_lines(held: Mapping[str, SkipReason]) -> Iterator[str]:
    """Yield a line for each reason not to add variables."""
    names: dict[str, list[str]] = {}
    for variable, reason in sorted(held.items()):
        names.setdefault(reason.text, []).append(variable)
    for text, variables in names.items():
        yield f"{', '.join(variables)}: {text}"


def _unparsed_lines(context: AppContext) -> Iterator[str]:
    """Yield one warning for all files that were not parsed, and why settings files were not."""
    skips = context.scan_result.unreadable
    if not skips:
        return
    settings = {*context.scan_result.facts.settings}
    skips = sorted(skips, key=lambda skip: skip.path not in settings)
    paths = [skip.path for skip in skips]
    yield (
        f"warning: {count(len(paths), 'file')} not scanned: {shortened(paths, MAX_NAMES)}; "
        "fix the files, or run shield with the Python version of the app"
    )
    for skip in skips:
        if skip.path in settings:
            yield f"settings file {skip.path}: {skip.reason}"


def _unmoved_lines(found: Scan, ignored: Sequence[str], in_aws: Iterable[Skipped]) -> Iterator[str]:
    """Yield a line for the reads that apply will not rewrite, then one for each other skip.

    Args:
        found: The scan of the app.
        ignored: The variables that shield.toml ignores.
        in_aws: The clients with which the app reads AWS.
    """
    reads = [f"{read.path}:{read.line}" for read in unmovable_reads(found, ignored)]
    if reads:
        places = f" ({', '.join(reads)})" if len(reads) <= MAX_PLACES else ""
        number = count(len(reads), "read")
        text = (
            f"{number} of secrets will not be rewritten{places}; shield plan --only code says why"
        )
        yield printable(text)
    in_settings = {skip.path: skip for skip in found.file_reads if skip.id is SkipId.READS_AWS}
    for skip in (*in_settings.values(), *in_aws):
        yield printable(f"{skip.path}:{skip.line}: {skip.reason}")
    for skip in found.unscanned:
        yield printable(f"{skip.name or skip.path}: {skip.reason}")


def _import_sarif(context: AppContext, report: Path) -> tuple[list[Secret], list[Skipped]]:
    from shield_ai.scan import sarif_import

    locations = sarif_import.relative_to_app(sarif_import.read_locations(report), context.tree.root)
    imported, skipped = sarif_import.import_secrets(
        locations, context.tree.read, context.scan_result.findings
    )
    for skip in skipped:
        echo(printable(f"  skipped: {skip.path}:{skip.line}: {skip.reason}"), err=True)
    return imported, skipped
