"""Check that the code reads its secrets with get_secret()."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.draft.app_draft import draft_manifest
from shield_ai.flow.preferred_modules import find_preferred_modules
from shield_ai.flow.verify.check import (
    NOT_SCANNED_HINT,
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    not_scanned,
)
from shield_ai.flow.verify.registry import CodeCheck
from shield_ai.model.skip import SkipId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.site import FoundSite

CODE_MIGRATED = CheckInfo(
    "code-migrated",
    "every secret that can be moved is read with get_secret()",
    "the scan of the app's code",
)

_HIDDEN = frozenset({SkipId.KEY_IN_LOCAL_SETTINGS})
_HIDDEN_HINT = "let settings in git read the variables of the secrets, and move them from there"
_PREFERRED_HINT = "delete the file from git; for local development, use .env"


def _verify_migration(app: AppContext) -> Check:
    fixable = [(finding, site) for finding, site in app.sites if not site.reason]
    if not fixable and app.scan_result.unreadable:
        detail = not_scanned(app.scan_result.unreadable)
        return make_check(CODE_MIGRATED, Status.UNKNOWN, detail, NOT_SCANNED_HINT)
    if not fixable:
        return _verify_preferred(app)
    places = [f"{finding.path}:{finding.line} {finding.name}" for finding, _ in fixable]
    hint = _migration_hint(fixable, app)
    return make_check(CODE_MIGRATED, Status.FAILED, join_names(places, "; "), hint)


def _verify_preferred(app: AppContext) -> Check:
    """Check that no module of the repository has values that win over those from AWS."""
    preferred = [module.text for module in find_preferred_modules(app) if module.is_tracked]
    if preferred:
        detail = join_names(preferred, "; ")
        return make_check(CODE_MIGRATED, Status.FAILED, detail, _PREFERRED_HINT)
    hidden = [skip for skip in app.scan_result.unscanned if skip.id in _HIDDEN]
    if hidden:
        detail = join_names([f"{skip.name}: {skip.reason}" for skip in hidden], "; ")
        return make_check(CODE_MIGRATED, Status.UNKNOWN, detail, _HIDDEN_HINT)
    ignored = join_names(app.manifest.app.ignore)
    detail = f"ignored in shield.toml: {ignored}" if ignored else ""
    return make_check(CODE_MIGRATED, Status.OK, detail)


def _migration_hint(sites: Sequence[FoundSite], app: AppContext) -> str:
    listed = set(app.manifest.variables())
    drafted = set(draft_manifest(app).manifest.variables())
    unlisted: dict[str, None] = {}
    for _, site in sites:
        if listed.isdisjoint(site.variables):
            unlisted.update(dict.fromkeys(name for name in site.variables if name in drafted))
    if not unlisted:
        return "run shield apply"
    return (
        f"run shield draft to add {join_names([*unlisted])} to shield.toml, then shield apply; if "
        "a variable is not a secret, add it to ignore under [app]"
    )


def _check_code(app: AppContext) -> Iterator[Check]:
    yield _verify_migration(app)


CHECKS = (CodeCheck(10, _check_code, (CODE_MIGRATED,)),)
