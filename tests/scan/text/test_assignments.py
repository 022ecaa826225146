from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text.assignment_patterns import PAIR_MARK
from shield_ai.scan.text.assignments import assignments, pairs
from shield_ai.scan.text.regions import whole_file_region


def found(text: str, *, unquoted: bool = False) -> list[tuple[str, str]]:
    raw = text.encode()
    for one in assignments(raw, whole_file_region(raw), unquoted=unquoted):
        assert raw[one.start : one.end].decode() == one.value
    return [
        (one.name, one.value) for one in assignments(raw, whole_file_region(raw), unquoted=unquoted)
    ]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        pytest.param('password = "abcdef"', "password", "abcdef", id="python"),
        pytest.param("'db_password': 'abcdef',", "db_password", "abcdef", id="dict"),
        pytest.param("const apiKey = `abcdef`;", "apiKey", "abcdef", id="javascript"),
        pytest.param("$config['password'] = 'abcdef';", "password", "abcdef", id="php"),
        pytest.param('password => "abcdef"', "password", "abcdef", id="ruby"),
        pytest.param('password := "abcdef"', "password", "abcdef", id="go"),
        pytest.param('var password: String = "abcdef"', "password", "abcdef", id="swift"),
        pytest.param('token: str | None = "abcdef"', "token", "abcdef", id="annotated"),
        pytest.param('if password == "abcdef":', "password", "abcdef", id="comparison"),
        pytest.param(
            'os.environ.get("DB_PASSWORD", "abcdef")',
            "DB_PASSWORD",
            "abcdef",
            id="default of a read",
        ),
        pytest.param(
            'os.getenv(\n    "API_TOKEN", "abcdef"\n)', "API_TOKEN", "abcdef", id="split call"
        ),
        pytest.param(
            'os.getenv(\n    "API_TOKEN",\n    "abcdef",\n)',
            "API_TOKEN",
            "abcdef",
            id="split call, one argument per line",
        ),
        pytest.param(
            "k = env['API_TOKEN'] or (\n    'abcdef'\n)", "API_TOKEN", "abcdef", id="or, split"
        ),
        pytest.param('token: str = Field("abcdef", x=1)', "token", "abcdef", id="field"),
        pytest.param(
            'token: str = Field(\n    default="abcdef"\n)',
            "token",
            "abcdef",
            id="default of a field",
        ),
        pytest.param("define('DB_PASSWORD', 'abcdef');", "DB_PASSWORD", "abcdef", id="define"),
        pytest.param(
            'self.settings.secret_key = b"abcdef"',
            "self.settings.secret_key",
            "abcdef",
            id="attribute",
        ),
        pytest.param('password = (\n    "abcdef"\n)', "password", "abcdef", id="next line"),
        pytest.param('    password "abcdef"\n', "password", "abcdef", id="gradle"),
        pytest.param("the password is 'abcdef'", "password", "abcdef", id="prose"),
        pytest.param('password = "abc\\"def"', "password", 'abc\\"def', id="escaped quote"),
        pytest.param('password = """abcdef"""', "password", "abcdef", id="three double quotes"),
        pytest.param("password = '''abcdef'''", "password", "abcdef", id="three single quotes"),
        pytest.param('aes_key = base64.b64decode("abcdef")', "aes_key", "abcdef", id="decoded"),
        pytest.param('SECRET = bytes.fromhex("abcdef")', "SECRET", "abcdef", id="from hex"),
        pytest.param(
            'password: SecretStr = SecretStr("abcdef")', "password", "abcdef", id="pydantic"
        ),
        pytest.param('var jwtKey = []byte("abcdef")', "jwtKey", "abcdef", id="go bytes"),
        pytest.param(
            't = process.env.API_TOKEN || "abcdef";', "process.env.API_TOKEN", "abcdef", id="or"
        ),
        pytest.param(
            "k = os.environ.get('API_TOKEN') or 'abcdef'", "API_TOKEN", "abcdef", id="python or"
        ),
        pytest.param(
            "p = process.env['DB_PASSWORD'] ?? 'abcdef';", "DB_PASSWORD", "abcdef", id="else"
        ),
        pytest.param(
            'config.set("db", "password", "abcdef")', "password", "abcdef", id="configparser"
        ),
        pytest.param(
            'setattr(settings, "SECRET_KEY", "abcdef")', "SECRET_KEY", "abcdef", id="setattr"
        ),
        pytest.param('API_TOKEN ::= "abcdef"', "API_TOKEN", "abcdef", id="make"),
        pytest.param('db_pw = "abcdef"', "db_pw", "abcdef", id="pw"),
        pytest.param('key = unhexlify("abcdef")', "key", "abcdef", id="key"),
        pytest.param(
            '{"again": "password", "password": "abcdef"}',
            "password",
            "abcdef",
            id="value, then name",
        ),
    ],
)
def test_in_code(text: str, name: str, value: str) -> None:
    assert found(text) == [(name, value)]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        pytest.param("password: abcdef", "password", "abcdef", id="yaml"),
        pytest.param("  - DB_PASSWORD=abcdef\n", "DB_PASSWORD", "abcdef", id="compose"),
        pytest.param("export DB_PASSWORD=abcdef # why", "DB_PASSWORD", "abcdef", id="shell"),
        pytest.param(
            "spring.datasource.password=abcdef",
            "spring.datasource.password",
            "abcdef",
            id="properties",
        ),
        pytest.param("# password: abcdef", "password", "abcdef", id="comment"),
        pytest.param(
            "ENV API_TOKEN abcdefghijklmnopqrst",
            "API_TOKEN",
            "abcdefghijklmnopqrst",
            id="dockerfile",
        ),
        pytest.param('db_password = "abcdef"', "db_password", "abcdef", id="toml and tfvars"),
        pytest.param(
            "PGPASSWORD=abcdef psql -h db", "PGPASSWORD", "abcdef", id="in front of a command"
        ),
        pytest.param(
            "docker run -e DB_PASSWORD=abcdef -d db",
            "DB_PASSWORD",
            "abcdef",
            id="in front of an option",
        ),
        pytest.param(
            'run -e DB_PASSWORD=abcdef "$@"', "DB_PASSWORD", "abcdef", id="in front of a quote"
        ),
        pytest.param("curl -H 'token: abcdef'", "token", "abcdef", id="within quotes"),
        pytest.param("`token`: abcdef", "token", "abcdef", id="name in backticks"),
        pytest.param("get-token: abcdef", "get-token", "abcdef", id="not after a command"),
        pytest.param("the `root password`: abcdef", "password", "abcdef", id="last word"),
        pytest.param("write `token=abcdef`", "token", "abcdef", id="within backticks"),
        pytest.param("export TOKEN=abcdef;", "TOKEN", "abcdef", id="semicolon"),
        pytest.param(
            "set $api_key abcdefghijklmnopqrst;", "api_key", "abcdefghijklmnopqrst", id="nginx"
        ),
        pytest.param("bind_pw" + 18 * " " + "= abcdef", "bind_pw", "abcdef", id="aligned"),
        pytest.param("token: abcdef  \n  user: me", "token", "abcdef", id="blanks behind"),
        pytest.param("mailchimp key: abcdef", "key", "abcdef", id="key of a service"),
    ],
)
def test_in_configuration(text: str, name: str, value: str) -> None:
    assert found(text, unquoted=True) == [(name, value)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('password = f"{user}-secret"', id="f-string"),
        pytest.param('password = "%s-abc" % user', id="formatted"),
        pytest.param('"AWS::KMS::ReplicaKey": "0123456789abcdef"', id="kind of a thing"),
        pytest.param("password = password", id="name"),
        pytest.param('("password", "abcdef")', id="pair"),
        pytest.param('def check(password):\n    """See below."""', id="docstring"),
        pytest.param('check(user, "password", "abcdef")', id="arguments of something else"),
        pytest.param('("PW", "Palau")', id="country"),
        pytest.param('password = forms.CharField("abcdef")', id="label of a field"),
        pytest.param('<Field :password="passwordValue" />', id="attribute of Vue"),
    ],
)
def test_not_assignments_in_code(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param('TOKENS = ["{hex:32}", "{hex:31}"]', 2, id="python"),
        pytest.param('"tokens":["{hex:32}","{hex:31}"]', 2, id="json"),
        pytest.param(
            'tokens: list[str] = [\n    "{hex:32}",\n    "{hex:31}",\n]', 2, id="annotated, lines"
        ),
        pytest.param('"{\\"tokens\\": [\\"{hex:32}\\", \\"{hex:31}\\"]}"', 2, id="json in a text"),
        pytest.param('password: ["required", "min:8"]', 0, id="rules for a field"),
        pytest.param('secret_fields = ["client_secret", "api_key"]', 0, id="names"),
        pytest.param("tokens = [a, b]", 0, id="no texts"),
    ],
)
def test_in_a_list(text: str, count: int) -> None:
    assert len(found(fill(text))) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("    x-api-token:\n    - {hex:32}\n", 1, id="header"),
        pytest.param('api_token:\r\n  - "{hex:32}"\r\n', 1, id="quoted"),
        pytest.param("secrets:\n  - shop_db_password\n", 0, id="name"),
        pytest.param("tokens:\n  - name: {hex:32}\n", 0, id="map"),
    ],
)
def test_in_a_list_of_yaml(text: str, count: int) -> None:
    assert len(found(fill(text), unquoted=True)) == count


