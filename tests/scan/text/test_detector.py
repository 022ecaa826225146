from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.finding import Confidence, Severity
from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.selftest import check_examples
from shield_ai.scan.text.detector import Detector

DETECTOR = Detector([pattern.credential_pattern()])
TOKEN = fill("ghp_{alnum:36}")
HEADER = base64.urlsafe_b64encode(b'{"alg": "HS256", "typ": "JWT"}').decode().rstrip("=")
PRINTED = base64.b64encode(b"Aladdin:open sesame").decode()

ENTRY = 'DATABASES["default"]'
BACKEND = '"ENGINE": "shop.utils._shield_runtime.django.postgresql"'


def rules(path: str, text: str) -> list[str]:
    return [finding.rule for finding in DETECTOR.find(path, fill(text).encode())]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param(
            "a.yml", "github:\n  token: ghp_{alnum:36}\n", ["CRED.github-token"], id="yaml"
        ),
        pytest.param("config.toml", 'password = "{alnum:12}"\n', ["CRED.password"], id="toml"),
        pytest.param("app.ini", "[db]\npassword = {alnum:12}\n", ["CRED.password"], id="ini"),
        pytest.param("a.json", '{"client_secret": "{alnum:24}"}', ["CRED.secret"], id="json"),
        pytest.param(
            "Dockerfile", "ENV DB_PASSWORD={alnum:12}\n", ["CRED.password"], id="dockerfile"
        ),
        pytest.param(
            "docker-compose.yml",
            "    - MYSQL_ROOT_PASSWORD=toor\n",
            ["CRED.password"],
            id="compose",
        ),
        pytest.param(
            ".github/workflows/a.yml",
            "  env:\n    API_KEY: {hex:32}\n",
            ["CRED.secret"],
            id="github",
        ),
        pytest.param(
            ".gitlab-ci.yml",
            "variables:\n  DEPLOY_TOKEN: {alnum:32}\n",
            ["CRED.secret"],
            id="gitlab",
        ),
        pytest.param(
            "k8s/secret.yaml",
            "stringData:\n  password: {alnum:12}\n",
            ["CRED.password"],
            id="kubernetes",
        ),
        pytest.param(
            "prod.tfvars", 'db_password = "{alnum:12}"\n', ["CRED.password"], id="terraform"
        ),
        pytest.param(
            "Procfile", "web: PASSWORD={alnum:12} gunicorn shop\n", ["CRED.password"], id="procfile"
        ),
        pytest.param("run.sh", "export API_TOKEN='{alnum:24}'\n", ["CRED.secret"], id="shell"),
        pytest.param(
            "a.js", 'const k = { apiKey: "{alnum:32}" };', ["CRED.secret"], id="javascript"
        ),
        pytest.param(
            "a.py",
            'KEY = """-----BEGIN EC PRIVATE KEY-----\n{b64:64}\n"""',
            ["CRED.private-key"],
            id="pem",
        ),
        pytest.param("a.py", "password = load()\n", [], id="nothing"),
        pytest.param(
            "a.py", f"{HEADER}.eyJzdWIiOiIxIn0{{alnum:6}}.{{url:43}}", ["CRED.jwt"], id="JWT"
        ),
        pytest.param(
            "a.py", f"{HEADER[:-1]}.eyJzdWIiOiIxIn0{{alnum:6}}.{{url:43}}", [], id="like a JWT"
        ),
        pytest.param("a.py", 'x("glpat-{alnum:20}")', ["CRED.gitlab-token"], id="gitlab"),
        pytest.param("a.py", 'x("glptt-{alnum:39}")', [], id="too short for gitlab"),
        pytest.param(
            "a.py", 'get(auth=("admin", "{alnum:14}"))', ["CRED.login-pair"], id="basic auth"
        ),
        pytest.param("a.py", 'smtp.login("u@x.y", "{alnum:16}")', ["CRED.login-pair"], id="login"),
        pytest.param("a.py", 'Fernet(b"{alnum:43}=")', ["CRED.fernet-key"], id="fernet"),
        pytest.param("a.py", 'jwt.encode({"a": 1}, "{alnum:32}")', ["CRED.jwt-key"], id="jwt"),
        pytest.param("a.py", "# rediss://:password@host:6379/0\n", [], id="the form of a URL"),
        pytest.param(
            "a.py", "# rediss://:{alnum:12}@host:6379/0\n", ["CRED.url-password"], id="a URL"
        ),
        pytest.param("a.py", f'd = "Basic {PRINTED}"\n', [], id="the example of basic auth"),
        pytest.param(
            "locale/de.json", '{"new_password": "Neues Kennwort"}', [], id="the word for a password"
        ),
        pytest.param(
            "locale/de.json",
            '{"api_token": "{alnum:32}"}',
            ["CRED.secret"],
            id="a token among words",
        ),
        pytest.param(
            "a.txt", "http://example.org:80#@evil.example.com/\n", [], id="a port in a URL"
        ),
        pytest.param(
            "mail.eml",
            "by inbound.amazonaws.com with SMTP id 97mckj4ndtpol1pnh6p4dj806b9p0l0n918c7v81\n",
            [],
            id="an ID without capitals near AWS",
        ),
        pytest.param(
            "a.py", f'{ENTRY} |= {{{BACKEND}, "SECRET": "shop-db-url"}}', [], id="backend"
        ),
        pytest.param(
            "a.py",
            f'X = {{\n    "SECRET": "shop-db-url",\n    {BACKEND},\n}}',
            [],
            id="backend below",
        ),
        pytest.param(
            "a.py", f'{ENTRY}["SECRET"] = "shop-db-url"\n', ["CRED.secret"], id="no backend"
        ),
        pytest.param(
            "a.py",
            f'X = {{{BACKEND}, "SECRET": "{{alnum:32}}"}}',
            ["CRED.secret"],
            id="value beside a backend",
        ),
        pytest.param(
            "a.py",
            f'X = {{{BACKEND}, "PASSWORD": "shop-db-url"}}',
            ["CRED.password"],
            id="password beside a backend",
        ),
        pytest.param("a.yml", "db_password: '@none None'\n", [], id="marker of Dynaconf"),
        pytest.param("a.go", '{"password": "$encrypted$"}', [], id="mask of Ansible"),
        pytest.param("a.sh", "export PGPASSWORD=\\$BULK_PASSWORD\n", [], id="escaped variable"),
        pytest.param(
            "a.asc",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG/MacGPG2 v2.0.22 (Darwin)\n"
            "Comment: GPGTools - https://gpgtools.org\n\n{b64:64}\n{b64:64}\n",
            ["CRED.private-key"],
            id="PGP key with headers",
        ),
        pytest.param(
            "a.py",
            'KEY = "-----BEGIN PGP PRIVATE KEY BLOCK-----\\nVersion: GnuPG v2 (x)\\n\\n{b64:64}"\n',
            ["CRED.private-key"],
            id="PGP key with headers in a text",
        ),
        pytest.param(
            "a.asc",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2 (x)\n<your key>\n",
            [],
            id="no PGP key",
        ),
        pytest.param("a.js", 'x={CLIENT_SECRET:"Geheimnis"}', [], id="word of a translation"),
        pytest.param("a.js", 'x={CLIENT_SECRET:"geheim-nis9"}', ["CRED.secret"], id="no word"),
        pytest.param(
            "a.js", 'x="zeitzer,betriebssportgemeinschaften,wir"', [], id="words near a vendor"
        ),
        pytest.param(
            "a.yml",
            "# kinds\ndata:\n- secretKey: a_token  # x\n  remoteRef:\n    key: b\n",
            [],
            id="key of an external secret",
        ),
        pytest.param("a.yml", "password: ${DB_PASSWORD}\ntoken: {{ token }}\n", [], id="templates"),
    ],
)
def test_finds_secrets(path: str, text: str, expected: list[str]) -> None:
    assert rules(path, text) == expected


