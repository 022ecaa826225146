"""Count the operations of a client, and send the counters to CloudWatch."""

from __future__ import annotations

import sys
import time
from time import monotonic

from . import process
from .errors import Failure, SecretNotFoundError
from .log import warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Thread
    from typing import Any

    from .settings import Settings

COUNTS = (
    "SecretsManagerCalls",
    "CacheHits",
    "CacheMisses",
    "SecretErrors",
    "FallbackToEnv",
    "StaleServed",
)
UNITS = {
    **dict.fromkeys(COUNTS, "Count"),
    "CacheHitRate": "Percent",
    **dict.fromkeys(("SecretAgeSeconds",), "Seconds"),
}
REPORT_EVERY = 60.0  # seconds


class Counters:
    """The counters of a client in this process. Changing `counts` requires process.lock."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
        self.last_error: tuple[str, float] | None = None  # type and monotonic time

    def add(self, name: str, number: int = 1) -> None:
        """Add to one counter."""
        with process.lock:
            self.counts[name] += number

    def note(self, answer: Any, *, counts_missing: bool) -> Any:
        """Count an answer that is an error, and return the answer.

        A missing secret is an error only if the caller has no default. Therefore, it is counted
        later than other errors.

        Args:
            answer: A value or a failure.
            counts_missing: Count only missing secrets; otherwise, only other failures.
        """
        if not isinstance(answer, Failure):
            return answer
        is_missing = answer.kind is SecretNotFoundError
        if is_missing == counts_missing:
            with process.lock:
                self.counts["SecretErrors"] += 1
                self.last_error = (answer.kind.__name__, monotonic())
        return answer


class Reporter:
    """Sends the changes of the counters every minute, in a background thread."""

    def __init__(self, settings: Callable[[], Settings], stats: Callable[[], Any]) -> None:
        self._settings = settings
        self._stats = stats
        self.thread: Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it is running."""
        from threading import Thread

        with process.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = Thread(target=self._run, name="shield-ai-metrics", daemon=True)
                self.thread.start()

    def _run(self) -> None:
        sent: dict[str, float] = dict.fromkeys(COUNTS, 0.0)
        while self._settings().metrics != "off":
            time.sleep(REPORT_EVERY)
            now = self._stats()
            figures = _since(sent, now)
            if figures is None:
                continue
            settings = self._settings()
            try:
                send = _print_emf if settings.metrics == "emf" else _put_metric_data
                send(settings.namespace or "ShieldAI", figures)
            except Exception as error:
                from .transport import error_code

                warn("metrics can't be sent: %s", error_code(error))
            else:
                sent = {name: now[name] for name in COUNTS}


def _since(sent: dict[str, float], now: dict[str, float]) -> dict[str, float] | None:
    """Return the figures since the last report; None if no secret was read."""
    figures = {name: now[name] - sent[name] for name in COUNTS}
    hits = figures.pop("CacheHits")
    reads = hits + figures.pop("CacheMisses")
    if not reads:
        return None
    figures["CacheHitRate"] = 100 * hits / reads
    figures["SecretAgeSeconds"] = now["SecretAgeSeconds"]
    return figures


def _print_emf(namespace: str, figures: dict[str, float]) -> None:
    """Print one line of the embedded metric format, which CloudWatch Logs turns into metrics.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    import json

    metrics = [{"Name": name, "Unit": UNITS[name]} for name in figures]
    directive = {"Namespace": namespace, "Dimensions": [[]], "Metrics": metrics}
    metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    if sys.stdout is not None:  # as in a Windows service
        sys.stdout.write(json.dumps({"_aws": metadata, **figures}) + "\n")
        sys.stdout.flush()


def _put_metric_data(namespace: str, figures: dict[str, float]) -> None:
    import boto3

    data: Any = [
        {"MetricName": name, "Value": value, "Unit": UNITS[name]} for name, value in figures.items()
    ]
    client = boto3.Session().client("cloudwatch")
    client.put_metric_data(Namespace=namespace, MetricData=data)
