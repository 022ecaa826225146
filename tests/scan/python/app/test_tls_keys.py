from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.scan.python.app_scan import scan_files

PATH = "a path, like {}; if it is a key, add it to shield.toml"


def reasons(text, variable, manifest_variables=()):
    files = {"shop/settings.py": f"import base64, os\n{text}\n".encode()}
    found = scan_files("shop", list(files), files.get, manifest_variables).sites
    return [reason_of(site) for _, site in found if site.variable == variable]


def pair(key, certificate):
    return f"A = os.environ.get('{key}')\nB = os.environ.get('{certificate}')"


@pytest.mark.parametrize(
    ("key", "certificate"),
    [
        pytest.param("SHOP_SSL_KEY", "SHOP_SSL_CERTIFICATE", id="certificate"),
        pytest.param("SEARCH_TLS_CLIENT_KEY", "SEARCH_TLS_CLIENT_CERT", id="of a client"),
        pytest.param("STUF_CLIENT_KEY", "STUF_CLIENT_CERT", id="client certificate"),
        pytest.param("SHOP_TLS_KEY", "SHOP_TLS_CA_CERTS", id="authority"),
        pytest.param("SHOP_HTTPS_KEY", "SHOP_HTTPS_CERTFILE", id="file"),
    ],
)
def test_a_tls_key_beside_its_certificate_is_a_path(key, certificate):
    text = pair(key, certificate)
    assert reasons(text, key) == [PATH.format(certificate)]
    assert reasons(text, key, {key}) == [""]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(pair("X_TLS_KEY", "Y_TLS_CERT"), id="another prefix"),
        pytest.param(pair("X_TLS_KEY", "X_TLS_HOST"), id="no certificate"),
        pytest.param(pair("X_KEY", "X_CERT"), id="not TLS"),
        pytest.param(pair("X_TLS_PRIVATE_KEY", "X_TLS_CERT"), id="private key"),
        pytest.param(
            "A = base64.b64decode(os.environ['X_TLS_KEY'])\nB = os.environ['X_TLS_CERT']",
            id="decoded",
        ),
        pytest.param(
            "A = os.environ['X_TLS_KEY'].replace('|', '\\n')\nB = os.environ['X_TLS_CERT']",
            id="changed",
        ),
        pytest.param(
            "X_TLS_KEY = os.environ['X_TLS_KEY']\nX_TLS_CERT = os.environ['X_TLS_CERT']\n"
            "for name, value in {'key': ('key.pem', X_TLS_KEY)}.values():\n"
            "    write(name, base64.b64decode(value))",
            id="decoded in a loop",
        ),
    ],
)
def test_other_keys_are_secrets(text):
    [reason] = [
        reason
        for name in ("X_KEY", "X_TLS_KEY", "X_TLS_PRIVATE_KEY")
        for reason in reasons(text, name)
    ]
    assert reason == ""


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("load(base64.b64decode(other), X_TLS_KEY.path)", id="other value decoded"),
        pytest.param("load((X_TLS_KEY, X_TLS_CERT))", id="nothing decoded"),
    ],
)
def test_a_key_that_is_not_decoded_is_a_path(use):
    text = f"X_TLS_KEY = os.environ['X_TLS_KEY']\nX_TLS_CERT = os.environ['X_TLS_CERT']\n{use}"
    assert reasons(text, "X_TLS_KEY") == [PATH.format("X_TLS_CERT")]
