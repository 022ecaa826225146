"""Values are read back by python-dotenv, django-environ and sh; every other byte is kept."""

from __future__ import annotations

import os
import secrets
import subprocess

import environ
import pytest
from dotenv import dotenv_values
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shield_ai.model.errors import SourceError
from shield_ai.project.env_file import (
    has_several_lines,
    quote_value,
    read_assignments,
    read_env_file,
    set_variables,
)

# Characters that at least one of the readers treats specially, and some that none does.
VALUES = st.text(
    st.sampled_from("aZ0 \t\n'\"\\$`{}()#=!&|;<>*?~-_:.éß€😀\x01\x85\u2028"), max_size=12
)
PLAIN_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r'${`"), max_size=40)


def read_with_sh(path, shell="sh"):
    """Return what a shell reads: the value of NAME, without the newline that ends the output."""
    script = 'set -a; . "$1"; exec printenv NAME'
    done = subprocess.run(
        [shell, "-c", script, "sh", str(path)],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return done.stdout.decode()[:-1]


def read_with_django_environ(path):
    reader = type("Env", (environ.Env,), {"ENVIRON": {}})
    reader.read_env(str(path))
    return reader.ENVIRON["NAME"]


def require_read_back(path, value):
    assert dotenv_values(path) == {"NAME": value}
    assert read_with_sh(path) == value
    if not has_several_lines(value):
        assert read_with_django_environ(path) == value


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("env") / ".env"


@settings(max_examples=150)
@given(value=VALUES | PLAIN_VALUES)
@example(value="it's")
@example(value='"quoted"')
@example(value="C:\\new\\table\\\\share\\")
@example(value="a$b `c` $(d)")
@example(value="-----BEGIN KEY-----\nabc\n-----END KEY-----\n")
@example(value="")
@example(value=" # no comment ")
def test_readers_get_the_same_value(path, value):
    form = quote_value(value)
    if form is None:
        return
    path.write_bytes(set_variables(b"", {"NAME": value}))
    require_read_back(path, value)


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_each_shell_reads_quotes_and_expansions(path, shell):
    for value in ('it\'s "a" \\ b', '$HOME `id` $(id) "x"', "a\nb"):
        path.write_bytes(set_variables(b"", {"NAME": value}))
        assert read_with_sh(path, shell) == value


@pytest.mark.parametrize(
    ("value", "form"),
    [
        pytest.param("xZ09_.-", "xZ09_.-", id="password"),
        pytest.param("postgres://a:b%40c@h:5432/d", "postgres://a:b%40c@h:5432/d", id="url"),
        pytest.param("YWJj/+==", "YWJj/+==", id="base64"),
        pytest.param("a b", "'a b'", id="space"),
        pytest.param("a#b", "'a#b'", id="hash"),
        pytest.param("h/d?a=b&c", "'h/d?a=b&c'", id="query"),
        pytest.param("~root", "'~root'", id="home"),
        pytest.param("é", "'é'", id="not-ascii"),
        pytest.param("", "''", id="empty"),
    ],
)
def test_quotes_only_where_needed_because_docker_keeps_quotes(path, value, form):
    path.write_bytes(set_variables(b"", {"NAME": value}))
    assert path.read_bytes() == f"NAME={form}\n".encode()
    require_read_back(path, value)


@given(value=PLAIN_VALUES)
def test_values_without_special_characters_always_have_a_form(value):
    assert quote_value(value) is not None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a\0b", id="NUL"),
        pytest.param("a\rb", id="carriage-return"),
        pytest.param("a\udcffb", id="binary"),
        pytest.param("a${b}", id="expanded-by-python-dotenv"),
        pytest.param("it's $HOME", id="single-quote-and-dollar"),
        pytest.param("it's `id`", id="single-quote-and-backtick"),
        pytest.param("\\\\$HOME", id="two-backslashes-and-dollar"),
    ],
)
def test_a_value_that_readers_would_read_differently_has_no_form(value):
    assert quote_value(value) is None
    with pytest.raises(ValueError, match="no form"):
        set_variables(b"", {"NAME": value})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"", b"KEY=new\n", id="empty"),
        pytest.param(b"KEY\nX=1\n", b"KEY=new\nX=1\n", id="no value"),
        pytest.param(b"export KEY # why\n", b"export KEY=new # why\n", id="no value, comment"),
        pytest.param(b"A=1", b"A=1\nKEY=new\n", id="no-final-newline"),
        pytest.param(b"A=1\r\n", b"A=1\r\nKEY=new\r\n", id="CRLF"),
        pytest.param(b"KEY=old\r\nA=1\r\n", b"KEY=new\r\nA=1\r\n", id="CRLF-replaced"),
        pytest.param(b"\xef\xbb\xbfKEY=old\n", b"\xef\xbb\xbfKEY=new\n", id="byte-order-mark"),
        pytest.param(b"# c\n\n KEY=old # why\n", b"# c\n\n KEY=new # why\n", id="comments"),
        pytest.param(b"export KEY='o\\'d'\n#KEY=x\n", b"export KEY=new\n#KEY=x\n", id="export"),
        pytest.param(b'KEY="a\nb" \nB=2', b"KEY=new \nB=2", id="several-lines"),
        pytest.param(b"KEY = old\n", b"KEY=new\n", id="spaces"),
        pytest.param(b"KEY=\nB=2\n", b"KEY=new\nB=2\n", id="no-value"),
        pytest.param(b"KEY\n", b"KEY=new\n", id="no-equals-sign"),
        pytest.param(b"KEY=a#b c\n", b"KEY=new\n", id="hash-in-value"),
        pytest.param(b"KEY=1\nKEY=2\n", b"KEY=new\nKEY=new\n", id="twice"),
        pytest.param(b'KEY="new"\n', b'KEY="new"\n', id="unchanged"),
        pytest.param(b"not a line\nKEY=1\n", b"not a line\nKEY=new\n", id="invalid-line"),
        pytest.param(b"MYKEY=1\nKEY2=2\n", b"MYKEY=1\nKEY2=2\nKEY=new\n", id="similar-names"),
    ],
)
def test_only_the_value_changes(before, after):
    assert set_variables(before, {"KEY": "new"}) == after
    assert set_variables(after, {"KEY": "new"}) == after


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        pytest.param(r'KEY="a\nb" # key', "c\nd\n", r'KEY="c\nd\n" # key', id="escapes"),
        pytest.param(r'KEY="a\nb"', 'say "c"\nd', r'KEY="say \"c\"\nd"', id="quotes"),
        pytest.param(r'KEY="a\nb"', "c", "KEY=c", id="one line"),
        pytest.param(r'KEY="a\nb"', "c\\n\nd", "KEY='c\\n\nd'", id="backslash"),
        pytest.param("KEY='a\nb'", "c\nd", "KEY='c\nd'", id="several lines"),
        pytest.param(r"KEY='a\nb'", "c\nd", "KEY='c\nd'", id="no escapes in single quotes"),
    ],
)
def test_line_breaks_keep_their_form(before, value, after):
    assert set_variables(before.encode(), {"KEY": value}).decode() == after
    assert set_variables(after.encode(), {"KEY": value}).decode() == after


