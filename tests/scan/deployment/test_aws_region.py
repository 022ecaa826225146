from __future__ import annotations

import pytest

from shield_ai.scan.deployment.aws_region import find_aws_region

WORKFLOWS = ".github/workflows"


def regions_of(tmp_path, files):
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return find_aws_region(tmp_path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(".env.example", "AWS_REGION=eu-west-2\n", id="example"),
        pytest.param(".env.example", "S3_BACKUP_REGION='eu-west-2'\n", id="service"),
        pytest.param(
            f"{WORKFLOWS}/a.yml", "env:\n  AWS_DEFAULT_REGION: eu-west-2\n", id="workflow variable"
        ),
        pytest.param(
            f"{WORKFLOWS}/a.yml", 'with:\n  aws-region: "eu-west-2"\n', id="workflow input"
        ),
        pytest.param(".gitlab-ci.yml", "variables:\n  AWS_REGION: eu-west-2\n", id="GitLab"),
        pytest.param("infra/a.tf", 'provider "aws" {\n  region = "eu-west-2"\n}\n', id="Terraform"),
        pytest.param("serverless.yml", "provider:\n  region: eu-west-2\n", id="serverless"),
        pytest.param("samconfig.toml", 'region = "eu-west-2"\n', id="SAM"),
        pytest.param(
            "cdk_app.py", 'import aws_cdk\ne = Environment(region="eu-west-2")\n', id="CDK"
        ),
        pytest.param("lib/a.ts", "import 'aws-cdk-lib'\ne = {region: 'eu-west-2'}\n", id="CDK, ts"),
        pytest.param("a.py", 'c = boto3.client("ssm", region_name="eu-west-2")\n', id="boto3"),
        pytest.param(
            "a.py", 'c = client(region_name=os.environ.get("AWS_REGION", "eu-west-2"))\n', id="read"
        ),
    ],
)
def test_finds_the_region(tmp_path, path, text):
    assert regions_of(tmp_path, {path: text}) == "eu-west-2"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("README.md", "AWS_REGION=eu-west-2\n", id="documentation"),
        pytest.param(
            "a.py",
            'client("ec2", region_name="eu-west-2", aws_access_key_id=customer.key)\n',
            id="another account",
        ),
        pytest.param(
            "a.py",
            "class MinioStorage(S3Storage):\n    a = client(region_name='eu-west-2')\n",
            id="MinIO",
        ),
        pytest.param("a.py", "# for LocalStack\nc(region_name='eu-west-2')\n", id="LocalStack"),
        pytest.param("tests/test_a.py", "client(region_name='eu-west-2')\n", id="test"),
        pytest.param("venv/a.py", "client(region_name='eu-west-2')\n", id="other folder"),
        pytest.param("a.py", "def f(region='eu-west-2'): ...\n", id="another parameter"),
        pytest.param(".env.example", "REGION=eu-west-2\n", id="another variable"),
        pytest.param(".env.example", "AWS_REGION=eu-west-2a\n", id="zone"),
        pytest.param(
            ".env.example", "S3_REGION=eu-west-2\nS3_ENDPOINT=\n", id="storage with an endpoint"
        ),
        pytest.param(".env.example", "AWS_REGION=eu-west-2-x\n", id="longer"),
        pytest.param(".env.example", "AWS_REGION=$(id)\n", id="not a region"),
        pytest.param(f"{WORKFLOWS}/a.yml", "aws-region: ${{ inputs.region }}\n", id="expression"),
        pytest.param(
            ".env.example", "#" + " " * 400_000 + "\nAWS_REGION=eu-west-2\n", id="too large"
        ),
    ],
)
def test_ignores_other_text(tmp_path, path, text):
    assert regions_of(tmp_path, {path: text}) == ""


@pytest.mark.parametrize(
    ("numbers", "region"),
    [
        pytest.param({"ca-central-1": 3}, "ca-central-1", id="one"),
        pytest.param(
            {"ca-central-1": 4, "us-east-1": 2, "eu-west-1": 1}, "ca-central-1", id="most"
        ),
        pytest.param({"ca-central-1": 3, "us-east-2": 2}, "", id="no clear majority"),
        pytest.param({"ca-central-1": 1, "us-east-2": 1}, "", id="one each"),
        pytest.param({"us-east-1": 2, "ca-central-1": 1}, "us-east-1", id="global region, most"),
        pytest.param(
            {"us-east-1": 3, "ca-central-1": 3, "us-west-1": 1}, "ca-central-1", id="global region"
        ),
    ],
)
def test_takes_a_region_that_clearly_dominates(tmp_path, numbers, region):
    files = {
        f"{WORKFLOWS}/{name}-{number}.yml": f"aws-region: {name}\n" * (1 + 9 * (name[0] == "u"))
        for name, count in numbers.items()
        for number in range(count)
    }
    assert regions_of(tmp_path, files) == region


def test_searches_a_hostile_file_quickly(tmp_path):
    text = "AWS_REGION" * 20_000 + "region_name= " * 10_000
    assert regions_of(tmp_path, {".env.example": text}) == ""
