from __future__ import annotations

import ast
import sys

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.reports.masking.mask import mask, show


def shown(path, text, keep=()):
    return show(mask(path, text.encode(), keep))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param('A = "v"', 'A = "•••"', id="value"),
        pytest.param("A = ''", "A = ''", id="nothing to hide"),
        pytest.param('A = os.environ["MY_KEY2"]', 'A = os.environ["MY_KEY2"]', id="variable"),
        pytest.param(
            'A = os.environ.get("MY_KEY", "v")',
            'A = os.environ.get("MY_KEY", "•••")',
            id="variable, default",
        ),
        pytest.param(
            'KEY = bytes(x.replace("\\n", "\n"), "utf-8")'.replace("\n", r"\n"),
            'KEY = bytes(x.replace("\\n", "\n"), "utf-8")'.replace("\n", r"\n"),
            id="encoding and line breaks",
        ),
        pytest.param(
            'URL = x.replace("postgres://", "postgresql://")',
            'URL = x.replace("postgres://", "postgresql://")',
            id="schemes of URLs",
        ),
        pytest.param('A = ("Bearer", "v")', 'A = ("Bearer", "•••")', id="scheme of a header"),
        pytest.param('A = x.get("MY_KEY")', 'A = x.get("MY_KEY")', id="get"),
        pytest.param('A = x.get("MY_KEY", "v")', 'A = x.get("MY_KEY", "•••")', id="get, default"),
        pytest.param('A = getenv("MY_KEY")', 'A = getenv("MY_KEY")', id="getenv"),
        pytest.param(
            'A = env.db("MY_KEY", "v")', 'A = env.db("MY_KEY", "•••")', id="django-environ"
        ),
        pytest.param(
            "A = config('MY_KEY', default='v')",
            "A = config('MY_KEY', default='•••')",
            id="decouple",
        ),
        pytest.param('A = envbool("DEBUG", "v")', 'A = envbool("DEBUG", "•••")', id="envbool"),
        pytest.param('A = get_env("MY_S3_KEY")', 'A = get_env("MY_S3_KEY")', id="get_env"),
        pytest.param(
            'A = get_env_variable("DEBUG")', 'A = get_env_variable("DEBUG")', id="variable"
        ),
        pytest.param('A = get_env_value("sword")', 'A = get_env_value("•••")', id="value"),
        pytest.param(
            'EMAIL_HOST = get_str_env("EMAIL_HOST", "localhost")',
            'EMAIL_HOST = get_str_env("EMAIL_HOST", "localhost")',
            id="get_str_env",
        ),
        pytest.param(
            'A = get_str_env("A_PASSWORD", "localhost")',
            'A = get_str_env("A_PASSWORD", "•••")',
            id="default of a password",
        ),
        pytest.param('A = set_env("JBSWY3DPEHPK3PXP")', 'A = set_env("•••")', id="key in capitals"),
        pytest.param('A = envoy("MY_KEY")', 'A = envoy("•••")', id="another word"),
        pytest.param('A = env("v-1")', 'A = env("•••")', id="not a variable"),
        pytest.param(
            'A = connect("HUNTER")', 'A = connect("•••")', id="argument of another function"
        ),
        pytest.param('A = {"PASSWORD": "v", "b": 1}', 'A = {"PASSWORD": "•••", "b": 1}', id="keys"),
        pytest.param(
            'A = {"ENGINE": "shop.engine", "X": "shop.engine"}',
            'A = {"ENGINE": "shop.engine", "X": "•••"}',
            id="backend",
        ),
        pytest.param(
            'A = {"ENGINE": "sk-1.a"}', 'A = {"ENGINE": "•••"}', id="backend that is not a module"
        ),
        pytest.param('A = {"PORT": 27017}', 'A = {"PORT": 27017}', id="number in a place"),
        pytest.param(
            'A = {"HOST": "db", "PORT": "v"}  # note',
            'A = {"HOST": "db", "PORT": "•••"}  #•••',
            id="one of two",
        ),
        pytest.param('HOST = "db"  # note', 'HOST = "db"  # note', id="comment after no value"),
        pytest.param('A = {"sk-1": 1}', 'A = {"•••": 1}', id="key that is not a name"),
        pytest.param(
            'A = {"email-url": "EMAIL_URL"}', 'A = {"email-url": "•••"}', id="secret in the map"
        ),
        pytest.param('A = get_secret("mail-2", "v")', 'A = get_secret("•••", "•••")', id="other"),
        pytest.param(
            'A = get_secret("mail2-url", "v")', 'A = get_secret("mail2-url", "•••")', id="secret"
        ),
        pytest.param(
            'A = aws_get_secret("db:user")', 'A = aws_get_secret("db:user")', id="field of a secret"
        ),
        pytest.param('A = D["default"]["x"]', 'A = D["default"]["x"]', id="items"),
        pytest.param('A = ["HUNTER"]', 'A = ["•••"]', id="list"),
        pytest.param('A = x in ["HUNTER"]', 'A = x in ["•••"]', id="list after a keyword"),
        pytest.param('A = "v" "w"', 'A = "•••" "•••"', id="two strings"),
        pytest.param("A = b'v' + r\"w\"", "A = b'•••' + r\"•••\"", id="prefixes"),
        pytest.param("A = 123456", "A = •••", id="long number"),
        pytest.param("A = 5432", "A = 5432", id="port"),
        pytest.param("A = 1  # not v1x", "A = 1  # not •••", id="comment"),
        pytest.param("A = 'v'  # old", "A = '•••'  #•••", id="comment after a value"),
        pytest.param('A = "v', "A = •••", id="open quote"),
        pytest.param('    "v",', '    "•••",', id="indented"),
        pytest.param("v''' + x", "•••", id="end of a long string"),
        pytest.param("x = ", "x = ", id="no end"),
        pytest.param("x = (\n'v'", "•••?•••", id="invalid Python"),
    ],
)
def test_python_line_shows_names_only(line, expected):
    assert shown("line.py", line) == expected


