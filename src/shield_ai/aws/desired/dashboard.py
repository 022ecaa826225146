"""Describe a CloudWatch dashboard of the runtime's metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from shield_ai.model.resource import Settings


class Graph(NamedTuple):
    """A graph of one or more metrics."""

    title: str
    statistic: str
    metrics: tuple[str, ...]


GRAPHS = (
    Graph("Errors and fallbacks", "Sum", ("SecretErrors", "FallbackToEnv", "StaleServed")),
    Graph("Secrets Manager API calls", "Sum", ("SecretsManagerCalls",)),
    Graph("Cache hit rate (percent)", "Average", ("CacheHitRate",)),
    Graph("Age of the oldest cached value (seconds)", "Maximum", ("SecretAgeSeconds",)),
)
WIDTH = 12  # of 24 columns: two graphs in a row
HEIGHT = 6


def dashboard_settings(namespace: str, region: str) -> Settings:
    """Describe the dashboard of a metric namespace."""
    widgets = [_widget(graph, number, namespace, region) for number, graph in enumerate(GRAPHS)]
    return {"body": {"widgets": widgets}}


def _widget(graph: Graph, number: int, namespace: str, region: str) -> dict[str, Any]:
    row, column = divmod(number, 2)
    return {
        "type": "metric",
        "x": WIDTH * column,
        "y": HEIGHT * row,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": graph.title,
            "region": region,
            "view": "timeSeries",
            "stat": graph.statistic,
            "period": 300,
            "metrics": [[namespace, metric] for metric in graph.metrics],
        },
    }
