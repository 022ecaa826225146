from __future__ import annotations

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
        pytest.param("cat <<END-OF-DOC > f\nx\nEND-OF-DOC\nDB_PASSWORD=abc\n", id="after a heredoc"),
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
        pytest.param("cat <<'END OF DOC' > f\nDB_PASSWORD=abc\nEND OF DOC\n", id="quoted delimiter"),
        pytest.param("cat <<\\EOF > f\nDB_PASSWORD=abc\nEOF\n", id="escaped delimiter"),
        pytest.param(": <<'END-OF-DOC'\ntext\nEND-OF-DOC\nexport DB_PASSWORD=abc\n", id="hyphens"),
    ],
)
def test_finds_variables_in_and_after_heredocs(script: str) -> None:
    assert found(script) == ["DB_PASSWORD"]