def test_known_names_are_shown():
    assert (
        shown("line.py", 'A = read("MY_KEY", "v")', keep={"MY_KEY"}) == 'A = read("MY_KEY", "•••")'
    )


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("a.yml", "  MY_KEY: v", "  MY_KEY: •••", id="map"),
        pytest.param("a.yaml", "- 'MY_KEY=v'", "- 'MY_KEY=•••", id="assignment"),
        pytest.param("a.yaml", "  - name: MY_KEY", "  - name: MY_KEY", id="name"),
        pytest.param(
            "a.json", '{"name": "MY_KEY", "value": "v"}', '{"name": "MY_KEY"•••', id="object"
        ),
        pytest.param("a.yml", "  OTHER: MY_KEY", "•••", id="another name"),
        pytest.param(
            "a.yml", "  MY_KEY: ${{ secrets.a }}v", "  MY_KEY: ${{ secrets.a }}•••", id="reference"
        ),
        pytest.param("a.yml", "  MY_KEY: ${{ 'v' }}", "  MY_KEY: •••", id="expression"),
        pytest.param("a.yml", "  MY_KEY_2: v", "•••", id="longer name"),
        pytest.param("a.txt", "MY_KEY: v", "•••", id="another format"),
    ],
)
def test_configuration_line_shows_known_names_only(path, text, expected):
    assert shown(path, text, keep={"MY_KEY"}) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("redis://:{PASSWORD}@host", "•••{PASSWORD}•••"),
        ("Bearer {os.environ['API_KEY']}", "•••{os.environ['API_KEY']}"),
        ("Bearer {get_secret('api-key:token')}", "•••{get_secret('api-key:token')}"),
        ("{settings.api.KEY}{os.getenv('B')}", "{settings.api.KEY}{os.getenv('B')}"),
        ("{{PASSWORD}}", "•••"),
        ("{{{PASSWORD}}}", "•••"),
        ("{read('swordfish')}", "•••"),
    ],
)
def test_f_string_shows_names(code, expected):
    line = shown("line.py", f'A = f"{code}"')
    if sys.version_info < (3, 12):
        assert line == f'A = f"{expected}"'
    for name in ("PASSWORD", "API_KEY", "api-key:token", "settings.api.KEY"):
        assert name not in expected or name in line
    for text in ("Bearer", "redis", "host", "swordfish"):
        assert text not in line


def test_f_string_in_a_part_of_a_file_is_hidden():
    assert "PASSWORD" not in shown("line.py", 'f"{PASSWORD}" + \'')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Return the settings.", "Return the settings.", id="plain"),
        pytest.param("One.\n\n  Two.\n  ", "One.\n\n  Two.\n  ", id="paragraphs"),
        pytest.param("Use AKIA2345ABCDEFGHIJKL.", "Use •••", id="token"),
        pytest.param("One.\n\nA = 'v'\n\nTwo.", "One.\n\n•••\n\nTwo.", id="code"),
        pytest.param("The password is\nswordfish", "The password is\n•••", id="wrapped"),
        pytest.param("The password is:\n\nswordfish", "The password is:\n\n•••", id="colon"),
        pytest.param("The password\n\nswordfish", "The password\n\n•••", id="last word"),
        pytest.param("The key is\r\n \r\nswordfish", "The key is\r\n \r\n•••", id="CRLF"),
    ],
)
@pytest.mark.parametrize("template", ['"""{}"""\n', 'def f():\n    r"""{}"""\n'])
def test_docstring_is_shown_as_a_comment_is(template, text, expected):
    lines = mask("a.py", template.format(text).encode()).split(b"\n")
    expected_lines = template.format(expected).split("\n")
    assert [show(line) for line in lines] == [show(line.encode()) for line in expected_lines]