def test_comparison_is_not_an_assignment() -> None:
    first, second = assignments(
        raw := b'if password == "abcdef": token = "ghijkl"', whole_file_region(raw), unquoted=False
    )
    assert (first.compared, second.compared) == (True, False)


def test_name_beside_its_value() -> None:
    raw = b"""
  - name: DB_PASSWORD
    value: abcdef
{"name": "API_TOKEN", "value": "ghijkl"}
variable "admin_password" {
  type = string
  default = "mnopqr"
}
"""
    found = {(one.name, one.value) for one in pairs(raw, whole_file_region(raw))}
    assert found == {
        ("DB_PASSWORD", "abcdef"),
        ("API_TOKEN", "ghijkl"),
        ("admin_password", "mnopqr"),
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# user:password:uid:gid:home", id="the fields of a line"),
        pytest.param("FLAGS := -fprefix=$(pwd)=heads", id="a command that is put in"),
        pytest.param("$password = Read-Host -AsSecureString", id="a command with an option"),
        pytest.param('env("DB_PASSWORD", default=None)', id="an argument by name"),
        pytest.param("- key: abcdef", id="a key of a map"),
        pytest.param("- secretKey: db_key\n  remoteRef:\n", id="key of an external secret"),
        pytest.param('{"key": "abcdef"}', id="a key of another map"),
        pytest.param(
            "see `aws secretsmanager list-secrets`: region", id="a subcommand in backticks"
        ),
        pytest.param("aws secretsmanager get-secret-value: abcdef", id="a subcommand in text"),
        pytest.param("ENV API_TOKEN= \\\n    API_HOST=abcdef\n", id="an empty value"),
    ],
)
def test_not_assignments_in_configuration(text: str) -> None:
    assert found(text, unquoted=True) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('"claim": 6602, "pass": 6603, "aged": 6604', [], id="vocabulary"),
        pytest.param('"claim":\n  6602, "\\u0120Password": 6603,', [], id="another line"),
        pytest.param('"port": 5432, "password": 6603,', [("password", "6603")], id="other numbers"),
    ],
)
def test_words_of_a_vocabulary_are_numbered(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, unquoted=True) == expected


