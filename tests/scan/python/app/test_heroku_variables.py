from __future__ import annotations

import json

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app.heroku_variables import find_heroku_variables
from shield_ai.scan.python.app_scan import scan_files


@pytest.mark.parametrize(
    ("content", "names"),
    [
        pytest.param({"addons": ["heroku-postgresql:mini"]}, ["DATABASE_URL"], id="plan"),
        pytest.param({"addons": ["heroku-redis"]}, ["REDIS_URL", "REDIS_TLS_URL"], id="no plan"),
        pytest.param({"addons": [{"plan": "cloudamqp:lemur"}]}, ["CLOUDAMQP_URL"], id="own prefix"),
        pytest.param({"addons": [{"plan": "bonsai", "as": "SEARCH"}]}, ["SEARCH_URL"], id="alias"),
        pytest.param(
            {"addons": ["sendgrid:starter"]},
            ["SENDGRID_URL", "SENDGRID_USERNAME", "SENDGRID_PASSWORD"],
            id="login",
        ),
        pytest.param({"addons": []}, [], id="no add-ons"),
        pytest.param({"addons": {"a": 1}}, [], id="not a list"),
        pytest.param([1], [], id="not an object"),
    ],
)
def test_names_the_variables_of_addons(content: object, names: list[str]) -> None:
    files = {"app.json": json.dumps(content).encode()}
    assert list(find_heroku_variables(files, files.get)) == names


@pytest.mark.parametrize("content", [None, b"", b"{", b"[" * 100_000, b"\xff"])
def test_unreadable_file_has_no_addons(content: bytes | None) -> None:
    assert find_heroku_variables([], lambda path: content if path == "app.json" else None) == {}


@pytest.mark.parametrize(
    ("manifest_variables", "names"),
    [
        pytest.param((), {"DATABASE_URL"}, id="stays"),
        pytest.param(("DATABASE_URL",), set(), id="in shield.toml"),
    ],
)
def test_reads_of_their_variables_stay(manifest_variables, names) -> None:
    files = {
        "app.json": b'{"addons": ["heroku-postgresql"]}',
        "s.py": b"import os\nA = os.environ['DATABASE_URL']\nB = os.environ['API_TOKEN']\n",
    }
    found = scan_files("shop", list(files), files.get, manifest_variables).sites
    assert {f.env for f, site in found if site.reason} == names


def test_the_urls_of_other_redis_addons_stay_beside_one_of_them() -> None:
    """Moving one operand of a chain would give the secret the lowest priority."""
    settings = b"import os\nX = os.getenv('REDISTOGO_URL') or os.getenv('REDISCLOUD_URL')\n"
    raws = {"shop/settings.py": settings, "app.json": b'{"addons": ["redistogo:nano"]}'}
    found = scan_files("shop", list(raws), raws.get).sites
    assert [site.reason.id for _, site in found] == [SkipId.SET_BY_ADDON] * 2


HEROKU_YML = b"""\
setup:
  addons:
    - plan: heroku-postgresql:mini
    - plan: bonsai
      as: SEARCH
"""


def test_heroku_yml_names_addons() -> None:
    found = find_heroku_variables([], {"heroku.yml": HEROKU_YML}.get)
    assert [name for name, reason in found.items() if "bonsai" in reason.text] == ["SEARCH_URL"]
    assert found["DATABASE_URL"].text.startswith("set by heroku-postgresql on Heroku")


