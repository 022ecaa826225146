"""The secrets themselves: what is there, create, restore, schedule for deletion."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.secrets import AWS_MANAGED_KEY, strip_key_arn
from shield_ai.aws.live.parallel import BATCHES, POLICIES, parallel_map
from shield_ai.aws.live.session import Session, tag_list, translate_errors
from shield_ai.model.errors import AwsError
from shield_ai.model.hidden import Hidden
from shield_ai.model.resource import Live, SecretState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef

    from shield_ai.model.resource import Settings

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html: 7 to 30 days, 30 by default
RECOVERY_DAYS = 30
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_BYTES = 65_536
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
_BATCH = 20


class SecretsManager:
    """Secrets Manager in one account and region. Every method raises AwsError when AWS refuses."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: SecretsManagerClient = session.secretsmanager()
        self._no_batches = False

    def live(self, names: Iterable[str]) -> Live:
        """Look at the secrets with these names: what is there, without their values."""
        account = self._session.account()
        wanted = sorted(set(names))
        states = zip(
            wanted,
            parallel_map(self.state, wanted, self._session, "secrets looked at"),
            strict=True,
        )
        secrets = {name: state for name, state in states if state}
        return Live(account=account, region=self._session.region, secrets=secrets)

    def state(self, name: str) -> SecretState | None:
        """Look at one secret; None where there is none."""
        with translate_errors("secretsmanager:DescribeSecret", name):
            try:
                answer = self._client.describe_secret(SecretId=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        return SecretState(
            arn=answer["ARN"],
            tags={tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])},
            deleted=bool(answer.get("DeletedDate")),
            versions={
                v: tuple(stages) for v, stages in answer.get("VersionIdsToStages", {}).items()
            },
            settings=_settings(answer),
        )

    def create(self, name: str, value: Hidden, settings: Settings, *, token: str) -> str:
        """Create a secret, once however often this is called with the same token, and return its ARN."""
        key: Any = (
            {} if settings["kms_key"] == AWS_MANAGED_KEY else {"KmsKeyId": settings["kms_key"]}
        )
        copies: Any = [{"Region": region} for region in settings["replicas"]]
        more: Any = {"AddReplicaRegions": copies} if copies else {}
        with translate_errors("secretsmanager:CreateSecret", name):
            try:
                answer = self._client.create_secret(
                    Name=name,
                    ClientRequestToken=token,
                    SecretString=_fitting(name, value).reveal(),
                    Description=settings["description"],
                    Tags=tag_list(settings["tags"]),
                    **key,
                    **more,
                )
            except self._client.exceptions.ResourceExistsException:
                raise AwsError(
                    f"secret {name} was made by somebody else meanwhile",
                    "run shield plan and look at what is there",
                ) from None
        return answer["ARN"]

    def restore(self, name: str, value: Hidden, *, token: str) -> str:
        """Cancel a scheduled deletion, make this the current value, and return the secret's ARN."""
        _fitting(name, value)
        with translate_errors("secretsmanager:RestoreSecret", name):
            answer = self._client.restore_secret(SecretId=name)
        self.put_value(name, value, token=token)
        return answer["ARN"]

    def put_value(self, name: str, value: Hidden, *, token: str) -> None:
        """Make this the current value, in a version of its own whose id is the token."""
        with translate_errors("secretsmanager:PutSecretValue", name):
            self._client.put_secret_value(
                SecretId=name,
                ClientRequestToken=token,
                SecretString=_fitting(name, value).reveal(),
                VersionStages=["AWSCURRENT"],
            )
        # AWS leaves the stages alone where the version was there before.
        self.move_current(name, token)

    def move_current(self, name: str, version: str) -> None:
        """Make a version the current one; nothing where it is already."""
        state = self.state(name)
        if state and state.current != version:
            with translate_errors("secretsmanager:UpdateSecretVersionStage", name):
                self._client.update_secret_version_stage(
                    SecretId=name,
                    VersionStage="AWSCURRENT",
                    MoveToVersionId=version,
                    **({"RemoveFromVersionId": state.current} if state.current else {}),
                )

    def configure(self, name: str, settings: Settings, live: Settings) -> None:
        """Change the settings that differ; the value stays."""
        changed = {key for key in settings if settings[key] != live.get(key)}
        if changed & {"description", "kms_key"}:
            with translate_errors("secretsmanager:UpdateSecret", name):
                self._client.update_secret(
                    SecretId=name,
                    Description=settings["description"],
                    **self._key(settings, changed),
                )
        if gone := sorted(live.get("tags", {}).keys() - settings["tags"].keys()):
            with translate_errors("secretsmanager:UntagResource", name):
                self._client.untag_resource(SecretId=name, TagKeys=gone)
        if new := dict(settings["tags"].items() - live.get("tags", {}).items()):
            with translate_errors("secretsmanager:TagResource", name):
                self._client.tag_resource(SecretId=name, Tags=tag_list(new))
        if more := sorted(set(settings["replicas"]) - set(live.get("replicas", []))):
            with translate_errors("secretsmanager:ReplicateSecretToRegions", name):
                self._client.replicate_secret_to_regions(
                    SecretId=name, AddReplicaRegions=[{"Region": region} for region in more]
                )
        if fewer := sorted(set(live.get("replicas", [])) - set(settings["replicas"])):
            with translate_errors("secretsmanager:RemoveRegionsFromReplication", name):
                self._client.remove_regions_from_replication(
                    SecretId=name, RemoveReplicaRegions=fewer
                )

    @staticmethod
    def _key(settings: Settings, changed: set[str]) -> Any:
        """Name AWS's own key by its alias: leaving it out would keep the one before."""
        own = settings["kms_key"] == AWS_MANAGED_KEY
        return (
            {"KmsKeyId": f"alias/{AWS_MANAGED_KEY}" if own else settings["kms_key"]}
            if "kms_key" in changed
            else {}
        )

    def policy(self, name: str) -> dict[str, Any] | None:
        """Return a secret's own policy; None where it has none, or where there is no such secret."""
        with translate_errors("secretsmanager:GetResourcePolicy", name):
            try:
                text = self._client.get_resource_policy(SecretId=name).get("ResourcePolicy")
            except self._client.exceptions.ResourceNotFoundException:
                return None
        found: dict[str, Any] | None = json.loads(text) if text else None
        return found

    def delete(self, name: str) -> None:
        """Schedule a secret for deletion, its copies first; until then `restore` brings it back."""
        state = self.state(name)
        if state and (copies := state.settings["replicas"]):
            with translate_errors("secretsmanager:RemoveRegionsFromReplication", name):
                self._client.remove_regions_from_replication(
                    SecretId=name, RemoveReplicaRegions=copies
                )
        with translate_errors("secretsmanager:DeleteSecret", name):
            self._client.delete_secret(SecretId=name, RecoveryWindowInDays=RECOVERY_DAYS)

    def read(self, name: str, version: str = "") -> Hidden:
        """Read a version's value; the current one's by default."""
        which: Any = {"VersionId": version} if version else {}
        with translate_errors("secretsmanager:GetSecretValue", name):
            answer = self._client.get_secret_value(SecretId=name, **which)
            return Hidden(answer.get("SecretString", ""))

    def read_many(self, names: Iterable[str]) -> dict[str, Hidden | AwsError]:
        """Read the current values, twenty a call; one by one what no such call gives, to hear why."""
        wanted = list(dict.fromkeys(names))
        parts = [wanted[at : at + _BATCH] for at in range(0, len(wanted), _BATCH)]
        found: dict[str, Hidden] = {}
        for values in parallel_map(self._batch, parts, self._session, "batches read", rate=BATCHES):
            found |= values
        rest = [name for name in wanted if name not in found]
        alone = dict(
            zip(rest, parallel_map(self._try, rest, self._session, "secrets read"), strict=True)
        )
        return {name: found.get(name) or alone[name] for name in wanted}

    def _batch(self, names: list[str]) -> dict[str, Hidden]:
        if self._no_batches:
            return {}
        try:
            with translate_errors("secretsmanager:BatchGetSecretValue"):
                answer = self._client.batch_get_secret_value(SecretIdList=names)
        except AwsError:
            self._no_batches = True  # a permission of its own, which an app without prefetch lacks
            return {}
        return {
            value["Name"]: Hidden(value.get("SecretString", ""))
            for value in answer.get("SecretValues", [])
        }

    def _try(self, name: str) -> Hidden | AwsError:
        try:
            return self.read(name)
        except AwsError as error:
            return error

    def policies(self, names: Iterable[str]) -> dict[str, dict[str, Any] | AwsError | None]:
        """Return the policy of each secret, as `policy` does, or why it can't be looked at."""

        def look(name: str) -> dict[str, Any] | AwsError | None:
            try:
                return self.policy(name)
            except AwsError as error:
                return error

        wanted = list(names)
        found = parallel_map(look, wanted, self._session, "policies looked at", rate=POLICIES)
        return dict(zip(wanted, found, strict=True))


def _settings(answer: DescribeSecretResponseTypeDef) -> Settings:
    key = strip_key_arn(answer.get("KmsKeyId", ""))
    return {
        "description": answer.get("Description", ""),
        "kms_key": key if key not in {"", f"alias/{AWS_MANAGED_KEY}"} else AWS_MANAGED_KEY,
        "replicas": sorted(copy.get("Region", "") for copy in answer.get("ReplicationStatus", [])),
        "tags": {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])},
    }


def _fitting(name: str, value: Hidden) -> Hidden:
    if len(value.reveal().encode()) > MAX_BYTES:
        raise AwsError(
            f"{name} is larger than 65,536 bytes, AWS's limit for a secret",
            "store it elsewhere, for example in S3",
        )
    return value