def test_name_beside_its_value_in_markup() -> None:
    raw = b"""
<property name="db.password"><value>abcdef</value></property>
<name>mail.password</name>
<value>ghijkl</value>
<key>apiToken</key><string>mnopqr</string>
<string name="api_key" translatable="false">stuvwx</string>
"""
    found = {(one.name, one.value) for one in pairs(raw, whole_file_region(raw))}
    expected = {
        ("db.password", "abcdef"),
        ("mail.password", "ghijkl"),
        ("apiToken", "mnopqr"),
        ("api_key", "stuvwx"),
    }
    assert found >= expected
    assert PAIR_MARK.findall(raw)


def test_in_markup() -> None:
    raw = b'<password>abcdef</password><add key="ApiToken" value="ghijkl"/>'
    assert [(one.name, one.value) for one in pairs(raw, whole_file_region(raw))] == [
        ("password", "abcdef"),
        ("ApiToken", "ghijkl"),
    ]


@pytest.mark.parametrize(
    "part", [b"password", b"key=", b"token: a", b'secret = "', b"auth_", b"a" * 50, b'"', b"\\"]
)
def test_very_long_line_takes_linear_time(part: bytes) -> None:
    def find_all(length: int) -> None:
        raw = part * (length // len(part))
        for unquoted in (False, True):
            list(assignments(raw, whole_file_region(raw), unquoted=unquoted))
        list(pairs(raw, whole_file_region(raw)))

    assert_linear(find_all, 25_000)


@given(st.binary(max_size=300), st.booleans())
def test_accepts_any_bytes(raw: bytes, unquoted: bool) -> None:  # hypothesis fills it in
    list(assignments(b"password=" + raw, whole_file_region(raw), unquoted=unquoted))
    list(pairs(raw, whole_file_region(raw)))


def test_many_spaces_after_a_comma_are_fast() -> None:
    """Each way to match them was tried, which took 50 ms for this text."""
    text = f"post('/auth',\n{' ' * 46}method='POST')\n" * 100
    before = time.process_time()
    assert not found(text)
    assert time.process_time() - before < 1
