"""Collect where each secret is, and when it is rotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import AwsError
from shield_ai.reports.app_report.report_data import SecretStatus

if TYPE_CHECKING:
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Manifest, Secret


def secret_statuses(app: AppContext, manifest: Manifest) -> tuple[SecretStatus, ...]:
    """Return the status of each secret; it is unknown if AWS can't be read.

    Args:
        app: The app and its account.
        manifest: The secrets.
    """
    return tuple(_secret_status(secret, manifest, app) for secret in manifest.secret)


def _secret_status(secret: Secret, manifest: Manifest, app: AppContext) -> SecretStatus:
    name = manifest.app.prefix + secret.name
    unknown = SecretStatus(
        name=name, kind=str(secret.kind), variables=tuple(secret.variables()), where="unknown"
    )
    if app.aws is None:
        return unknown
    from shield_ai.flow.rotate.rotation_reader import RotationReader  # imports boto3

    try:
        state = app.aws.secrets.state(name)
        if state is None:
            where = "optional" if secret.optional else "missing"
            return msgspec.structs.replace(unknown, where=where)
        if state.deleted:
            return msgspec.structs.replace(unknown, where="deleted")
        reader = RotationReader(manifest, app.tree.root, app.aws.session)
        rotation = reader.status(secret)
    except AwsError:  # for example, access denied
        return unknown
    return msgspec.structs.replace(
        unknown,
        where="AWS",
        kms_key=str(state.settings.get("kms_key", "")),
        is_tagged=bool(state.tags),
        rotation=rotation,
    )
