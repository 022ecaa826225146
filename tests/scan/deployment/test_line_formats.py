from __future__ import annotations

import time

import pytest

from shield_ai.scan.deployment.line_formats import shell_settings

NAMES = frozenset({"DB_PASSWORD", "API_KEY"})


def found(script: str) -> list[str]:
    return [setting.variable for setting in shell_settings(script.encode(), NAMES)]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('grep x <<< "word"\nDB_PASSWORD=abc\n', id="here-string"),
        pytest.param("n=$((1<<N))\nDB_PASSWORD=abc\n", id="shift"),
        pytest.param("# see cat <<EOF\nDB_PASSWORD=abc\n", id="comment"),
        pytest.param("app # see cat <<EOF\nDB_PASSWORD=abc\n", id="comment after a command"),
        pytest.param(
            "cat <<END-OF-DOC > f\nx\nEND-OF-DOC\nDB_PASSWORD=abc\n", id="after a heredoc"
        ),
        pytest.param(": <<'EOF'\nDB_PASSWORD=abc\nEOF\n", id="heredoc of no command"),
    ],
)
def test_a_variable_that_is_not_in_a_heredoc_is_not_exported(script: str) -> None:
    assert found(script) == []


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("cat <<EOF > f\nDB_PASSWORD=abc\nEOF\n", id="heredoc"),
        pytest.param("x=$((1<<N)); cat <<EOF > f\nDB_PASSWORD=abc\nEOF\n", id="after a shift"),
        pytest.param(
            "cat <<'END OF DOC' > f\nDB_PASSWORD=abc\nEND OF DOC\n", id="quoted delimiter"
        ),
        pytest.param("cat <<\\EOF > f\nDB_PASSWORD=abc\nEOF\n", id="escaped delimiter"),
        pytest.param(": <<'END-OF-DOC'\ntext\nEND-OF-DOC\nexport DB_PASSWORD=abc\n", id="hyphens"),
    ],
)
def test_finds_variables_in_and_after_heredocs(script: str) -> None:
    assert found(script) == ["DB_PASSWORD"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("DB_PASSWORD=$(cat f) python x.py\n", id="substitution"),
        pytest.param('DB_PASSWORD="$(cat f)" python x.py\n', id="quoted substitution"),
        pytest.param("DB_PASSWORD=$(a $(b) c) python x.py\n", id="nested substitution"),
        pytest.param("DB_PASSWORD=`cat f` python x.py\n", id="backticks"),
        pytest.param("[ x ] && DB_PASSWORD=abc python x.py\n", id="command after a condition"),
        pytest.param("DB_PASSWORD=abc A=1 python x.py\n", id="two variables of a command"),
        pytest.param("docker run -e A=1 -e DB_PASSWORD=abc\n", id="option"),
        pytest.param("env A=1 DB_PASSWORD=abc\n", id="argument"),
        pytest.param("export A=1 DB_PASSWORD=abc\n", id="export of two"),
        pytest.param("declare -rx DB_PASSWORD=abc\n", id="declared as exported"),
        pytest.param('ssh host "cd x; DB_PASSWORD=abc"\n', id="quoted script"),
        pytest.param("args=(DB_PASSWORD=abc)\n", id="array"),
    ],
)
def test_finds_variables_of_commands(script: str) -> None:
    assert found(script) == ["DB_PASSWORD"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("DB_PASSWORD=abc\npython x.py\n", id="line"),
        pytest.param("DB_PASSWORD=$(cat f)\n", id="substitution"),
        pytest.param('DB_PASSWORD="$(a "$(b)")"\n', id="nested substitution"),
        pytest.param("DB_PASSWORD=$(\n  cat f\n)\n", id="substitution of several lines"),
        pytest.param('DB_PASSWORD="$(cat f)\n', id="open quote"),
        pytest.param("DB_PASSWORD=$(sed 's/(//' f)\n", id="unbalanced substitution"),
        pytest.param('[ -n "$X" ] && DB_PASSWORD=abc\n', id="condition"),
        pytest.param("if x; then DB_PASSWORD=abc; else DB_PASSWORD=def; fi\n", id="if"),
        pytest.param("f() { DB_PASSWORD=abc; }\n", id="function"),
        pytest.param("case $1 in\n x) DB_PASSWORD=abc ;;\nesac\n", id="case"),
        pytest.param("declare DB_PASSWORD=abc\n", id="declare"),
        pytest.param("local -r DB_PASSWORD=abc\n", id="local"),
        pytest.param("DB_PASSWORD=abc API_KEY='d e'\n", id="two variables"),
        pytest.param("DB_PASSWORD=abc &\n", id="background"),
    ],
)
def test_a_variable_of_the_shell_is_not_exported(script: str) -> None:
    assert found(script) == []


@pytest.mark.parametrize(
    "part", ["DB_PASSWORD=1 ", "DB_PASSWORD=$((", 'DB_PASSWORD="$(', "((<<A ", "; DB_PASSWORD=1"]
)
def test_a_hostile_line_takes_bounded_time(part: str) -> None:
    start = time.process_time()
    found(part * 10_000)
    assert time.process_time() - start < 10