def test_most_specific_rule_reports_a_secret() -> None:
    assert rules("a.py", 'github_token = "ghp_{alnum:36}"') == ["CRED.github-token"]


def test_finding_has_position_but_no_value() -> None:
    (found,) = DETECTOR.find("a.py", f'# é\nname = {{"é": 1, "gh_token": "{TOKEN}"}}\n'.encode())
    assert (found.line, found.column, found.name) == (2, 30, "gh_token")
    assert found.end_column - found.column == len(TOKEN)
    assert TOKEN not in repr(found)


def test_comparison_with_the_word_password_has_low_confidence() -> None:
    (word,) = DETECTOR.find("a.py", b'if password == "password":\n    warn()\n')
    (real,) = DETECTOR.find("a.py", fill('if password == "{alnum:12}":\n    login()\n').encode())
    assert (word.severity, word.confidence) == (Severity.LOW, Confidence.LOW)
    assert real.severity is Severity.HIGH


def test_non_production_files_have_low_severity() -> None:
    text = fill('password = "{alnum:16}"').encode()
    (in_app,) = DETECTOR.find("a.py", text)
    (in_test,) = DETECTOR.find("tests/a.py", text)
    assert (in_app.severity, in_app.confidence) == (Severity.HIGH, Confidence.HIGH)
    assert (in_test.severity, in_test.confidence) == (Severity.LOW, Confidence.MEDIUM)


