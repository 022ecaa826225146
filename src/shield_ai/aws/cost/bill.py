"""What the app's secrets cost a month, from shield.toml and how the app runs; and what the cache saves."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.cost.prices import UNSUPPORTED_REGIONS, find_price
from shield_ai.aws.desired.iam import uses_customer_key
from shield_ai.model import schedule
from shield_ai.model.errors import ShieldError
from shield_ai.model.manifest import Rotation
from shield_ai.model.rotation_policy import rotation_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Resource

MONTH = 30.4 * 24 * 3600  # seconds
DAYS = 30.4
BATCH = 20  # secrets in one BatchGetSecretValue
METRICS = 8  # that the runtime sends: see its COUNTS, and the age and hit rate
STEPS, STEP_SECONDS, STEP_GB = 4, 3.0, 0.25  # of one rotation
_START, _YEAR = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=365)
ROTATION_CALLS = 16  # of Secrets Manager, in one rotation


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """How the app runs."""

    processes: int = 4
    ttl: float = 300.0  # seconds that a value is kept
    reads: int = 100_000  # of each secret by the whole app, a day


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on the bill."""

    what: str
    amount: float
    unit: str
    usd: float
    source: str
    read: str  # the month of the price list
    known: bool = True  # False: the region's own price was never seen, this is that of us-east-1


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A month's costs in US dollars, and what they would be otherwise."""

    lines: tuple[Line, ...]
    without_cache: float  # a call for each read
    without_prefetch: float  # a call for each secret
    with_prefetch: float  # one call for twenty secrets

    @property
    def total(self) -> float:
        """All of it."""
        return sum(line.usd for line in self.lines)


def bill(manifest: Manifest, things: Sequence[Resource], usage: Usage) -> Bill:
    """Work out the bill.

    Args:
        manifest: What the app has.
        things: What it has in AWS beside its secrets.
        usage: How it runs.

    Raises:
        ShieldError: Its region bills in another currency, or a number is none.
    """
    if usage.processes < 1 or usage.ttl <= 0 or usage.reads < 0:
        raise ShieldError("processes and TTL are more than 0, reads not less", "shield cost --help")
    region = manifest.app.region
    for start, words in UNSUPPORTED_REGIONS.items():
        if region.startswith(start):
            raise ShieldError(f"no prices for {region}", words)
    secrets = len(manifest.secret)
    fetches = usage.processes * MONTH / usage.ttl
    # A value that nobody asks for is not fetched again.
    cached = min(fetches, usage.reads * DAYS) * secrets
    batched = min(fetches, usage.reads * DAYS) * math.ceil(secrets / BATCH)
    rotations = sum(_rotations(manifest))
    calls = batched if manifest.app.prefetch else cached
    lines = [*_lines(manifest, things, calls, rotations)]
    others = sum(
        line.usd
        for line in lines
        if line.what not in {"calls of the app", "KMS requests of the app"}
    )

    def whole(amount: float) -> float:
        decrypted = find_price("key-call", region).usd if uses_customer_key(manifest.app) else 0
        return others + amount * (find_price("call", region).usd + decrypted)

    return Bill(
        lines=tuple(lines),
        without_cache=whole(usage.reads * DAYS * secrets),
        without_prefetch=whole(cached),
        with_prefetch=whole(batched),
    )


def _lines(
    manifest: Manifest, things: Sequence[Resource], calls: float, rotations: float
) -> Iterator[Line]:
    app, secrets = manifest.app, len(manifest.secret)

    def line(what: str, name: str, amount: float, region: str = app.region) -> Line:
        found = find_price(name, region)
        unit, source, read = found.price.unit, found.price.source, found.price.read
        usd = amount * found.usd
        return Line(
            what=what,
            amount=amount,
            unit=unit,
            usd=usd,
            source=source,
            read=read,
            known=found.known,
        )

    yield line("secrets", "secret", secrets)
    for region in app.replicas:
        yield line(f"copies in {region}", "secret", secrets, region)
    yield line("calls of the app", "call", calls)
    if uses_customer_key(app):
        yield line("KMS key", "key", 1)
        yield line("KMS requests of the app", "key-call", calls)
    if rotations:
        yield line("calls of rotations", "call", rotations * ROTATION_CALLS)
    # else it is shield rotate, from a machine that is there already
    if rotations and manifest.rotation:
        yield line("rotation function, calls", "lambda-call", rotations * STEPS)
        yield line(
            "rotation function, time", "lambda-second", rotations * STEPS * STEP_SECONDS * STEP_GB
        )
    kinds = [thing.kind for thing in things]
    if alarms := kinds.count("alarm"):
        yield line("metrics of the runtime", "metric", METRICS)
        yield line("alarms", "alarm", alarms)
    if dashboards := kinds.count("dashboard"):
        yield line("dashboard", "dashboard", dashboards)


def _rotations(manifest: Manifest) -> Iterator[float]:
    """Give the rotations a month of each secret that a function rotates."""
    for secret in manifest.secret:
        if isinstance(secret.rotate, Rotation) and rotation_strategy(secret):
            planned, moment, number = schedule.parse(secret.rotate.every), _START, 0
            while (moment := planned.next(moment)) <= _START + _YEAR:
                number += 1
            yield number / 12
