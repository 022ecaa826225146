"""What AWS asks for, in US dollars, by region, and where it says so. Free tiers are left out: an account has them.

AWS publishes each price in a file for each service and region, with the name of its service in the place of SERVICE:
https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/SERVICE/current/REGION/index.json
These were taken from public copies of those files; `source` is AWS's own page, which says what holds now.
"""

from __future__ import annotations

import msgspec

AS_OF = "2026-09"


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """One price: so many dollars for so many of a thing a month."""

    usd: float
    per: float  # how many of it that is for
    unit: str
    source: str
    read: str  # the month of the price list that it was taken from
    service: str  # that has it, as the price list calls it


class RegionalPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price as it is in one region."""

    usd: float  # for one of it
    price: Price
    known: bool  # False: it is that of HOME, since the region's own was never seen


_SECRETS = {
    "source": "https://aws.amazon.com/secrets-manager/pricing/",
    "read": AS_OF,
    "service": "AWSSecretsManager",
}
_KMS = {"source": "https://aws.amazon.com/kms/pricing/", "read": AS_OF, "service": "awskms"}
_CLOUDWATCH = {
    "source": "https://aws.amazon.com/cloudwatch/pricing/",
    "read": AS_OF,
    "service": "AmazonCloudWatch",
}
_LAMBDA = {
    "source": "https://aws.amazon.com/lambda/pricing/",
    "read": AS_OF,
    "service": "AWSLambda",
}
BASE_REGION = "us-east-1"  # whose prices these are
# A copy in another region is billed as a secret; versions and AWS's own KMS key cost nothing.
PRICES = {
    "secret": Price(usd=0.40, per=1, unit="secret", **_SECRETS),
    "call": Price(usd=0.05, per=10_000, unit="API call", **_SECRETS),
    "key": Price(usd=1.00, per=1, unit="KMS key", **_KMS),
    "key-call": Price(usd=0.03, per=10_000, unit="KMS request", **_KMS),
    "metric": Price(usd=0.30, per=1, unit="metric", **_CLOUDWATCH),
    "alarm": Price(usd=0.10, per=1, unit="alarm", **_CLOUDWATCH),
    "dashboard": Price(usd=3.00, per=1, unit="dashboard", **_CLOUDWATCH),
    "lambda-call": Price(usd=0.20, per=1_000_000, unit="function call", **_LAMBDA),
    "lambda-second": Price(usd=0.0000166667, per=1, unit="GB-second", **_LAMBDA),
}
EVERYWHERE = frozenset({"dashboard"})  # one product for all regions
# Where the price list was seen to ask for the same as in HOME.
SAME_PRICE_REGIONS = {
    "AWSSecretsManager": frozenset(
        {"us-west-2", "ap-northeast-1", "ap-south-1", "ap-southeast-1", "eu-central-1", "eu-west-2"}
    ),
    "awskms": frozenset(
        {"us-west-2", "ap-northeast-1", "ap-south-1", "ap-southeast-1", "eu-central-1", "eu-west-2"}
    ),
    "AmazonCloudWatch": frozenset({"ap-northeast-1", "eu-west-2"}),
    "AWSLambda": frozenset(
        {
            "us-east-2",
            "us-west-1",
            "us-west-2",
            "us-gov-east-1",
            "us-gov-west-1",
            "ca-central-1",
            "ca-west-1",
            "sa-east-1",
        }
        | {
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
        }
        | {
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "eu-central-1",
            "eu-north-1",
            "eu-south-2",
        }
        | {"eu-west-1", "eu-west-2", "eu-west-3"}
    ),
}
# Where it asks for something else: price → region → dollars, for as many as in PRICES.
REGIONAL_PRICES = {
    "lambda-call": {
        "af-south-1": 0.27,
        "ap-east-1": 0.28,
        "eu-central-2": 0.22,
        "eu-south-1": 0.23,
        "il-central-1": 0.21,
        "me-central-1": 0.25,
        "me-south-1": 0.25,
    },
    "lambda-second": {
        "af-south-1": 0.0000221,
        "ap-east-1": 0.00002292,
        "eu-central-2": 0.0000183334,
        "eu-south-1": 0.0000195172,
        "il-central-1": 0.0000175,
        "me-central-1": 0.0000206667,
        "me-south-1": 0.0000206667,
    },
}
UNSUPPORTED_REGIONS = {
    "cn-": "China's regions bill in yuan: https://www.amazonaws.cn/en/secrets-manager/pricing/"
}


def find_price(name: str, region: str) -> RegionalPrice:
    """Return what a thing costs in a region, and whether that is known or only what HOME asks for."""
    listed = PRICES[name]
    usd = REGIONAL_PRICES.get(name, {}).get(region)
    same = (
        region == BASE_REGION or name in EVERYWHERE or region in SAME_PRICE_REGIONS[listed.service]
    )
    return RegionalPrice(
        usd=(listed.usd if usd is None else usd) / listed.per,
        price=listed,
        known=same or usd is not None,
    )
