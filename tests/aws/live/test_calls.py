from __future__ import annotations

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from shield_ai.aws.live.calls import translate_errors
from shield_ai.model.errors import AwsError

HINT = "check the network, the region and AWS_ENDPOINT_URL; "


@pytest.mark.parametrize("kind", [EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError])
@pytest.mark.parametrize(
    ("url", "hint"),
    [
        pytest.param(
            "https://sts.us-esat-1.amazonaws.com/",
            'the installed botocore does not know the region us-esat-1 (did you mean "us-east-1"?); ' + HINT,
            id="typo",
        ),
        pytest.param(
            "https://secretsmanager.cn-nroth-1.amazonaws.com.cn/",
            'the installed botocore does not know the region cn-nroth-1 (did you mean "cn-north-1"?); ' + HINT,
            id="other partition",
        ),
        pytest.param(
            "https://sts.zz-qqqqqq-77.amazonaws.com/",
            "the installed botocore does not know the region zz-qqqqqq-77; " + HINT,
            id="new region",
        ),
        pytest.param("https://sts.us-east-1.amazonaws.com/", HINT, id="known region"),
        pytest.param("http://127.0.0.1:5000/", HINT, id="AWS_ENDPOINT_URL"),
    ],
)  # fmt: skip
def test_an_unreachable_region_that_does_not_exist(kind, url, hint):
    with pytest.raises(AwsError) as caught, translate_errors("sts:GetCallerIdentity"):
        raise kind(endpoint_url=url, error="x")
    assert caught.value.hint.startswith(hint)
