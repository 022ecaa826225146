"""Test that a rewrite raises no severity: a default is judged as before the read was wrapped."""

from __future__ import annotations

import itertools

import pytest
from rewrite_helpers import PATH, rewritten

from shield_ai.model.finding import Severity
from shield_ai.scan.rules.pattern import credential_pattern
from shield_ai.scan.text.detector import Detector
from shield_ai.scan.text.grading import grade

DETECTOR = Detector([credential_pattern()])
LEVELS = list(Severity)
RANDOM = "q7Vd0zLk3PxT9mWb"
IMPORTS = "import os\nimport environ\nfrom decouple import config\nenv = environ.Env()\n"
READS = (
    'env("DB_PASSWORD", "VALUE")',
    'env("DB_PASSWORD", default="VALUE")',
    'env.str("DB_PASSWORD", "VALUE")',
    'os.environ.get("DB_PASSWORD", "VALUE")',
    'os.getenv("DB_PASSWORD", "VALUE")',
    'os.environ.get("DB_PASSWORD") or "VALUE"',
    'config("DB_PASSWORD", cast=str, default="VALUE")',
)
DATABASE = """DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": env("DB_NAME", "bookwyrm"),
        "USER": env("DB_USER", "bookwyrm"),
        "PASSWORD": READ,
        "HOST": env("DB_HOST", "dbserver"),
        "PORT": env("DB_PORT", "5432"),
    }
}
"""
USER_BELOW = """DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "PASSWORD": READ,
        "PORT": env("DB_PORT", "5432"),
        "HOST": env("DB_HOST", "dbserver"),
        "USER": env("DB_USER", "bookwyrm"),
    }
}
"""
ONE_LINE = (
    'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", '
    '"USER": env("DB_USER", "bookwyrm"), "PASSWORD": READ}}\n'
)
PLAIN = "DB_USER = 'bookwyrm'\nDB_PASSWORD = READ\n"
SHAPES = {"database": DATABASE, "user below": USER_BELOW, "one line": ONE_LINE, "plain": PLAIN}
VALUES = ("bookwyrm", "changeme", "opensesame", "dbserver", RANDOM)


def severities(raw):
    """Return the severities of the credentials in a settings file."""
    findings = DETECTOR.find(PATH, raw)
    return [finding.severity for finding in grade(findings, {PATH: raw}.get)]


def highest(raw):
    return max(map(LEVELS.index, severities(raw)), default=-1)


@pytest.mark.parametrize("shape", [pytest.param(code, id=name) for name, code in SHAPES.items()])
@pytest.mark.parametrize("read", READS)
def test_a_rewrite_raises_no_severity(shape, read):
    for value in VALUES:
        before = (IMPORTS + shape.replace("READ", read.replace("VALUE", value))).encode()
        after, _ = rewritten(before)
        assert b"get_secret(" in after
        assert highest(after) <= highest(before), after.decode()


def test_a_rewrite_keeps_the_severity_of_a_strong_default():
    for shape, read in itertools.product((DATABASE, PLAIN), READS[:2]):
        before = (IMPORTS + shape.replace("READ", read.replace("VALUE", RANDOM))).encode()
        after, _ = rewritten(before)
        assert severities(after) == severities(before)
        assert Severity.HIGH in severities(after)
