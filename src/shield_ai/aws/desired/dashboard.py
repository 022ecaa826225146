"""A CloudWatch dashboard of what the runtime counts.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shield_ai.model.resource import Settings

# title, statistic, metrics
GRAPHS = (
    (
        "Errors, and what was served in spite of them",
        "Sum",
        ("SecretErrors", "FallbackToEnv", "StaleServed"),
    ),
    ("Calls to AWS", "Sum", ("SecretsManagerCalls",)),
    ("Answers from the cache, per cent", "Average", ("CacheHitRate",)),
    ("Age of the oldest value, seconds", "Maximum", ("SecretAgeSeconds",)),
)
WIDTH, HEIGHT = 12, 6  # of 24 columns


def dashboard_settings(namespace: str, region: str) -> Settings:
    """Describe the dashboard of one namespace."""
    return {
        "body": {"widgets": [_graph(number, namespace, region) for number in range(len(GRAPHS))]}
    }


def _graph(number: int, namespace: str, region: str) -> dict[str, Any]:
    title, statistic, metrics = GRAPHS[number]
    return {
        "type": "metric",
        "x": WIDTH * (number % 2),
        "y": HEIGHT * (number // 2),
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": title,
            "region": region,
            "view": "timeSeries",
            "stat": statistic,
            "period": 300,
            "metrics": [[namespace, metric] for metric in metrics],
        },
    }
