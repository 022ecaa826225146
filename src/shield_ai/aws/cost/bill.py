"""Estimate the monthly cost of an app's secrets, and what caching and prefetching save."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.cost.prices import UNSUPPORTED_REGIONS, find_price
from shield_ai.aws.desired.iam import uses_customer_key
from shield_ai.aws.desired.rotation import secrets_with_rotation_function
from shield_ai.model import schedule
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Resource

DAYS_PER_MONTH = 30.4  # on average
SECONDS_PER_MONTH = DAYS_PER_MONTH * 24 * 3600
BATCH_SIZE = 20  # secrets in one BatchGetSecretValue call
RUNTIME_METRICS = 8  # the runtime's counters, its cache hit rate and the age of its oldest value
# Of one rotation:
ROTATION_API_CALLS = 16
ROTATION_STEPS = 4
SECONDS_PER_STEP = 3.0
FUNCTION_MEMORY_GB = 0.25
_YEAR_START = datetime(2026, 1, 1, tzinfo=UTC)
_YEAR_END = _YEAR_START + timedelta(days=365)


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """How the app reads its secrets."""

    processes: int = 4
    ttl: float = 300.0  # seconds for which a value is cached
    reads: int = 100_000  # per day, of each secret, by all processes of the app


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the bill."""

    what: str
    amount: float
    unit: str
    usd: float
    source: str  # the URL of the price
    read: str  # the month of the price list
    known: bool = True  # False: the region's price is unknown, and this is the one of us-east-1


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A month's cost in US dollars, with the totals for other ways to read the secrets."""

    lines: tuple[BillLine, ...]
    without_cache: float  # one call for each read
    without_prefetch: float  # one call for each secret
    with_prefetch: float  # one call for each 20 secrets

    @property
    def total(self) -> float:
        """The sum of all items."""
        return sum(line.usd for line in self.lines)


def estimate_bill(manifest: Manifest, resources: Sequence[Resource], usage: Usage) -> Bill:
    """Estimate the cost of a month.

    Args:
        manifest: The app.
        resources: Its AWS resources besides the secrets.
        usage: How it reads its secrets.

    Raises:
        ShieldError: The region bills in another currency, or the usage has an invalid number.
    """
    region = manifest.app.region
    _check_usage(usage)
    _check_region(region)
    secrets = len(manifest.secret)
    reads = usage.reads * DAYS_PER_MONTH
    # Each process fetches a value at most once per TTL, and only if it is read.
    fetches = min(usage.processes * SECONDS_PER_MONTH / usage.ttl, reads)
    cached_calls = fetches * secrets
    prefetch_calls = fetches * math.ceil(secrets / BATCH_SIZE)
    app_calls = prefetch_calls if manifest.app.prefetch else cached_calls
    app_lines = list(_app_lines(manifest, app_calls))
    lines = tuple(_bill_lines(manifest, resources, app_lines))

    other_costs = 0.0
    for line in lines:
        if line not in app_lines:
            other_costs += line.usd
    cost_per_call = find_price("call", region).usd
    if uses_customer_key(manifest.app):
        cost_per_call += find_price("key-call", region).usd
    return Bill(
        lines=lines,
        without_cache=other_costs + reads * secrets * cost_per_call,
        without_prefetch=other_costs + cached_calls * cost_per_call,
        with_prefetch=other_costs + prefetch_calls * cost_per_call,
    )


def _check_usage(usage: Usage) -> None:
    is_ttl_valid = usage.ttl > 0  # false for NaN, too
    if usage.processes < 1 or not is_ttl_valid or usage.reads < 0:
        raise ShieldError(
            "processes and TTL must be greater than 0, and reads must not be negative",
            "see shield cost --help",
        )


def _check_region(region: str) -> None:
    for prefix, hint in UNSUPPORTED_REGIONS.items():
        if region.startswith(prefix):
            raise ShieldError(f"prices in {region} are unknown", hint)


def _bill_lines(
    manifest: Manifest, resources: Sequence[Resource], app_lines: Sequence[BillLine]
) -> Iterator[BillLine]:
    app = manifest.app
    secrets = len(manifest.secret)
    yield _bill_line("secrets", "secret", secrets, app.region)
    for replica_region in app.replicas:
        yield _bill_line(f"replicas in {replica_region}", "secret", secrets, replica_region)
    if uses_customer_key(app):
        yield _bill_line("KMS key", "key", 1, app.region)
    yield from app_lines
    yield from _rotation_lines(manifest)
    kinds = [resource.kind for resource in resources]
    alarms = kinds.count("alarm")
    if alarms:
        yield _bill_line("runtime metrics", "metric", RUNTIME_METRICS, app.region)
        yield _bill_line("alarms", "alarm", alarms, app.region)
    dashboards = kinds.count("dashboard")
    if dashboards:
        yield _bill_line("dashboard", "dashboard", dashboards, app.region)


def _app_lines(manifest: Manifest, calls: float) -> Iterator[BillLine]:
    """Yield what the app's reads cost."""
    app = manifest.app
    yield _bill_line("API calls by the app", "call", calls, app.region)
    if uses_customer_key(app):
        yield _bill_line("KMS requests by the app", "key-call", calls, app.region)


def _rotation_lines(manifest: Manifest) -> Iterator[BillLine]:
    region = manifest.app.region
    rotations = sum(_rotations_per_month(manifest))
    if not rotations:
        return
    calls = rotations * ROTATION_API_CALLS
    yield _bill_line("API calls by rotations", "call", calls, region)
    if manifest.rotation:  # otherwise, shield rotate runs on an existing machine
        requests = rotations * ROTATION_STEPS
        duration = requests * SECONDS_PER_STEP * FUNCTION_MEMORY_GB
        yield _bill_line("rotation Lambda requests", "lambda-call", requests, region)
        yield _bill_line("rotation Lambda duration", "lambda-second", duration, region)


def _rotations_per_month(manifest: Manifest) -> Iterator[float]:
    """Yield the average number of rotations of each secret that rotates automatically."""
    for _, rotate in secrets_with_rotation_function(manifest):
        planned = schedule.parse_schedule(rotate.every)
        number = 0
        moment = planned.next(_YEAR_START)
        while moment <= _YEAR_END:
            number += 1
            moment = planned.next(moment)
        yield number / 12


def _bill_line(what: str, price_name: str, amount: float, region: str) -> BillLine:
    regional = find_price(price_name, region)
    return BillLine(
        what=what,
        amount=amount,
        unit=regional.price.unit,
        usd=amount * regional.usd,
        source=regional.price.source,
        read=regional.price.read,
        known=regional.is_known,
    )