@given(
    before=st.text(st.sampled_from("AK=EY'\"# \n\\x"), max_size=30),
    value=PLAIN_VALUES,
)
def test_an_edited_file_keeps_its_other_variables(before, value):
    try:
        after = set_variables(before.encode(), {"KEY": value})
    except SourceError:
        return
    kept, new = read_assignments(before.encode()), read_assignments(after)
    assert set(new.pop("KEY")) == {value}
    kept.pop("KEY", None)
    assert new == kept


def test_a_quote_that_is_not_closed_is_an_error():
    with pytest.raises(SourceError, match="KEY can't be set"):
        set_variables(b'A="1\n', {"KEY": "it's"})


def test_a_file_that_is_not_utf_8_is_an_error():
    with pytest.raises(SourceError, match="line 2 is not UTF-8"):
        set_variables(b"A=1\nB=\xff\n", {"KEY": "new"})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"A=1\nB='x y'\n", {"A": "1", "B": "x y"}, id="plain and quoted"),
        pytest.param(b"A=1\r\nB=2\r\n", {"A": "1", "B": "2"}, id="CRLF"),
        pytest.param(b"\xef\xbb\xbfA=1\n", {"A": "1"}, id="BOM"),
        pytest.param(b"A=1\nA=2", {"A": "2"}, id="the last line wins"),
        pytest.param(
            b"# c\n\nexport A=$B # tail\n", {"A": "$B"}, id="export, comment, no interpolation"
        ),
        pytest.param(b"A=\n", {"A": ""}, id="empty"),
        pytest.param("A=äöü€".encode(), {"A": "äöü€"}, id="not ASCII"),
        pytest.param(b"A=1\nS3_HOST\nexport B2\nDEBUG\nC=2\n", {"A": "1", "C": "2"}, id="no value"),
        pytest.param(b"A=1\nA\n", {}, id="no value in the last line"),
        pytest.param(b"", {}, id="no line"),
    ],
)
def test_reads_an_env_file(tmp_path, content, expected):
    (tmp_path / ".env").write_bytes(content)
    found = read_env_file(tmp_path / ".env")
    assert {k: v.reveal() for k, v in found.items()} == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(b"%s", ":2: not a KEY=value line", id="second line of a value"),
        pytest.param(b"JBSWY3DPEHPK3PXP", ":2: not a KEY=value line", id="second line in base32"),
        pytest.param(b"secretKey", ":2: not a KEY=value line", id="no name"),
        pytest.param(b"KEY='never closed %s", ":2: not a KEY=value line", id="open quote"),
        pytest.param(b"KEY=\xe4 %s", ":2: not UTF-8", id="latin-1"),
    ],
)
def test_errors_have_the_line_but_not_its_text(tmp_path, line, message):
    value = secrets.token_hex(8).encode()
    (tmp_path / ".env").write_bytes(b"A=1\n" + (line % value if b"%s" in line else line) + b"\n")
    with pytest.raises(SourceError) as caught:
        read_env_file(tmp_path / ".env")
    assert message in caught.value.message
    assert value.decode() not in str(caught.value) + caught.value.hint


def test_missing_file(tmp_path):
    with pytest.raises(SourceError, match="No such file"):
        read_env_file(tmp_path / "none")
