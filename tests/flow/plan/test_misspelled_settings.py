from __future__ import annotations

import pytest
from shield_helpers import make_app, run


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        pytest.param("MAIL_API_KYE", 'did you mean "MAIL_API_KEY"?', id="misspelled"),
        pytest.param("OTHER_TOKEN", "", id="another name"),
        pytest.param("MAIL_API_KEYS", "", id="similar, and read by the code"),
    ],
)
def test_a_misspelled_variable_in_ignore_is_reported(tmp_path, name, suggestion):
    make_app(tmp_path)
    (tmp_path / "shop/views.py").write_text('import os\nX = os.environ["MAIL_API_KEYS"]\n')
    assert run("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    head, *secrets = manifest.read_text().split("[[secret]]")
    kept = [secret for secret in secrets if f'"{name}"' not in secret]
    head = head.replace("[app]\n", f'[app]\nignore = ["{name}"]\n')
    manifest.write_text("[[secret]]".join([head, *kept]))
    out = " ".join(run("plan", "--only", "code", cwd=tmp_path).out.split())
    line = f"ignore in shield.toml lists {name}, which no code reads: {suggestion}"
    assert (line in out) is bool(suggestion), out
    assert ("ignore in shield.toml lists" in out) is bool(suggestion)


def test_ignored_names_are_not_searched_in_links_out_of_the_app(tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    make_app(app)
    assert run("draft", cwd=app).code == 0
    manifest = app / "shield.toml"
    text = manifest.read_text().replace("[app]\n", '[app]\nignore = ["OTHER_TOKEN"]\n')
    manifest.write_text(text)
    (tmp_path / "shared.py").write_text("X = 1\n")
    (app / "shop/shared.py").symlink_to(tmp_path / "shared.py")
    done = run("plan", "--only", "code", cwd=app)
    assert done.code == 0, done.err
