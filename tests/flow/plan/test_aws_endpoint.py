from __future__ import annotations

import pytest
from shield_helpers import shield

SECRET = "import os\nKEY = os.environ['STRIPE_KEY']\n"
ADVICE = (
    "AWS_ENDPOINT_URL, which config.py:3 reads, also redirects Secrets Manager: where it is set"
    " for S3, set"
    " AWS_ENDPOINT_URL_SECRETS_MANAGER=https://secretsmanager.REGION.amazonaws.com"
)


@pytest.mark.parametrize(
    ("code", "is_advised"),
    [
        pytest.param("URL = os.getenv('AWS_ENDPOINT_URL')", True, id="read"),
        pytest.param("class S:\n    aws_endpoint_url: str = ''", True, id="field"),
        pytest.param("URL = os.getenv('AWS_ENDPOINT_URL_S3')", False, id="of S3"),
        pytest.param("# os.getenv('AWS_ENDPOINT_URL')", False, id="comment"),
        pytest.param("AWS_ENDPOINT_URL = 'x'", False, id="constant"),
        pytest.param(
            "URL = os.getenv('AWS_ENDPOINT_URL')\nX = 'AWS_ENDPOINT_URL_SECRETS_MANAGER'",
            False,
            id="and of Secrets Manager",
        ),
    ],
)
def test_warns_that_the_variable_redirects_secrets_manager(tmp_path, code, is_advised):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(f"{SECRET}{code}\n")
    assert shield("draft", cwd=tmp_path).code == 0
    shown = shield("plan", "--only", "code", cwd=tmp_path).text
    expected = ADVICE.replace(":3", ":4") if "class" in code else ADVICE
    assert (expected in shown) is is_advised
    assert ("redirects Secrets Manager" in shown) is is_advised
