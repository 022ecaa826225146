"""Read, create, change, delete and restore secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.secrets import AWS_MANAGED_KEY, strip_key_arn
from shield_ai.aws.live.calls import removed_tags, tag_dict, tag_list, translate_errors
from shield_ai.aws.live.parallel import BATCH_GET_RATE, RESOURCE_POLICY_RATE, parallel_map
from shield_ai.aws.live.responses import parse_document
from shield_ai.model.errors import AwsError, AwsNotFoundError
from shield_ai.model.hidden import Hidden
from shield_ai.model.resource import Live, SecretState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import (
        DescribeSecretResponseTypeDef,
        GetSecretValueResponseTypeDef,
        SecretValueEntryTypeDef,
    )

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings

# 7 to 30 days, 30 by default:
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
RECOVERY_DAYS = 30
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_BYTES = 65_536
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
_BATCH_SIZE = 20


class SecretsManager:
    """The secrets of one account and region. Methods raise AwsError if a call fails."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: SecretsManagerClient = session.secretsmanager()
        self._can_batch = True

    def live_state(self, names: Iterable[str]) -> Live:
        """Return the state of the secrets with these names, without their values."""
        account = self._session.account()
        wanted = sorted(set(names))
        states = parallel_map(self.state, wanted, self._session, "secrets checked")
        secrets = {name: state for name, state in zip(wanted, states, strict=True) if state}
        return Live(account=account, region=self._session.region, secrets=secrets)

    def state(self, name: str) -> SecretState | None:
        """Return the state of one secret, or None if it does not exist."""
        with translate_errors("secretsmanager:DescribeSecret", name):
            try:
                response = self._client.describe_secret(SecretId=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        stages_by_version = response.get("VersionIdsToStages", {})
        return SecretState(
            arn=response["ARN"],
            tags=tag_dict(response.get("Tags", [])),
            deleted=bool(response.get("DeletedDate")),
            versions={version: tuple(stages) for version, stages in stages_by_version.items()},
            settings=_settings(response),
        )

    def create(self, name: str, value: Hidden, settings: Settings, *, token: str) -> str:
        """Create a secret and return its ARN. Repeating the call with the same token is safe."""
        options: dict[str, Any] = {}
        if settings["kms_key"] != AWS_MANAGED_KEY:
            options["KmsKeyId"] = settings["kms_key"]
        if settings["replicas"]:
            options["AddReplicaRegions"] = [{"Region": region} for region in settings["replicas"]]
        with translate_errors("secretsmanager:CreateSecret", name):
            try:
                response = self._client.create_secret(
                    Name=name,
                    ClientRequestToken=token,
                    SecretString=_reveal(name, value),
                    Description=settings["description"],
                    Tags=tag_list(settings["tags"]),
                    **options,
                )
            except self._client.exceptions.ResourceExistsException:
                raise AwsError(
                    f"secret {name} already exists: it was created after the plan",
                    "run shield plan to see its current state",
                ) from None
        return response["ARN"]

    def restore(self, name: str, value: Hidden | None, *, token: str) -> str:
        """Cancel a scheduled deletion, store a new current value, and return the secret's ARN.

        Without a value, the secret keeps its current one.
        """
        if value:
            _reveal(name, value)  # raises before anything is changed
        with translate_errors("secretsmanager:RestoreSecret", name):
            response = self._client.restore_secret(SecretId=name)
        if value:
            self.put_value(name, value, token=token)
        return response["ARN"]

    def put_value(self, name: str, value: Hidden, *, token: str) -> None:
        """Store a value as the current version. The token becomes the version ID."""
        with translate_errors("secretsmanager:PutSecretValue", name):
            self._client.put_secret_value(
                SecretId=name,
                ClientRequestToken=token,
                SecretString=_reveal(name, value),
                VersionStages=["AWSCURRENT"],
            )
        # AWS does not change the stages of a version that already exists.
        self.move_current(name, token)

    def move_current(self, name: str, version: str) -> None:
        """Move the label AWSCURRENT to a version, unless the version already has it."""
        state = self.state(name)
        if not state or state.current == version:
            return
        options = {"RemoveFromVersionId": state.current} if state.current else {}
        with translate_errors("secretsmanager:UpdateSecretVersionStage", name):
            self._client.update_secret_version_stage(
                SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=version, **options
            )

    def update_settings(self, name: str, settings: Settings, live: Settings) -> None:
        """Change the settings that differ from the live ones. The value does not change."""
        self._update_description_and_key(name, settings, live)
        live_tags = live.get("tags", {})
        if removed := removed_tags(live_tags, settings["tags"]):
            with translate_errors("secretsmanager:UntagResource", name):
                self._client.untag_resource(SecretId=name, TagKeys=removed)
        if changed := dict(settings["tags"].items() - live_tags.items()):
            with translate_errors("secretsmanager:TagResource", name):
                self._client.tag_resource(SecretId=name, Tags=tag_list(changed))
        self._update_replicas(name, set(settings["replicas"]), set(live.get("replicas", [])))

    def _update_description_and_key(self, name: str, settings: Settings, live: Settings) -> None:
        is_key_changed = settings["kms_key"] != live.get("kms_key")
        if not is_key_changed and settings["description"] == live.get("description"):
            return
        options = {}
        if is_key_changed:
            key = settings["kms_key"]
            # Omitting the AWS managed key would keep the previous key.
            options["KmsKeyId"] = f"alias/{key}" if key == AWS_MANAGED_KEY else key
        with translate_errors("secretsmanager:UpdateSecret", name):
            self._client.update_secret(
                SecretId=name, Description=settings["description"], **options
            )

    def _update_replicas(self, name: str, wanted: set[str], live: set[str]) -> None:
        if added := sorted(wanted - live):
            with translate_errors("secretsmanager:ReplicateSecretToRegions", name):
                self._client.replicate_secret_to_regions(
                    SecretId=name, AddReplicaRegions=[{"Region": region} for region in added]
                )
        if removed := sorted(live - wanted):
            with translate_errors("secretsmanager:RemoveRegionsFromReplication", name):
                self._client.remove_regions_from_replication(
                    SecretId=name, RemoveReplicaRegions=removed
                )

    def resource_policy(self, name: str) -> dict[str, Any] | None:
        """Return a secret's resource policy; None without one, or if the secret is missing."""
        with translate_errors("secretsmanager:GetResourcePolicy", name):
            try:
                text = self._client.get_resource_policy(SecretId=name).get("ResourcePolicy")
            except self._client.exceptions.ResourceNotFoundException:
                return None
        if not text:
            return None
        return parse_document(text, "secretsmanager:GetResourcePolicy")

    def delete(self, name: str) -> None:
        """Remove a secret's replicas and schedule it for deletion, which `restore` cancels."""
        state = self.state(name)
        replicas = state.settings["replicas"] if state else []
        if replicas:
            with translate_errors("secretsmanager:RemoveRegionsFromReplication", name):
                self._client.remove_regions_from_replication(
                    SecretId=name, RemoveReplicaRegions=replicas
                )
        with translate_errors("secretsmanager:DeleteSecret", name):
            self._client.delete_secret(SecretId=name, RecoveryWindowInDays=RECOVERY_DAYS)

    def read(self, name: str, version: str = "") -> Hidden:
        """Return the value of a version; of the current version by default.

        Raises:
            AwsNotFoundError: The secret does not exist or is scheduled for deletion.
        """
        options = {"VersionId": version} if version else {}
        with translate_errors("secretsmanager:GetSecretValue", name):
            try:
                response = self._client.get_secret_value(SecretId=name, **options)
            except self._client.exceptions.InvalidRequestException:
                # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
                raise AwsNotFoundError(
                    f"secret {name} is scheduled for deletion", "run shield apply to restore it"
                ) from None
        return _value(response)

    def read_many(self, names: Iterable[str]) -> dict[str, Hidden | AwsError]:
        """Return the current values, by name, or the error of each value that can't be read.

        Values are read in batches; those that a batch does not contain are read one by one, to
        get their error.
        """
        wanted = list(dict.fromkeys(names))
        batches = [wanted[at : at + _BATCH_SIZE] for at in range(0, len(wanted), _BATCH_SIZE)]
        values: dict[str, Hidden | AwsError] = {}
        for batch in parallel_map(
            self._read_batch, batches, self._session, "batches read", rate=BATCH_GET_RATE
        ):
            values |= batch
        missing = [name for name in wanted if name not in values]
        results = parallel_map(self._read_or_error, missing, self._session, "secrets read")
        values |= zip(missing, results, strict=True)
        return {name: values[name] for name in wanted}

    def _read_batch(self, names: list[str]) -> dict[str, Hidden]:
        if not self._can_batch:
            return {}
        try:
            with translate_errors("secretsmanager:BatchGetSecretValue"):
                response = self._client.batch_get_secret_value(SecretIdList=names)
        except AwsError:
            # The call needs a separate permission, which an app without prefetch lacks.
            self._can_batch = False
            return {}
        return {value["Name"]: _value(value) for value in response.get("SecretValues", [])}

    def _read_or_error(self, name: str) -> Hidden | AwsError:
        try:
            return self.read(name)
        except AwsError as error:
            return error

    def resource_policies(
        self, names: Iterable[str]
    ) -> dict[str, dict[str, Any] | AwsError | None]:
        """Return the resource policy of each secret, as `resource_policy` does, or the error."""
        wanted = list(names)
        policies = parallel_map(
            self._policy_or_error,
            wanted,
            self._session,
            "policies checked",
            rate=RESOURCE_POLICY_RATE,
        )
        return dict(zip(wanted, policies, strict=True))

    def _policy_or_error(self, name: str) -> dict[str, Any] | AwsError | None:
        try:
            return self.resource_policy(name)
        except AwsError as error:
            return error


def _settings(response: DescribeSecretResponseTypeDef) -> Settings:
    key = strip_key_arn(response.get("KmsKeyId", ""))
    if key in {"", f"alias/{AWS_MANAGED_KEY}"}:
        key = AWS_MANAGED_KEY
    replicas = response.get("ReplicationStatus", [])
    return {
        "description": response.get("Description", ""),
        "kms_key": key,
        "replicas": sorted(replica.get("Region", "") for replica in replicas),
        "tags": tag_dict(response.get("Tags", [])),
    }


def _value(response: GetSecretValueResponseTypeDef | SecretValueEntryTypeDef) -> Hidden:
    """Return the text of a value. Bytes of binary data that are not UTF-8 become lone surrogates.

    Environment variables use the same encoding: https://peps.python.org/pep-0383/
    """
    if "SecretString" in response:
        return Hidden(response["SecretString"])
    return Hidden(response["SecretBinary"].decode("utf-8", "surrogateescape"))


def _reveal(name: str, value: Hidden) -> str:
    """Return the text of a value.

    Raises:
        AwsError: AWS does not accept the value: it is not valid Unicode, or too large.
    """
    text = value.reveal()
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise AwsError(
            f"the value of {name} is not UTF-8 text", "store binary data as text, such as base64"
        ) from None
    if len(encoded) > MAX_BYTES:
        raise AwsError(
            f"{name} is larger than 65,536 bytes, the limit of Secrets Manager",
            "store it elsewhere, for example in S3",
        )
    return text
