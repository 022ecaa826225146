"""The pages on metrics, alarms and permissions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import words
from tables import table

from shield_ai import runtime
from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.monitoring import monitoring_resources
from shield_ai.aws.desired.permissions import PERMISSIONS
from shield_ai.aws.live import session
from shield_ai.model import manifest
from shield_ai.model.finding import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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


def metrics() -> str:
    """What the runtime counts, and what is made to watch it."""
    units = runtime._UNITS  # noqa: SLF001  # the one list of what is sent
    assert set(words.METRICS) == set(units), set(words.METRICS) ^ set(units)
    sent = [(f"`{name}`", unit, words.METRICS[name]) for name, unit in units.items()]
    sent += [(f"`{name}`", *says) for name, says in words.OF_ROTATION.items()]
    watched = [
        r for r in monitoring_resources(EXAMPLE, ACCOUNT, "us-east-1") if r.kind in ("alarm", "event-rule")
    ]
    rows = [
        (f"`{r.name.removeprefix('storefront-')}`", *_watches(r.kind, r.settings)) for r in watched
    ]
    return "\n".join(
        [
            "# Metrics and alarms\n",
            "## Metrics\n",
            f"With `AWS_SECRETS_METRICS=emf` or `cloudwatch`, an app sends these each {runtime.REPORT_EVERY:g} seconds",
            "in which it asked for a secret. `stats()` gives the counts at any time, and sends nothing.\n",
            table("metric | unit | is", sent),
            "## Alarms\n",
            "Made by `shield apply` where [`[monitoring]`](manifest.md#monitoring) says who is told.",
            "Their names begin with the app's.\n",
            table("name | is | says", rows),
        ]
    )


def _watches(kind: str, settings: Any) -> tuple[str, str]:
    if kind == "event-rule":
        return "a rule on CloudTrail's events", json.loads(settings["target"]["template"]).replace(
            "<", "&lt;"
        )
    return f"an alarm on `{settings['metric']}`", settings["description"]


def needed() -> str:
    """Who needs which permission."""
    policy = json.dumps(policy_document(EXAMPLE, ACCOUNT), indent=2)
    deeds = ("read", "create", "update", "delete")
    rows = [
        (kind, *(_listed(getattr(verbs, deed)) for deed in deeds))
        for kind, verbs in PERMISSIONS.items()
    ]
    return "\n".join(
        [
            "# Permissions\n",
            "## The app's role\n",
            "Two actions, on exactly the app's secrets. `shield apply` writes this policy to",
            "`aws/iam-policy-secrets-manager.json`; with `role` in `shield.toml` it also creates and attaches it.",
            "With a key of your own (`kms_key`), it allows `kms:Decrypt` through Secrets Manager as well.\n",
            f"```json\n{policy}\n```\n",
            "## Whoever runs shield\n",
            "`shield scan`, `draft`, `explain`, `schema`, and everything with `--only code` need no AWS.",
            "A plan names the permissions of each of its changes; `shield export --format operator-policy` writes all",
            "of them as a policy, on the app's names alone. For the secrets, and for looking:\n",
            table("for | calls", _called()),
            "For what is made beside the secrets:\n",
            table("what | to look | to create | to update | to remove", rows),
        ]
    )


def _called() -> Iterator[tuple[str, str]]:
    """What each module calls that is not of a kind of resource; every call says its permission."""
    of_kinds = {n for v in PERMISSIONS.values() for n in (*v.read, *v.create, *v.update, *v.delete)}
    for path in sorted(Path(session.__file__).parents[1].rglob("*.py")):
        called = sorted(
            set(re.findall(r'translate_errors\(f?"(\w+:\w+)"', path.read_text("utf-8"))) - of_kinds
        )
        if called:
            yield words.PARTS.get(path.stem, path.stem), _listed(called)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
