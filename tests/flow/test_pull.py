from __future__ import annotations

from pathlib import Path

import pytest

from shield_ai.flow.current_values import CurrentValues
from shield_ai.flow.pull import compare_env_file, pull_command, write_update
from shield_ai.model.errors import ShieldError, SourceError, StalePlanError
from shield_ai.model.hidden import Hidden


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path(".env")


def current(**values):
    hidden = {variable: Hidden(value) for variable, value in values.items()}
    return CurrentValues(values=hidden, missing=(), skipped=())


@pytest.mark.parametrize(
    ("environment", "file", "command"),
    [
        pytest.param("", ".env", "shield pull --env-file .env", id="file"),
        pytest.param(
            "prod", "my app.env", "shield pull --env-file 'my app.env' --environment prod", id="all"
        ),
    ],
)
def test_the_command_can_be_pasted_into_a_shell(environment, file, command):
    assert pull_command(environment, file) == command


def test_compares_the_file_with_the_values_in_aws(path):
    path.write_text("A=old\nB=same\nC=\nE=old\nE=new\n")
    update = compare_env_file(path, current(A="new", B="same", C="new", D="1\n2", E="new"))
    assert update.to_write == ("A", "C", "D", "E")
    assert update.replaced == ("A", "E")
    assert update.unchanged == ("B",)
    assert update.several_lines == ("D",)
    assert repr(update) == "EnvFileUpdate('.env')"
    write_update(update)
    assert path.read_text() == "A=new\nB=same\nC=new\nE=new\nE=new\nD='1\n2'\n"


def test_escaped_line_breaks_are_readable_for_django_environ(path):
    path.write_text('A="1\\n2"\nB="1\\n2"\n')
    update = compare_env_file(path, current(A="3\n4", B="1\n2"))
    assert (update.to_write, update.unchanged, update.several_lines) == (("A",), ("B",), ())
    write_update(update)
    assert path.read_text() == 'A="3\\n4"\nB="1\\n2"\n'


def test_does_not_overwrite_an_edit_that_was_made_in_the_meantime(path):
    path.write_text("A=old\n")
    update = compare_env_file(path, current(A="new"))
    path.write_text("A=old\nMINE=1\n")
    with pytest.raises(StalePlanError, match=r"\.env was edited in the meantime"):
        write_update(update)
    assert path.read_text() == "A=old\nMINE=1\n"


def test_an_unchanged_value_need_not_be_quotable(path):
    value = "it's $HOME"
    path.write_text(f"A={value}\n")
    assert compare_env_file(path, current(A=value)).unchanged == ("A",)


def test_does_not_call_a_value_unchanged_that_only_some_readers_expand(path):
    path.write_text("A=x\nB=${A}y\n")
    with pytest.raises(ShieldError, match="an env file can't hold the value of B"):
        compare_env_file(path, current(A="x", B="${A}y"))
    update = compare_env_file(path, current(A="x", B="xy"))
    assert update.replaced == ("B",)
    write_update(update)
    assert path.read_text() == "A=x\nB=xy\n"


def test_errors_name_the_file_and_the_line(path):
    path.write_bytes(b"A=1\nB=\xff\n")
    with pytest.raises(SourceError, match=r"\.env: line 2 is not UTF-8"):
        compare_env_file(path, current(A="new"))
    path.write_bytes(b'B="not closed\n')
    with pytest.raises(SourceError, match=r"\.env: A can't be set"):
        write_update(compare_env_file(path, current(A="it's")))
