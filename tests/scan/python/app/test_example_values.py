from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app.example_values import explain_examples
from shield_ai.scan.python.app_scan import scan_files

READ = b"import os\nX = os.environ['MAPBOX_TOKEN']\n"


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        (
            ".env.example",
            "MAPBOX_TOKEN=pk.eyJ1IjoiZGphbmdvIn0.Ah4y76VVmBWqzVkw3kUz",
            SkipId.PUBLIC_KEY.text,
        ),
        (
            ".environment-example",
            'export MAPBOX_TOKEN="pk.eyJ1IjoiZGphbmdvIn0.Ah4"',
            SkipId.PUBLIC_KEY.text,
        ),
        ("web/app.env.dist", "MAPBOX_TOKEN=pk_live_51Hxq", SkipId.PUBLIC_KEY.text),
        ("TEMPLATE.env", "MAPBOX_TOKEN=pk_live_51Hxq", SkipId.PUBLIC_KEY.text),
        (".env.example", "MAPBOX_TOKEN=sk.eyJ1IjoiZGphbmdvIn0.Ah4y76VVmBWqzVkw3kUz", ""),
        (".env.example", "OTHER_TOKEN=pk_live_51Hxq", ""),
        ("environment.md", "MAPBOX_TOKEN=pk_live_51Hxq", ""),
    ],
)
def test_a_variable_with_a_public_key_as_example_is_not_moved(path, line, reason):
    files = {"shop/settings.py": READ, path: f"A=1\n{line}\n".encode()}

    def reasons(manifest_variables):
        found = scan_files("shop", list(files), files.get, manifest_variables).sites
        return [reason_of(site) for _, site in found]

    assert reasons(()) == [reason]
    assert reasons({"MAPBOX_TOKEN"}) == [""]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param("/app/certs/certificate.pem", SkipId.HARMLESS_PATH.text, id="path"),
        pytest.param("./certs/shop.key", SkipId.HARMLESS_PATH.text, id="relative path"),
        pytest.param("", "", id="empty"),
        pytest.param("/+Jx0/rT9", "", id="Base64"),
        pytest.param("certificate.pem", "", id="word"),
    ],
)
def test_a_variable_with_a_path_as_example_is_not_moved(value, reason):
    read = b"import os\nX = os.environ['SSL_CERTIFICATE_KEY']\n"
    files = {"shop/settings.py": read, ".env_sample": f"SSL_CERTIFICATE_KEY={value}\n".encode()}
    [(_, site)] = scan_files("shop", list(files), files.get).sites
    [shown] = [f for f in scan_files("shop", list(files), files.get).findings if f.env]
    assert (reason_of(site), str(shown.severity)) == (reason, "low" if reason else "medium")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param('USER_API_KEYS = "False"', SkipId.HARMLESS_BOOLEAN.text, id="boolean"),
        pytest.param("USER_API_KEYS=true # or false", SkipId.HARMLESS_BOOLEAN.text, id="comment"),
        pytest.param("USER_API_KEYS=truetype", "", id="text"),
    ],
)
def test_a_variable_with_a_boolean_as_example_is_not_moved(line, reason):
    read = b"import os\nX = os.environ['USER_API_KEYS']\n"
    files = {"shop/settings.py": read, "sample.env": f"{line}\n".encode()}
    [(_, site)] = scan_files("shop", list(files), files.get).sites
    assert reason_of(site) == reason


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        pytest.param("REDIS_LOCATION=localhost:11211", "low", id="host and port"),
        pytest.param("REDIS_LOCATION=redis://:pw@cache:6379", "medium", id="URL"),
        pytest.param("REDIS_LOCATION=cache", "medium", id="word"),
    ],
)
def test_a_server_without_a_password_is_not_severe(line, severity):
    read = b"import os\nX = os.environ['REDIS_LOCATION']\n"
    files = {"shop/settings.py": read, ".env.sample": f"{line}\n".encode()}
    [shown] = [f for f in scan_files("shop", list(files), files.get).findings if f.env]
    assert str(shown.severity) == severity


@pytest.mark.parametrize("line", ["# X_KEY=/certs/client.key", "#X_KEY=/certs/client.key"])
def test_reads_commented_lines_of_templates(line):
    files = {"shop/settings.py": b"import os\nX = os.environ['X_KEY']\n"}
    files["shop.env.tmpl"] = f"{line}\n".encode()
    [(_, site)] = scan_files("shop", list(files), files.get).sites
    assert reason_of(site) == SkipId.HARMLESS_PATH.text


def test_files_with_different_values():
    files = {".env.example": b"MAPBOX_TOKEN=true\n", ".env.sample": b"MAPBOX_TOKEN=/run/a.pem\n"}
    for paths in (list(files), list(files)[::-1]):
        assert explain_examples(paths, files.get)["MAPBOX_TOKEN"].id is SkipId.HARMLESS_PATH
