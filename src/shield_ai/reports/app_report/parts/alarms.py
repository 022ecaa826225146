"""Collect the alarms of the app, and whether they are in AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.desired import resources
from shield_ai.model.errors import AwsError
from shield_ai.reports.app_report.report_data import Alarm

if TYPE_CHECKING:
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Resource


def alarms(app: AppContext, manifest: Manifest, account: str) -> tuple[Alarm, ...] | None:
    """Return the alarms that the app should have; None if AWS can't be read.

    Args:
        app: The app and its account.
        manifest: The secrets, and what is monitored.
        account: The ID of the account; empty without one.
    """
    desired = resources(manifest, account, app.tree.read)
    wanted = {
        resource.key: resource for resource in desired if resource.kind in {"alarm", "event-rule"}
    }
    if not wanted:
        return ()
    if app.aws is None:
        return None
    try:
        live = app.aws.resources.read(wanted)
    except AwsError:
        return None
    found = []
    for key, settings in live.items():
        resource = wanted[key]
        text = _alarm_text(resource)
        found.append(Alarm(name=resource.name, text=text, is_in_aws=bool(settings)))
    return tuple(found)


def _alarm_text(resource: Resource) -> str:
    """Return the message of an event rule, or the description of an alarm."""
    target = resource.settings.get("target")
    if isinstance(target, dict):
        return str(json.loads(target["template"]))
    return str(resource.settings["description"])