@pytest.mark.parametrize(
    ("path", "content", "is_held"),
    [
        pytest.param("runtime.txt", b"python-3.12.1", True, id="runtime.txt"),
        pytest.param(".python-version", b"3.12", True, id="python-version"),
        pytest.param("requirements.txt", b"django-heroku==0.3.1", True, id="requirements"),
        pytest.param(".github/workflows/ci.yml", b"uses: a/heroku-deploy@v3", True, id="workflow"),
        pytest.param("README.md", b"Deployed to Heroku.", True, id="README"),
        pytest.param("t.py", b"import os\nV = os.getenv('HEROKU_SLUG_COMMIT')", True, id="code"),
        pytest.param("t.py", b"HOSTS = ['shop.herokuapp.com']", True, id="host"),
        pytest.param("notes.md", b"Heroku was too expensive.", False, id="other text"),
        pytest.param("t.py", b"# as on Heroku", False, id="comment"),
    ],
)
@pytest.mark.parametrize("with_procfile", [True, False])
def test_a_procfile_with_another_mark_of_heroku(path, content, is_held, with_procfile) -> None:
    files = {path: content, "s.py": b"import os\nA = os.environ['DATABASE_URL']\n"}
    if with_procfile:
        files["Procfile"] = b"web: gunicorn shop.wsgi\n"
    [(_, site)] = scan_files("shop", list(files), files.get).sites
    expected = "set by an add-on of a platform such as Heroku or Scalingo: to move it to AWS, add it to shield.toml"
    assert (site.reason.text if site.reason else "") == (
        expected if is_held and with_procfile else ""
    )


@pytest.mark.parametrize(
    ("path", "is_held"),
    [("shop/settings/heroku.py", True), ("settings_heroku.py", True), ("shop/heroku.py", False)],
)
def test_settings_for_heroku_are_enough(path: str, is_held: bool) -> None:
    assert ("DATABASE_URL" in find_heroku_variables([path], {}.get)) is is_held


@pytest.mark.parametrize(
    ("other", "is_held"),
    [
        pytest.param("api/cron.json", True, id="jobs of Scalingo"),
        pytest.param("api/.python-version", True, id="version of Python"),
        pytest.param("cron.json", False, id="another folder"),
    ],
)
def test_a_procfile_in_a_folder_of_the_app(other: str, is_held: bool) -> None:
    files = {"api/Procfile": b"web: gunicorn shop.wsgi\n", other: b"{}"}
    assert ("DATABASE_URL" in find_heroku_variables(files, files.get)) is is_held


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("heroku.yml", [SkipId.SET_BY_ADDON, None], id="heroku.yml"),
        pytest.param("render.yaml", [None, None], id="another platform"),
    ],
)
def test_a_heroku_yml_is_enough(path, expected) -> None:
    settings = b"import os\nA = os.environ['DATABASE_URL']\nB = os.environ['API_TOKEN']\n"
    files = {path: b"build:\n  docker:\n    web: Dockerfile\n", "s.py": settings}
    found = scan_files("shop", list(files), files.get).sites
    assert [site.reason.id if site.reason else None for _, site in found] == expected


BY_KUBERNETES = b"""\
env:
  - name: DATABASE_URL
    valueFrom:
      secretKeyRef: {name: db, key: url}
"""


@pytest.mark.parametrize(
    ("path", "content", "is_held"),
    [
        pytest.param("README.md", b"dokku config:set shop DATABASE_URL=x", False, id="dokku"),
        pytest.param("docs/run.md", b"heroku config:set A=1 DATABASE_URL=x", False, id="heroku"),
        pytest.param(
            "README.md", b"dokku config:set s \\\n  A=1 \\\n DATABASE_URL=x", False, id="lines"
        ),
        pytest.param("up.sh", b"az c --environment-variables 'DATABASE_URL=$u'", False, id="Azure"),
        pytest.param("k8s/web.yaml", BY_KUBERNETES, False, id="Kubernetes"),
        pytest.param("README.md", b"export DATABASE_URL=postgres://localhost/x", True, id="local"),
        pytest.param("README.md", b"config:set A=1\nexport DATABASE_URL=x", True, id="next line"),
        pytest.param("compose.yaml", b"environment:\n  DATABASE_URL: x\n", True, id="Compose"),
    ],
)
def test_a_variable_that_the_repository_sets_by_hand_is_not_of_an_addon(
    path: str, content: bytes, is_held: bool
) -> None:
    files = {"heroku.yml": b"", path: content}
    assert ("DATABASE_URL" in find_heroku_variables(files, files.get)) == is_held


def test_a_variable_of_an_addon_in_app_json_stays() -> None:
    files = {"app.json": b'{"addons": ["heroku-postgresql"]}', "k8s/web.yaml": BY_KUBERNETES}
    assert "DATABASE_URL" in find_heroku_variables(files, files.get)