def test_documented_example_keys_have_low_severity() -> None:
    (found,) = DETECTOR.find("a.py", b'key = "' + b"AKIA" + b"IOSFODNN7EXAMPLE" + b'"')
    assert found.severity is Severity.LOW


@given(st.binary(max_size=400))
def test_accepts_any_bytes(raw: bytes) -> None:
    for path in ("a.py", "a.yml"):
        DETECTOR.find(path, raw)
        DETECTOR.find(path, b"password: " + raw + b"\nsecret_key = '" + raw)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(
            "git clone https://{}:x-oauth-basic@github.com/a/b", "", id="token for a user"
        ),
        pytest.param("REPO = 'https://{}:x-oauth-basic@github.com/a/b'", "REPO", id="under a name"),
        pytest.param("x = {{'{}': 'ghp_{{alnum:36}}'}}", "", id="token for a key"),
    ],
)
def test_random_text_is_never_a_name(text: str, name: str) -> None:
    found = DETECTOR.find("deploy.sh", fill(text.format(TOKEN)).encode())
    assert len(found) == 2
    assert TOKEN not in repr(found)
    assert found[1].name == name


OWN = """\
id: ACME
title: t
severity: high
description: d
fix: f
references: []
risk_assessment: {impact: high, exploitability: high, affected_scope: s}
files: {KIND: ["*.yaml", "deploy/", "!*.test.yaml"]}
rules:
  - {id: ACME.key, kind: KIND, severity: high, title: t, message: m, explanation: e, fix: f, regex: '(acme_[a-z]{4}:?)',
     bounds: false, keywords: [acme], examples: [acme_abcd], non_examples: [b]}
"""


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.yaml", 1), ("b/a.yaml", 1), ("a.py", 0), ("b/deploy/a.py", 1), ("a.test.yaml", 0)],
)
def test_pattern_is_limited_to_its_files(path: str, found: int) -> None:
    made = pattern.parse_pattern(OWN.replace("KIND", "regex"), "acme.yaml")
    assert len(Detector([made]).find(path, b"see acme_abcd")) == found
    assert check_examples(made) == []


