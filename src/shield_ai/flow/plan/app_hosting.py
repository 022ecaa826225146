"""Collect what the environment of an app provides in production."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.aws_endpoint import endpoint_warnings
from shield_ai.model.hosting import Hosting
from shield_ai.model.skip import SkipId
from shield_ai.project.layout import is_test
from shield_ai.scan.deployment.aws_hosting import runs_on_aws
from shield_ai.scan.python.app.heroku_variables import APP_JSON, HEROKU_YML

if TYPE_CHECKING:
    from shield_ai.flow.app_context import AppContext

SET_BY_PLATFORM = frozenset({SkipId.SET_BY_PLATFORM, SkipId.SET_BY_ADDON})


def find_hosting(app: AppContext) -> Hosting:
    """Return where an app runs, and which of its secrets the platform sets."""
    skipped = [skip for skip in app.scan_result.skipped if not is_test(skip.path)]
    set_by_platform = {skip.name for skip in skipped if skip.id in SET_BY_PLATFORM}
    return Hosting(
        has_role=bool(app.manifest.app.role) or runs_on_aws(app.tree.root),
        uses_access_keys=any(skip.id is SkipId.SIGNS_IN for skip in skipped),
        reads_endpoint=any(endpoint_warnings(app)),
        platform="Heroku" if _uses_heroku(app) else "the platform",
        set_by_platform=tuple(sorted(set_by_platform)),
    )


def _uses_heroku(app: AppContext) -> bool:
    return any(app.tree.read(name) is not None for name in (APP_JSON, HEROKU_YML))
