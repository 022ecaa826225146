from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId

READ = "import os\nPROXY = os.environ.get('HTTP_PROXY_URL')\n"
WITH_LOGIN = "HTTP_PROXY_URL=http://user:password@proxy.example:3128\n"


@pytest.mark.parametrize(
    ("path", "text", "is_moved"),
    [
        pytest.param("a.md", "", False, id="not documented"),
        pytest.param(".env.example", "HTTP_PROXY_URL=http://proxy:3128\n", False, id="no login"),
        pytest.param(".env.example", WITH_LOGIN, True, id="login"),
        pytest.param("README.md", f"    export {WITH_LOGIN}", True, id="documentation"),
        pytest.param("compose.yaml", "A: http://user:x@host\n", False, id="login of another URL"),
        pytest.param(
            "shop/http.py",
            "url = urlparse(settings.http_proxy_url)\nlogin = (url.username, url.password)\n",
            True,
            id="the code takes the login",
        ),
        pytest.param("shop/http.py", "get(settings.http_proxy_url)\n", False, id="other use"),
    ],
)
def test_the_address_of_a_proxy_is_moved_only_with_a_login(scanned, path, text, is_moved):
    files = {"shop/__init__.py": "", "shop/settings.py": READ, path: text}
    [(_, site)] = scanned(files).sites
    assert (site.reason.id if site.reason else None) == (
        None if is_moved else SkipId.HARMLESS_LABEL
    )
