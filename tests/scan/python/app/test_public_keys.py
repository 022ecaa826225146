from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_app, scan_files

PUBLIC = SkipId.PUBLIC_KEY.text


def reasons(text, files, manifest_variables=()):
    raws = {
        "shop/settings.py": text.encode(),
        **{path: raw.encode() for path, raw in files.items()},
    }
    found = scan_files("shop", list(raws), raws.get, manifest_variables).sites
    return {site.variable: reason_of(site) for _, site in found}


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        pytest.param('<script src="//x.net/{{config.FONT_KEY}}.js">', PUBLIC, id="script"),
        pytest.param("<script src=/a.js?k={{ FONT_KEY|escape }}>", PUBLIC, id="filter"),
        pytest.param('<div data-sitekey="{{ settings.FONT_KEY }}">', PUBLIC, id="captcha"),
        pytest.param('<font-widget embed-key="{{ font_key }}">', PUBLIC, id="widget"),
        pytest.param('<font-widget api-key="{{ font_key }}">', "", id="other attribute"),
        pytest.param('<font-widget embed-key="{{ user.font_key }}">', "", id="of a user"),
        pytest.param("<p>{{ FONT_KEY }}</p>", "", id="text"),
        pytest.param('<script src="{{ OTHER_KEY }}">', "", id="another key"),
        pytest.param('<script src="{{ url }}"></script>{{ FONT_KEY }}', "", id="after a script"),
    ],
)
def test_a_key_that_a_page_loads_a_script_with_is_public(html, reason):
    read = "import os\nFONT_KEY = os.environ['FONT_KEY']\n"
    files = {"shop/templates/base.html": html}
    assert reasons(read, files) == {"FONT_KEY": reason}
    assert reasons(read, files, {"FONT_KEY"}) == {"FONT_KEY": ""}


def test_a_page_makes_no_secret_public():
    read = "import os\nA = os.environ['FONT_SECRET_KEY']\n"
    files = {"base.html": '<script src="/?{{ FONT_SECRET_KEY }}">'}
    assert reasons(read, files) == {"FONT_SECRET_KEY": ""}


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        pytest.param(
            "compose.yaml", "- VITE_STREET_KEY=$STREET_KEY", "VITE_STREET_KEY", id="Compose"
        ),
        pytest.param(
            "web/Dockerfile", 'ENV PUBLIC_K="${STREET_KEY}"', "PUBLIC_K", id="another name"
        ),
        pytest.param(
            ".github/workflows/build.yml",
            "REACT_APP_STREET_KEY: ${{ secrets.STREET_KEY }}",
            "REACT_APP_STREET_KEY",
            id="workflow",
        ),
        pytest.param(
            "web/.env.example", "VITE_STREET_KEY=${STREET_KEY}", "VITE_STREET_KEY", id="env file"
        ),
        pytest.param("Dockerfile", "ARG VITE_STREET_KEY", "", id="maybe another value"),
        pytest.param(
            "compose.yaml", "- VITE_STREET_KEY=$OTHER_STREET_KEY", "", id="another variable"
        ),
        pytest.param("compose.yaml", "- SITE_STREET_KEY=$STREET_KEY", "", id="not for browsers"),
        pytest.param("notes.md", "VITE_STREET_KEY=$STREET_KEY", "", id="another file"),
    ],
)
def test_a_variable_that_a_front_end_also_gets_is_public(path, text, name):
    read = "import os\nSTREET_KEY = os.environ['STREET_KEY']\n"
    expected = f"public: {path} gives it to the browser as {name}" if name else ""
    assert reasons(read, {path: text}) == {"STREET_KEY": expected}
    assert reasons(read, {path: text}, {"STREET_KEY"}) == {"STREET_KEY": ""}


def test_a_dsn_of_a_front_end_is_public():
    read = "import os\nA = os.environ['SENTRY_DSN']\nB = os.environ['JOBS_SENTRY_DSN']\n"
    expected = "public: Dockerfile gives it to the browser as NEXT_PUBLIC_SENTRY_DSN"
    files = {"Dockerfile": "ARG NEXT_PUBLIC_SENTRY_DSN"}
    assert reasons(read, files) == {"SENTRY_DSN": expected, "JOBS_SENTRY_DSN": ""}


def test_a_front_end_makes_no_password_public():
    read = "import os\nA = os.environ['DB_PASSWORD']\n"
    files = {"compose.yaml": "- VITE_DB_PASSWORD=$DB_PASSWORD"}
    assert reasons(read, files) == {"DB_PASSWORD": ""}


@pytest.mark.parametrize(
    ("key", "secret", "is_public"),
    [
        pytest.param("RECAPTCHA_KEY", "RECAPTCHA_SECRET", True, id="pair"),
        pytest.param("SHOP_HCAPTCHA_KEY", "SHOP_HCAPTCHA_SECRET_KEY", True, id="prefix"),
        pytest.param("RECAPTCHA_KEY", "OTHER_SECRET", False, id="another secret"),
        pytest.param("STRIPE_KEY", "STRIPE_SECRET", False, id="another service"),
    ],
)
def test_the_key_beside_the_secret_of_a_captcha_is_public(key, secret, is_public):
    read = f"import os\nA = os.environ['{key}']\nB = os.environ['{secret}']\n"
    assert reasons(read, {}) == {key: PUBLIC if is_public else "", secret: ""}
    assert reasons(read, {}, {key}) == {key: "", secret: ""}


@pytest.mark.parametrize(
    ("path", "text", "shown"),
    [
        pytest.param("shop/templates/base.html", '<script src="{{ A_KEY }}">', "public", id="page"),
        pytest.param(
            ".github/workflows/a.yml", "env:\n  ROSTER: ${{ secrets.R }}\n", "store", id="workflow"
        ),
    ],
)
def test_files_in_folders_without_code_are_read(tmp_path, path, text, shown):
    for name, content in {
        "settings.py": "import os\nA = os.environ['A_KEY']\nB = os.environ['ROSTER']\n",
        path: text,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    found = scan_app(tmp_path).findings
    assert any(shown in f"{finding.message} {finding.reason}" for finding in found)


def test_a_public_key_in_a_setting_for_a_private_one_is_no_secret():
    read = "import os\nlicense_key = os.environ['LICENSE_PUBLIC_KEY_PEM']\n"
    assert reasons(read, {}) == {}
