"""Generate the pages on metrics, alarms and permissions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import words
from tables import table

from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.monitoring import monitoring_resources
from shield_ai.aws.desired.permissions import PERMISSIONS
from shield_ai.aws.live import session
from shield_ai.model import manifest
from shield_ai.model.finding import Kind
from shield_runtime.metrics import REPORT_EVERY, UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.resource import Resource

EXAMPLE = manifest.Manifest(
    app=manifest.App(name="storefront", role="StorefrontApplicationRole"),
    monitoring=manifest.Monitoring(email=("security@example.com",), overdue=2),
    secret=(
        manifest.Secret(
            name="database-credentials",
            kind=Kind.DATABASE,
            fields={"password": "DATABASE_PASSWORD"},
            rotate=manifest.Rotation(every="30 days"),
        ),
    ),
)
ACCOUNT = "123456789012"


def metrics_page() -> str:
    """Return the page on the runtime's metrics and the alarms of `[monitoring]`."""
    assert set(words.RUNTIME_METRICS) == set(UNITS), set(words.RUNTIME_METRICS) ^ set(UNITS)
    metrics = [(f"`{name}`", unit, words.RUNTIME_METRICS[name]) for name, unit in UNITS.items()]
    for name, (unit, description) in words.ROTATION_METRICS.items():
        metrics.append((f"`{name}`", unit, description))
    resources = monitoring_resources(EXAMPLE, ACCOUNT, "us-east-1")
    alarms = [_alarm_row(r) for r in resources if r.kind in ("alarm", "event-rule")]
    return "\n".join(
        [
            "# Metrics and alarms\n",
            "## Metrics\n",
            "With `AWS_SECRETS_METRICS=emf` or `cloudwatch`, the runtime sends these metrics",
            f"every {REPORT_EVERY:g} seconds while the application reads secrets.",
            "`stats()` returns the current counts at any time.\n",
            table("metric | unit | description", metrics),
            "## Alarms\n",
            "`shield apply` creates these alarms if [`[monitoring]`](manifest.md#monitoring)",
            "names someone to notify. The name of each alarm starts with the name of the",
            "application.\n",
            table("name | type | notification", alarms),
            "`secret-overdue` is created only with `overdue` or a canary; the number of days is an",
            "example. The canary also adds `secret-login-failed`, and an alarm for each rotation",
            "function.\n",
        ]
    )


def _alarm_row(resource: Resource) -> tuple[str, str, str]:
    name = f"`{resource.name.removeprefix('storefront-')}`"
    if resource.kind == "alarm":
        return name, f"alarm on `{resource.settings['metric']}`", resource.settings["description"]
    template = json.loads(resource.settings["target"]["template"])
    return name, "EventBridge rule on CloudTrail events", template.replace("<", "&lt;")


def permissions_page() -> str:
    """Return the page on the IAM permissions of the application's role and of operators."""
    policy = json.dumps(policy_document(EXAMPLE, ACCOUNT), indent=2)
    kinds = []
    for kind, verbs in PERMISSIONS.items():
        actions = (verbs.read, verbs.create, verbs.update, verbs.delete)
        kinds.append((kind, *(_code_list(names) for names in actions)))
    return "\n".join(
        [
            "# Permissions\n",
            "## The application's role\n",
            "The policy allows two actions on exactly the application's secrets. `shield",
            "apply` writes it to `aws/iam-policy-secrets-manager.json`. If `role` is set in",
            "`shield.toml`, `shield apply` also creates the policy and attaches it to the",
            "role. With a customer managed key (`kms_key`), the policy also allows",
            "`kms:Decrypt` through Secrets Manager.\n",
            f"```json\n{policy}\n```\n",
            "## Operators\n",
            "`shield scan`, `draft`, `explain`, `schema` and all commands with `--only code`",
            "do not need AWS permissions. A plan lists the permissions that each change",
            "needs, and `shield export --format operator-policy` writes a policy with all of",
            "them, limited to the application's names.\n",
            "Permissions for secrets and for reading the state of the account:\n",
            table("needed for | permissions", _permissions_by_module()),
            "Permissions for other resources:\n",
            table("resource | read | create | update | delete", kinds),
        ]
    )


def _permissions_by_module() -> list[tuple[str, str]]:
    """List the calls of each module below aws/, except those on resource kinds."""
    of_resource_kinds = set()
    for verbs in PERMISSIONS.values():
        of_resource_kinds.update(verbs.read, verbs.create, verbs.update, verbs.delete)
    rows = []
    for path in sorted(Path(session.__file__).parents[1].rglob("*.py")):
        calls = set(re.findall(r'translate_errors\(f?"(\w+:\w+)"', path.read_text("utf-8")))
        calls -= of_resource_kinds
        if calls:
            purpose = words.MODULE_PURPOSES.get(path.stem, path.stem)
            rows.append((purpose, _code_list(sorted(calls))))
    return rows


def _code_list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
