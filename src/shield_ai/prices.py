"""What AWS asks for, in US dollars, and where it says so. Free tiers are left out: an account has them, not an app."""

from __future__ import annotations

import msgspec

AS_OF = "2026-11"


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """One price: so many dollars for so many of a thing a month."""

    usd: float
    per: float  # how many of it that is for
    unit: str
    source: str


_SECRETS = "https://aws.amazon.com/secrets-manager/pricing/"
_KMS = "https://aws.amazon.com/kms/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
# A copy in another region is billed as a secret; versions and AWS's own KMS key cost nothing.
PRICES = {
    "secret": Price(usd=0.40, per=1, unit="secret", source=_SECRETS),
    "call": Price(usd=0.05, per=10_000, unit="API call", source=_SECRETS),
    "key": Price(usd=1.00, per=1, unit="KMS key", source=_KMS),
    "key-call": Price(usd=0.03, per=10_000, unit="KMS request", source=_KMS),
    "metric": Price(usd=0.30, per=1, unit="metric", source=_CLOUDWATCH),
    "alarm": Price(usd=0.10, per=1, unit="alarm", source=_CLOUDWATCH),
    "dashboard": Price(usd=3.00, per=1, unit="dashboard", source=_CLOUDWATCH),
    "lambda-call": Price(usd=0.20, per=1_000_000, unit="function call", source=_LAMBDA),
    "lambda-second": Price(usd=0.0000166667, per=1, unit="GB-second", source=_LAMBDA),
}
HOME = "us-east-1"  # whose prices these are; other regions may ask for more, and the pages say how much
ELSEWHERE = {"cn-": "China's regions bill in yuan: https://www.amazonaws.cn/en/secrets-manager/pricing/"}
