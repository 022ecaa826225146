from __future__ import annotations

import pytest
from shield_helpers import Done

from shield_ai.__main__ import main


@pytest.fixture
def shield(capsys, monkeypatch):
    """Run a command in this process, so that boto3 is loaded once."""

    def run(*arguments, cwd):
        monkeypatch.chdir(cwd)
        code = main(arguments)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run
