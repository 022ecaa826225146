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
from shield_ai.aws.live import session
from shield_ai.aws.live.kinds.registry import KINDS
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
OPERATOR_LIMITS = """\
### What the operator policy amounts to

IAM limits the names of the resources, but not what is written into them:

- With `role` in `shield.toml`, the operator writes the policy of the
  application's role. Whoever can also run code as this role can give it any
  permission. The operator policy therefore does not include `sts:AssumeRole`,
  and the trust policy of the role should not name the operator. `shield verify`
  then asks IAM's policy simulator what the role may read. To read the secrets as
  the role, run `shield verify` with an identity that may assume the role and that
  does not have the operator policy.
- With `[rotation]`, the operator writes the roles of the rotation functions and
  their code, and may start them. **Together, these permissions are as powerful as
  an administrator of the account**: a function can be given any permission and
  any code. The roles can be passed only to Lambda (`iam:PassedToService`), and
  only Secrets Manager and EventBridge can be allowed to call the functions.
- Without `role` and `[rotation]`, the policy contains no permission for IAM or
  Lambda.

Give the policy only to identities that may have these permissions. To restrict it
further:

- Set a [permissions boundary][boundary] on the application's role. The operator
  cannot remove it.
- Let an administrator deploy the output of `shield export --format
  cloudformation` or `terraform`, and remove these actions from the operator
  policy: `iam:CreatePolicy`, `iam:CreatePolicyVersion`, `iam:CreateRole`,
  `iam:PutRolePolicy`, `iam:PassRole`, `lambda:CreateFunction`,
  `lambda:UpdateFunctionCode` and `lambda:UpdateFunctionConfiguration`. `shield
  apply` needs them only to create or change a policy, a role or a function.

[boundary]: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""


def metrics_page() -> str:
    """Return the page on the runtime's metrics and the alarms of `[monitoring]`."""
    assert set(words.RUNTIME_METRICS) == set(UNITS), set(words.RUNTIME_METRICS) ^ set(UNITS)
    metrics = [(f"`{name}`", unit, words.RUNTIME_METRICS[name]) for name, unit in UNITS.items()]
    for name, (unit, description) in words.ROTATION_METRICS.items():
        metrics.append((f"`{name}`", unit, description))
    resources = monitoring_resources(EXAMPLE, ACCOUNT)
    alarms = [_alarm_row(r) for r in resources if r.kind in ("alarm", "event-rule")]
    return "\n".join(
        [
            "# Metrics and alarms\n",
            "## Metrics\n",
            "With `AWS_SECRETS_METRICS=emf` or `cloudwatch`, the runtime sends these metrics",
            f"every {REPORT_EVERY:g} seconds while the application reads secrets.",
            "`stats()`, or `client.stats()` with the client in the map file, returns the current",
            "counts at any time.\n",
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
    for kind, cls in KINDS.items():
        verbs = cls.permissions
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
            "If you rename or remove a secret in `shield.toml`, the deployed version still",
            "reads the old one. The policy that is attached to `role` therefore keeps it until",
            "it is deleted, and so does the file. `shield plan` shows how to delete it. Then run",
            "`shield apply` again. Commit the file: on another machine, `shield` keeps the old",
            "secrets that the file allows and AWS still has.\n",
            f"```json\n{policy}\n```\n",
            "## Operators\n",
            "`shield scan`, `draft`, `explain`, `schema` and all commands with `--only code`",
            "do not need AWS permissions. A plan lists the permissions that each change",
            "needs, and `shield export --format operator-policy` writes a policy with all of",
            "them, limited to the names of the application's resources. Read [what the policy",
            "amounts to](#what-the-operator-policy-amounts-to) before you give it to someone.\n",
            "Permissions for secrets and for reading the state of the account:\n",
            table("needed for | permissions", _permissions_by_module()),
            "Permissions for other resources:\n",
            table("resource | read | create | update | delete", kinds),
            OPERATOR_LIMITS,
        ]
    )


def _permissions_by_module() -> list[tuple[str, str]]:
    """List the calls of each module below aws/, except those on resource kinds."""
    of_resource_kinds = set()
    for cls in KINDS.values():
        verbs = cls.permissions
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
