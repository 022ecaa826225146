"""Read, change and export the CloudWatch dashboards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.live.calls import translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.syntax.awscli import command, compact_json
from shield_ai.aws.syntax.terraform import Block, document_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudwatch import CloudWatchClient

    from shield_ai.aws.live.session import Session
    from shield_ai.aws.syntax.cloudformation import Part
    from shield_ai.model.resource import Settings


class Dashboard(ResourceKind):
    """A dashboard, with its `body` as the only setting."""

    kind = "dashboard"
    max_name = 255
    arn = "arn:{partition}:cloudwatch::{account}:dashboard/{name}"
    permissions = Permissions(
        read=("cloudwatch:GetDashboard",),
        create=("cloudwatch:PutDashboard",),
        update=("cloudwatch:PutDashboard",),
        delete=("cloudwatch:DeleteDashboards",),
    )

    def __init__(self, session: Session) -> None:
        self._client: CloudWatchClient = session.cloudwatch()

    def read(self, name: str) -> Settings | None:
        """Return the dashboard's settings; None if it does not exist."""
        with translate_errors("cloudwatch:GetDashboard", name):
            try:
                response = self._client.get_dashboard(DashboardName=name)
            except self._client.exceptions.ResourceNotFound:
                return None
        return {"body": parse_document(response["DashboardBody"], "cloudwatch:GetDashboard")}

    def upsert(self, name: str, settings: Settings, _live: Settings | None) -> None:
        """Create or overwrite the dashboard."""
        body = json.dumps(settings["body"])
        with translate_errors("cloudwatch:PutDashboard", name):
            self._client.put_dashboard(DashboardName=name, DashboardBody=body)

    def delete(self, name: str) -> None:
        """Delete the dashboard, if it exists."""
        with translate_errors("cloudwatch:DeleteDashboards", name):
            try:
                self._client.delete_dashboards(DashboardNames=[name])
            except self._client.exceptions.ResourceNotFound:
                return

    def import_ids(self, name: str, _settings: Settings, _live: Settings) -> Iterator[str]:
        """Yield the ID for `terraform import`: the dashboard's name."""
        yield name

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield (
            "CloudWatch::Dashboard",
            {"DashboardName": name, "DashboardBody": json.dumps(settings["body"])},
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield (
            "aws_cloudwatch_dashboard",
            {"dashboard_name": name, "dashboard_body": document_text(settings["body"])},
        )

    @staticmethod
    def to_awscli(name: str, settings: Settings) -> Iterator[str]:
        yield command(
            "cloudwatch",
            "put-dashboard",
            dashboard_name=name,
            dashboard_body=compact_json(settings["body"]),
        )
