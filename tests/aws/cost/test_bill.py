from __future__ import annotations

import json
import math
import re

import msgspec
import pytest
from shield_helpers import make_app, run

from shield_ai.aws.cost.bill import Usage, estimate_bill
from shield_ai.model.errors import ShieldError
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import (
    App,
    Functions,
    Manifest,
    Rotation,
    Secret,
)
from shield_ai.model.resource import Resource

ALARM = Resource(kind="alarm", name="a", settings={})


def manifest(number=10, rotate=None, **app):
    secrets = tuple(
        Secret(name=f"s{n}", kind=Kind.DATABASE, fields={"password": f"P{n}"}, rotate=rotate)
        for n in range(number)
    )
    return Manifest(app=App(name="shop", **app), secret=secrets)


def costs(app_manifest, resources=(), **usage):
    estimate = estimate_bill(app_manifest, resources, Usage(**usage))
    return {line.what: round(line.usd, 2) for line in estimate.lines}, estimate


@pytest.mark.parametrize(
    ("app_manifest", "usage", "what", "usd"),
    [
        pytest.param(manifest(), {}, "secrets", 4.00, id="ten secrets"),
        pytest.param(manifest(replicas=("eu-west-1", "eu-west-2")), {}, "replicas in eu-west-2", 4.00, id="replicas"),
        pytest.param(manifest(kms_key="alias/x"), {}, "KMS key", 1.00, id="customer managed key"),
        # 4 processes, every 300 s, 30.4 days, 10 secrets: 350,208 calls
        pytest.param(manifest(), {}, "API calls by the app", 1.75, id="API calls"),
        pytest.param(manifest(kms_key="alias/x"), {}, "KMS requests by the app", 1.05, id="KMS requests"),
        pytest.param(manifest(), {"reads": 10}, "API calls by the app", 0.02, id="limited by reads"),
        pytest.param(manifest(prefetch=True), {}, "API calls by the app", 0.18, id="prefetch in batches"),
        pytest.param(manifest(1, rotate=Rotation(every="1 day")), {}, "API calls by rotations", 0.0, id="rotations"),
    ],
)  # fmt: skip
def test_bill_line(app_manifest, usage, what, usd):
    assert costs(app_manifest, **usage)[0][what] == usd


def test_unused_items_are_left_out():
    assert costs(manifest())[0].keys() == {"secrets", "API calls by the app"}
    assert costs(manifest(), [ALARM, ALARM])[0]["alarms"] == 0.20


def test_savings_of_cache_and_prefetch():
    _, estimate = costs(manifest(), reads=1_000_000)
    assert estimate.without_cache > 1500 > estimate.without_prefetch > estimate.with_prefetch
    assert estimate.total == estimate.without_prefetch
    _, prefetched = costs(manifest(prefetch=True), reads=1_000_000)
    assert prefetched.total == prefetched.with_prefetch == estimate.with_prefetch
    assert estimate.total == pytest.approx(sum(line.usd for line in estimate.lines))
    assert all(line.source.startswith("https://aws.amazon.com/") for line in estimate.lines)


ROTATED = manifest(1, rotate=Rotation(every="1 day", strategy="random-value"))


@pytest.mark.parametrize(
    ("region", "seconds", "unknown"),
    [
        pytest.param("us-east-1", 0.0000166667, set(), id="base region"),
        pytest.param("eu-west-2", 0.0000166667, set(), id="same price"),
        pytest.param("ap-east-1", 0.00002292, {"secrets", "API calls by the app", "API calls by rotations", "alarms", "runtime metrics"}, id="higher and unknown prices"),
        pytest.param("mars-1", 0.0000166667, {"secrets", "API calls by the app", "API calls by rotations", "alarms", "runtime metrics", "rotation Lambda requests", "rotation Lambda duration"}, id="unknown region"),
    ],
)  # fmt: skip
def test_regional_and_unknown_prices(region, seconds, unknown):
    app_manifest = msgspec.structs.replace(
        ROTATED, app=App(name="shop", region=region), rotation=Functions()
    )
    lines = {line.what: line for line in estimate_bill(app_manifest, [ALARM], Usage()).lines}
    time = lines["rotation Lambda duration"]
    assert time.usd / time.amount == pytest.approx(seconds)
    assert {what for what, line in lines.items() if not line.known} == unknown


def test_text_marks_unknown_prices(tmp_path):
    make_app(tmp_path)
    run("draft", cwd=tmp_path)
    toml = tmp_path / "shield.toml"
    toml.write_text(
        re.sub(
            r"(?m)^# region = .*$",
            'region = "eu-west-2"\nreplicas = ["ap-east-1"]',
            toml.read_text(),
        )
    )
    lines = run("cost", cwd=tmp_path).out.splitlines()
    assert [line.split("  ")[1] for line in lines if line.endswith(" *")] == [
        "replicas in ap-east-1"
    ]
    assert "  * price of us-east-1; the region's own price is unknown and may be higher" in lines


def test_text_of_one_read(tmp_path):
    make_app(tmp_path)
    lines = run("cost", "--reads", "1", "--processes", "1", cwd=tmp_path).out.splitlines()
    assert "1 process, 300 s cache lifetime, 1 read of each secret per day:" in lines


@pytest.mark.parametrize(
    ("app_manifest", "usage", "message"),
    [
        (manifest(region="cn-north-1"), {}, "prices in cn-north-1 are unknown"),
        (manifest(), {"ttl": 0}, "processes and TTL must be greater than 0"),
        (manifest(), {"ttl": math.nan}, "processes and TTL must be greater than 0"),
        (manifest(), {"processes": 0}, "processes and TTL must be greater than 0"),
    ],
)
def test_invalid_region_or_usage(app_manifest, usage, message):
    with pytest.raises(ShieldError, match=message):
        costs(app_manifest, **usage)


def test_command_makes_no_aws_calls(tmp_path):
    make_app(tmp_path)
    done = run("cost", cwd=tmp_path)
    assert done.code == 0
    assert "secrets                    4 secrets" in done.out
    assert "may be higher" not in done.out
    assert "with cache and prefetch" in done.out
    assert "includes 2 optional secrets, created and billed only with a value" in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())
    document = json.loads(run("cost", "--json", cwd=tmp_path).out)
    assert document["total"] == pytest.approx(
        sum(line["usd"] for line in document["bill"]["lines"]), abs=0.01
    )
