"""The names and ARNs that the descriptions of an app's monitoring resources share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import Location, app_slug, app_tags

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest

# In days; from `shield rotate --status --publish` and the canary.
OVERDUE_METRIC = "SecretRotationOverdueDays"


class MonitoringContext:
    """The names and ARNs of one app's monitoring resources in one account and region."""

    def __init__(self, manifest: Manifest, location: Location) -> None:
        self.manifest = manifest
        self.location = location
        self.slug = app_slug(manifest.app)
        self.tags = app_tags(manifest.app)
        self.queue_name = f"{self.slug}-secrets-undelivered"
        self.queue_arn = location.arn("sqs", self.queue_name)
        self.topic_name = f"{self.slug}-secrets-alarms"
        self.topic_arn = manifest.monitoring.topic or location.arn("sns", self.topic_name)


def metric_namespace(manifest: Manifest) -> str:
    """Return the CloudWatch namespace of the app's metrics.

    The runtime sends them with AWS_SECRETS_METRICS=cloudwatch:NAMESPACE.
    """
    return manifest.monitoring.namespace or f"ShieldAI/{app_slug(manifest.app)}"