def test_second_string_is_no_docstring():
    assert shown("a.py", '"Return it."; "Return it."\nA = 1\n').startswith('"Return it."; "•••"')


def test_multi_line_string_is_hidden():
    assert (
        shown("a.py", 'A = """v\nv\n"""\nB = x\n').replace("?", "\n")
        == 'A = """•••\n•••\n"""\nB = x\n'
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A=v", "A=•••"),
        ("export A='v w'  # x", "export A=•••"),
        ("A: v", "A: •••"),
        ("# A=v", "•••"),
        ("v", "•••"),
        ("A=", "A="),
        ("", ""),
    ],
)
def test_dotenv_line_shows_the_name_only(line, expected):
    for path in (".env", "deploy/.env.production", "prod.env", ".env.example"):
        assert shown(path, line) == expected


def test_key_after_a_comment_is_a_key():
    assert (
        shown("a.py", 'A = {\n    # v1x\n    "KEY": "v",\n}')
        == 'A = {?    # •••?    "KEY": "•••",?}'
    )


def test_any_other_file_is_hidden():
    assert shown("a.toml", "a = 'v'\nb") == "•••?•••"


@pytest.mark.parametrize("path", ["a.py", ".env", "a.toml"])
@given(raw=st.binary())
def test_offsets_and_newlines_are_kept(path, raw):
    hidden = mask(path, raw)
    assert len(hidden) == len(raw)
    for old, new in zip(raw, hidden, strict=True):
        assert new in (old, 0)
        assert new == old or old not in b"\r\n"


VALUE = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="•"),
    min_size=12,
    max_size=40,
)
PYTHON = [
    "A = {0!r}\n",
    "import os\nA = os.environ.get('MY_KEY', {0!r})\n",
    "D = {{'PASSWORD': {0!r}, 'URL': 'redis://:' + {0!r}}}\n",
    "f({0!r}, key={0!r})\n",
    "A = '''\n{0}\n'''\n",
    "A = '\\\n{0}\n",
    "A = b'{0}'\n",
    "A = f'{0}'\n",
    "A = ({0!r}\n",
    "class A:\n  b = {0!r}\n {0!r}\n",
]


def is_expression(text):
    """Return whether the braces of the f-string in a text hold code."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    return any(isinstance(node, ast.FormattedValue) for node in ast.walk(tree))


@pytest.mark.parametrize("template", PYTHON)
@given(value=VALUE)
@example(value="AKIA2345ABCDEFGHIJKL")
@example(value="a'b\"c'd\"e'f\"g'")
@example(value="{0000;0000:}")
def test_no_value_is_shown_in_python(template, value):
    assume(value not in template)
    text = template.format(value)
    assume(not ("{" in value and is_expression(text)))
    out = shown("a.py", text)
    for part in (value, repr(value)[1:-1]):
        assert part not in out


@pytest.mark.parametrize(
    "template", ["A={0}\n", "A = '{0}'\n", 'export A="x{0}\n', "A='x\n{0}\ny'\n", "# {0}\n"]
)
@given(value=VALUE.filter(lambda v: "'" not in v and '"' not in v))
@example(value="MIIEpAIBAAKCAQEA=")
def test_no_value_is_shown_in_dotenv(template, value):
    assert value not in shown(".env", template.format(value))


@given(st.text())
def test_nothing_shown_controls_the_terminal(text):
    out = show(text.encode("utf-8", "surrogatepass"))
    assert not {c for c in out if c < " " or "\x7f" <= c <= "\x9f" or c in "\u202e\u2066"}


def test_masks_a_long_line_in_linear_time():
    def mask_line(length):
        raw = b"X = ['\xc3\xa9', " + b"'abcdef', " * length + b"]\n\n"
        masked = mask("a.py", raw)
        assert (masked.count(b"abcdef"), len(masked)) == (0, len(raw))

    assert_linear(mask_line, 15_000)
