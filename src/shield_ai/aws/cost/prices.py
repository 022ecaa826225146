"""AWS prices in US dollars, by region. Free tiers are not included: they apply per account.

AWS publishes the prices of each service and region in a file:
https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/SERVICE/current/REGION/index.json
The prices here come from public copies of these files. `source` is the page of AWS that
lists the current prices.
"""

from __future__ import annotations

import msgspec

AS_OF = "2026-09"
BASE_REGION = "us-east-1"  # the region of the prices in PRICES


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """The price of one kind of item per month."""

    usd: float
    per: float  # the number of items that `usd` is for
    unit: str
    source: str
    read: str  # the month of the price list
    service: str  # the name of the service in the price list


class RegionalPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price in one region."""

    usd: float  # the price of one item
    price: Price
    is_known: bool  # False: the region's price is unknown, and this is the one of BASE_REGION


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
# A replica is billed as a secret. Versions and the AWS managed KMS key are free.
PRICES = {
    "secret": Price(usd=0.40, per=1, unit="secret", **_SECRETS),
    "call": Price(usd=0.05, per=10_000, unit="API call", **_SECRETS),
    "key": Price(usd=1.00, per=1, unit="KMS key", **_KMS),
    "key-call": Price(usd=0.03, per=10_000, unit="KMS request", **_KMS),
    "metric": Price(usd=0.30, per=1, unit="metric", **_CLOUDWATCH),
    "alarm": Price(usd=0.10, per=1, unit="alarm", **_CLOUDWATCH),
    "dashboard": Price(usd=3.00, per=1, unit="dashboard", **_CLOUDWATCH),
    "lambda-call": Price(usd=0.20, per=1_000_000, unit="Lambda request", **_LAMBDA),
    "lambda-second": Price(usd=0.0000166667, per=1, unit="GB-second", **_LAMBDA),
}
GLOBAL_PRICES = frozenset({"dashboard"})  # the same in all regions


def _regions(names: str) -> frozenset[str]:
    return frozenset(names.split())


# By service, the regions with the same prices as BASE_REGION, according to the price list.
SAME_PRICE_REGIONS = {
    "AWSSecretsManager": _regions("""
        us-west-2 ap-northeast-1 ap-south-1 ap-southeast-1 eu-central-1 eu-west-2
    """),
    "awskms": _regions("""
        us-west-2 ap-northeast-1 ap-south-1 ap-southeast-1 eu-central-1 eu-west-2
    """),
    "AmazonCloudWatch": _regions("ap-northeast-1 eu-west-2"),
    "AWSLambda": _regions("""
        us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 ca-central-1 ca-west-1 sa-east-1
        ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
        ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4
        eu-central-1 eu-north-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
    """),
}
# By price and region, the price for as many items as in PRICES, where it differs.
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
    "cn-": (
        "regions in China are billed in yuan; see "
        "https://www.amazonaws.cn/en/secrets-manager/pricing/"
    )
}


def find_price(name: str, region: str) -> RegionalPrice:
    """Return a price in a region, or the one in BASE_REGION if the region's price is unknown."""
    price = PRICES[name]
    usd = REGIONAL_PRICES.get(name, {}).get(region)
    is_known = (
        usd is not None
        or region == BASE_REGION
        or name in GLOBAL_PRICES
        or region in SAME_PRICE_REGIONS[price.service]
    )
    if usd is None:
        usd = price.usd
    return RegionalPrice(usd=usd / price.per, price=price, is_known=is_known)
