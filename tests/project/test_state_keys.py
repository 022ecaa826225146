from __future__ import annotations

import pytest

from shield_ai.model.errors import SourceError
from shield_ai.project.state_keys import create_state_key, read_state_key, state_folder


@pytest.mark.parametrize(
    ("variable", "name"),
    [("SHIELD_STATE_DIR", "SHIELD_STATE_DIR"), ("HOME", "the user's home folder")],
)
def test_relative_folders(tmp_path, monkeypatch, variable, name):
    monkeypatch.delenv("SHIELD_STATE_DIR")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv(variable, "relative")
    with pytest.raises(SourceError, match=f"^{name} is not an absolute path") as caught:
        state_folder(tmp_path)
    assert caught.value.hint == "set SHIELD_STATE_DIR to an absolute path"


@pytest.mark.parametrize(("mode", "length"), [(0o644, 32), (0o600, 1)])
def test_keys_that_are_not_private_or_complete(tmp_path, monkeypatch, mode, length):
    folder = tmp_path / "state"
    monkeypatch.setenv("SHIELD_STATE_DIR", str(folder))
    app = tmp_path / "app"
    key = create_state_key(app, "x")
    assert read_state_key(app, "x") == key
    path = folder / "keys" / "x"
    path.write_bytes(key[:length])
    path.chmod(mode)
    assert read_state_key(app, "x") is None
