from __future__ import annotations

import pytest

from shield_ai.model.plan import Origin
from shield_ai.project.values import Values
from shield_ai.rewrite.project.dotenv_values import dotenv_change


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("\ufeffDB_PASSWORD", id="after a byte order mark"),
        pytest.param("  export DB_PASSWORD", id="indented"),
    ],
)
def test_a_variable_of_dotenv_is_not_appended_again(line):
    origin = Origin(locator="", field="DB_PASSWORD")
    assert dotenv_change([origin], Values({}), lambda _path: f"{line}=x\n".encode()) is None
