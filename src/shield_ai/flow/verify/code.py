"""Check that the code reads its secrets with get_secret(), and that no file changed since apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.journal import Journal
from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    ok_or_failed,
)
from shield_ai.flow.verify.registry import CodeCheck
from shield_ai.project.python_source import digest
from shield_ai.rewrite.project.runtime_copy import is_generated_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite

CODE_MIGRATED = CheckInfo(
    "code-migrated",
    "every secret that can be moved is read with get_secret()",
    "the scan of the app's code",
)
FILES_UNCHANGED = CheckInfo(
    "files-unchanged",
    "files are unchanged since apply",
    "the journal and the files that apply wrote",
)


def verify_code(
    sites: Sequence[FoundSite], manifest: Manifest, module: str, journal: Journal, read: FileReader
) -> Iterator[Check]:
    """Check that every secret is read with get_secret(), and that no file changed since apply.

    Args:
        sites: All sites of the app.
        manifest: The content of shield.toml.
        module: The module from which the app imports get_secret.
        journal: The loaded journal.
        read: Returns the bytes of a file of the app.
    """
    yield _verify_migration(sites, manifest)
    yield _verify_files(manifest, module, journal, read)


def _verify_migration(sites: Sequence[FoundSite], manifest: Manifest) -> Check:
    fixable = [(finding, site) for finding, site in sites if not site.reason]
    if not fixable:
        ignored = join_names(manifest.app.ignore)
        detail = f"ignored in shield.toml: {ignored}" if ignored else ""
        return make_check(CODE_MIGRATED, Status.OK, detail)
    places = [f"{finding.path}:{finding.line} {finding.name}" for finding, _ in fixable]
    hint = _migration_hint(fixable, manifest)
    return make_check(CODE_MIGRATED, Status.FAILED, join_names(places, "; "), hint)


def _migration_hint(sites: Sequence[FoundSite], manifest: Manifest) -> str:
    listed = set(manifest.variables())
    unlisted: dict[str, None] = {}
    for _, site in sites:
        if listed.isdisjoint(site.variables):
            unlisted.update(dict.fromkeys(site.variables))
    if not unlisted:
        return "run shield apply"
    return (
        f"run shield draft to add {join_names([*unlisted])} to shield.toml, then shield apply; if "
        "a variable is not a secret, add it to ignore under [app]"
    )


def _verify_files(manifest: Manifest, module: str, journal: Journal, read: FileReader) -> Check:
    digests = {step.what: step.after for step in reversed(journal.last_file_steps())}
    if not digests:
        return make_check(FILES_UNCHANGED, Status.UNKNOWN, "no apply is recorded in the journal")
    changed = []
    for path, after in digests.items():
        if digest(read(path) or b"") == after:
            continue
        # Users may edit the map file; verify_runtime() checks it.
        is_map = path == manifest.app.runtime
        if not is_map or not is_generated_map(read, manifest, module):
            changed.append(path)
    return ok_or_failed(FILES_UNCHANGED, join_names(changed), "run git diff to see the changes")


def _check_code(app: AppContext) -> Iterator[Check]:
    module = app.scan_result.facts.module(app.manifest.app.runtime)
    journal = Journal(app.tree.root).load()
    yield from verify_code(app.sites, app.manifest, module, journal, app.tree.read)


CHECKS = (CodeCheck(10, _check_code, (CODE_MIGRATED, FILES_UNCHANGED)),)
