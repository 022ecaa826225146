from __future__ import annotations

import pytest

READ = "import os\nSCRAPYD = os.environ.get('SCRAPYD_URL', 'http://localhost:6800')\n"
FIELDS = (
    "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    scrapyd_url: str\n"
)


@pytest.mark.parametrize("code", [READ, FIELDS], ids=["read", "field"])
@pytest.mark.parametrize(
    ("path", "text", "is_secret"),
    [
        (".env.example", "SCRAPYD_URL=http://user:password@scrapyd:6800\n", True),
        (".env.example", "# SCRAPYD_URL=https://<user>:<password>@host\n", True),
        ("README.md", "| `SCRAPYD_URL` | such as `https://me:pw@host` |\n", True),
        ("README.md", "SCRAPYD_URL: http://scrapyd:6800\n", False),
        ("README.md", "SCRAPYD_URL: http://scrapyd, OTHER: http://user:password@host\n", False),
        ("README.md", "SCRAPYD_URL\nhttp://user:password@host\n", False),
        ("docs/other.md", "SCRAPYD_URL=http://user:password@host\n", False),
    ],
)
def test_a_documented_login_is_a_secret(scanned, code, path, text, is_secret):
    scan = scanned({"config.py": code, path: text})
    assert [site.variable for _, site in scan.sites] == ["SCRAPYD_URL"] * is_secret
    if is_secret and code == READ:
        [(finding, _)] = scan.sites
        assert finding.message == f"{path} shows SCRAPYD_URL as a URL with a login"
