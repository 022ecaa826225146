from __future__ import annotations

import pytest

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.scan.python.app_scan import scan_files

READ = "import os\nX = os.environ['API_KEY']\n"


@pytest.mark.parametrize(
    ("settings", "example", "region"),
    [
        pytest.param("AWS_REGION = 'eu-west-2'", "", "eu-west-2", id="constant"),
        pytest.param(
            "R = os.getenv('AWS_S3_REGION_NAME', 'ap-southeast-1')",
            "",
            "ap-southeast-1",
            id="default",
        ),
        pytest.param("", "AWS_DEFAULT_REGION=us-gov-west-1", "us-gov-west-1", id="example"),
        pytest.param("AWS_REGION = 'cn-northwest-1'", "", "cn-northwest-1", id="China"),
        pytest.param("AWS_REGION = 'eusc-de-east-1'", "", "eusc-de-east-1", id="sovereign cloud"),
        pytest.param("AWS_REGION = 'eu-west-2'", "AWS_REGION=us-west-1", "us-east-1", id="several"),
        pytest.param("REGION = 'eu-west-2'", "", "us-east-1", id="another name"),
        pytest.param("AWS_REGION = 'here'", "", "us-east-1", id="another value"),
    ],
)
def test_drafts_the_region_that_the_app_names(settings, example, region):
    files = {"shop/settings.py": f"{READ}{settings}\n".encode(), ".env.example": example.encode()}
    scan = scan_files("shop", list(files), files.get)
    assert draft_manifest_from_sites(scan.sites, None, scan.facts).app.region == region