def test_a_custom_rule_lowers_no_severity() -> None:
    text = OWN.replace("KIND", "regex").replace("severity: high", "severity: low")
    text = text.replace("(acme_[a-z]{4}:?)", "(token: ghp_[A-Za-z0-9]{36})")
    made = pattern.parse_pattern(
        text.replace("[acme]", "[ghp_]").replace("false", "true"), "acme.yaml"
    )
    raw = f"github:\n  token: {TOKEN}\n".encode()
    (builtin,) = DETECTOR.find("a.yaml", raw)
    (found,) = Detector([pattern.credential_pattern(), made]).find("a.yaml", raw)
    assert found.rule == "ACME.key"
    assert (found.severity, found.confidence) == (builtin.severity, builtin.confidence)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("acme_abcd", 1, id="first branch"),
        pytest.param("acmx_abcd", 1, id="second branch"),
        pytest.param("acme_abcde", 0, id="letter after the first branch"),
        pytest.param("xacmx_abcd", 0, id="letter before the second branch"),
    ],
)
def test_boundaries_apply_to_each_branch_of_a_regex(text, found) -> None:
    regex = "(acme_[a-z]{4})|(acmx_[a-z]{4})"
    own = OWN.replace("KIND", "regex").replace("(acme_[a-z]{4}:?)", regex)
    own = own.replace("[acme]", "[acme, acmx]").replace("false", "true")
    made = pattern.parse_pattern(own, "acme.yaml")
    assert len(Detector([made]).find("a.yaml", text.encode())) == found


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("OKTA_KEY", ["CRED.okta-token"]),
        ("shopOktaKey", ["CRED.okta-token"]),
        ("APIOktaKey", ["CRED.okta-token"]),
        ("okta", ["CRED.okta-token"]),
        ("rookTable", []),
        ("rooktable", []),
    ],
)
def test_context_is_not_a_part_of_another_word(name, rules) -> None:
    line = f"{name} = 00{fill('{alnum:40}')}\n".encode()
    assert [finding.rule for finding in DETECTOR.find("a.txt", line)] == rules


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("ARG SENTRY_CLI_SHA256={hex:64}", []),
        ("ARG SENTRY_CHECKSUM_AMD64={hex:64}", []),
        ("ARG SENTRY_SHA={hex:64}", []),
        ("ARG SENTRY_SHA256_TOKEN={hex:64}", ["CRED.sentry-token-old"]),
        ("ARG SENTRY_CLI={hex:64}", ["CRED.sentry-token-old"]),
        ("from bitbucket_app import f as bitbucket_should_process_pr_logic_again", []),
        ("RUN fab -c travis.rc app_compile_nodbupdate", []),
        ("from bitbucket import BITBUCKET_WEBHOOK_PAYLOAD_SCHEMA as schema", []),
    ],
)
def test_checksums_and_names_are_no_tokens(text, rules) -> None:
    found = DETECTOR.find("Dockerfile", fill(f"{text}\n").encode())
    assert [finding.rule for finding in found] == rules


def test_url_rule_requires_a_colon() -> None:
    made = pattern.parse_pattern(OWN.replace("KIND", "url"), "acme.yaml")
    assert Detector([made]).find("a.yaml", b"see acme_abcd") == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_agree_with_python(end: str) -> None:
    for begin in ("", "\ufeff"):
        text = f"{begin}token: {TOKEN}{end}{end}token: {fill('ghp_{alnum:36}', 1)}{end}"
        found = DETECTOR.find("a.yml", text.encode())
        assert [(f.line, f.column, f.end_column) for f in found] == [(1, 8, 48), (3, 8, 48)]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        pytest.param("{alnum:80}/", [], id="in base64"),
        pytest.param("{alnum:80}+", [], id="after a plus"),
        pytest.param("{alnum:20}/", ["CRED.facebook-token"], id="short"),
        pytest.param(
            "https://graph.example.com/v2/{alnum:30}/", ["CRED.facebook-token"], id="in a URL"
        ),
    ],
)
def test_a_token_format_in_base64_is_no_token(before, found):
    text = f'"{before}EAAC{{alnum:120}}"'
    assert rules("fonts.js", text) == found
