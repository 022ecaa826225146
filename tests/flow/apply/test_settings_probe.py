from __future__ import annotations

import ctypes.util
import os
import secrets
import sys
import venv

import pytest

from shield_ai.flow.apply.settings_probe import SettingsLoader, compare_settings, find_interpreter


def write(root, text, name="shop_settings.py"):
    (root / name).write_text(text)


def load(root, text, module="shop_settings", **env):
    write(root, text)
    return SettingsLoader(root, [(module, "")]).load({**os.environ, **env})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("X = {'b': 1, 'a': [1, (2,)]}", id="containers"),
        pytest.param("X = {'a', 'b', 'c', 'd'}", id="sets have no order"),
        pytest.param("class C: pass\nX = C()", id="addresses do not count"),
        pytest.param(
            "print('noise')\nimport sys\nsys.stderr.write('x')\nX = 1", id="output does not count"
        ),
        pytest.param("X = []\nX.append(X)", id="recursive"),
        pytest.param("class R:\n    def __repr__(self): raise ValueError\nX = R()", id="no repr"),
    ],
)
def test_equal_settings_have_equal_hashes(tmp_path, text):
    write(tmp_path, text)
    probe = SettingsLoader(tmp_path, [("shop_settings", "")])
    assert compare_settings(probe.load(os.environ), probe.load(os.environ)) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("X = 1", "X = 2", "shop_settings.X", id="value"),
        pytest.param("X = 1", "X = '1'", "shop_settings.X", id="type"),
        pytest.param("X = 1", "X = True", "shop_settings.X", id="bool"),
        pytest.param("X = 1", "", "shop_settings.X", id="removed"),
        pytest.param("", "X = 1", "shop_settings.X", id="new"),
        pytest.param("X = {1: {2: b'3'}}", "X = {1: {2: '3'}}", "shop_settings.X", id="deep"),
        pytest.param(
            "class C:\n  X = 1", "class C:\n  X = 2", "shop_settings.C.X", id="attribute of a class"
        ),
        pytest.param("X = 1", "1/0", "shop_settings: ZeroDivisionError: ••• by •••", id="fails"),
        pytest.param(
            "class C:\n  def __init__(s): s.v = 1\nX = C()",
            "class C:\n  def __init__(s): s.v = 2\nX = C()",
            "shop_settings.X",
            id="inside an object",
        ),
    ],
)
def test_names_settings_that_differ(tmp_path, old, new, expected):
    write(tmp_path, old)
    probe = SettingsLoader(tmp_path, [("shop_settings", "")])
    before = probe.load(os.environ)
    write(tmp_path, new)
    assert compare_settings(before, probe.load(os.environ))[0] == [expected]


def test_a_missing_variable_is_the_same_error_with_the_runtime(tmp_path):
    before = load(tmp_path, "import os\nos.environ['NO_SUCH_VARIABLE']")
    after = load(tmp_path, "from shield_runtime import get_secret\nget_secret('no-such-variable')")
    assert (before[0].error, after[0].error) == ("KeyError", "SecretNotFoundError")
    assert compare_settings(before, after)[0] == []
    assert compare_settings(after, before)[0] != []


def test_reports_modules_that_do_not_load(tmp_path):
    loaded = load(tmp_path, "import no_such_module")
    assert compare_settings(loaded, loaded) == (
        [],
        ["shop_settings does not load here: ModuleNotFoundError no_such_module"],
    )
    again = load(tmp_path, "import os\nos._exit(3)")
    assert again[0].error == "the process exited without a result"
    assert compare_settings(loaded, again)[0] == [
        "shop_settings: the process exited without a result instead of ModuleNotFoundError no_such_module"
    ]


@pytest.mark.parametrize(
    ("missing", "is_same"),
    [
        pytest.param("other_library", True, id="another library"),
        pytest.param("other_library.part", True, id="a module of another library"),
        pytest.param("shop.secrets", False, id="a module of the app"),
        pytest.param("_shield_runtime", False, id="the copy of the runtime"),
        pytest.param("shield_runtime.nothing", False, id="the runtime"),
    ],
)
def test_another_missing_library_is_the_same_error(tmp_path, missing, is_same):
    (tmp_path / "shop").mkdir()
    before = load(tmp_path, "import no_such_module")
    after = load(tmp_path, f"import {missing}\nimport no_such_module")
    assert (compare_settings(before, after)[0] == []) is is_same
    assert compare_settings(load(tmp_path, "X = 1"), after)[0] != []


def test_returns_no_values(tmp_path):
    value = secrets.token_hex(16)
    loaded = load(tmp_path, "import os\nX = os.environ['X']\n", X=value)
    failed = load(tmp_path, "import os\nraise ValueError(os.environ['X'])\n", X=value)
    assert value not in repr(loaded) + repr(failed)
    assert failed[0].failure() == "ValueError: •••"
    answer = "{'error': 'x' + os.environ['X'], 'message': os.environ['X'], 'fields': ['x' + os.environ['X']]}"
    tampered = load(
        tmp_path,
        f"import json, os\nos.write(1, json.dumps({answer}).encode())\nos._exit(0)",
        X=value,
    )
    assert tampered[0].failure() == "an error: •••"
    for odd in ("[]", '{"error": 1}', "1", ""):
        loaded = load(tmp_path, f"import os\nos.write(1, b{odd!r})\nos._exit(0)")
        assert loaded[0].error == "the process exited without a result"
    assert value not in repr(tampered)
    # each probe has another key
    assert load(tmp_path, "X = 1")[0].settings != load(tmp_path, "X = 1")[0].settings


def test_variables_are_not_in_the_environment_that_the_process_starts_with(tmp_path):
    text = (
        "import os\nfrom pathlib import Path\n"
        "IS_VISIBLE = os.environ['API_KEY'] in Path('/proc/self/environ').read_text()\n"
        "NO = False\n"
    )
    (loaded,) = load(tmp_path, text, API_KEY=secrets.token_hex(16))
    assert loaded.error == ""
    assert loaded.settings["IS_VISIBLE"] == loaded.settings["NO"]


def test_uses_the_apps_virtual_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert find_interpreter(tmp_path) == sys.executable
    venv.create(tmp_path / "venv", with_pip=False)
    assert find_interpreter(tmp_path) == str(tmp_path / "venv/bin/python")
    assert load(tmp_path, "X = 1")[0].error == ""


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        pytest.param({}, "shop_settings", id="the module that is loaded"),
        pytest.param({"DJANGO_SETTINGS_MODULE": "other"}, "other", id="the user's"),
    ],
)
def test_django_can_name_the_settings_module(tmp_path, monkeypatch, given, seen):
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    named = "import os\nassert os.environ['DJANGO_SETTINGS_MODULE'] == {!r}\n"
    [loaded] = load(tmp_path, named.format(seen), **given)
    assert loaded.error == ""


PYDANTIC = """
class ValidationError(ValueError):
    def errors(self):
        return [{"loc": ("mail", "key")}, {"loc": ("TOKEN",)}, {"loc": ("mail", "key", "a b")}]
raise ValidationError("secret")
"""


@pytest.mark.parametrize(
    ("text", "failure", "is_import_error"),
    [
        pytest.param("raise ValueError('is base 10')", "ValueError: is base", False, id="no name"),
        pytest.param("import os\nos.environ['MY_KEY']", "KeyError: 'MY_KEY'", False, id="variable"),
        pytest.param(
            PYDANTIC, "ValidationError: missing or invalid: mail.key, TOKEN", False, id="pydantic"
        ),
        pytest.param(
            "from os import nonesuch",
            "ImportError: cannot import name 'nonesuch' from 'os'",
            True,
            id="name",
        ),
        pytest.param("import nonesuch", "ModuleNotFoundError nonesuch", True, id="module"),
        pytest.param(
            "raise __import__('importlib.metadata').metadata.PackageNotFoundError",
            "PackageNotFoundError",
            True,
            id="project without a name",
        ),
        pytest.param(
            "class E(Exception):\n  def __str__(self): 1 / 0\nraise E", "E", False, id="no text"
        ),
        pytest.param("raise type('a b' * 99, (Exception,), {})", "an error", False, id="no type"),
    ],
)
def test_names_what_is_missing(tmp_path, text, failure, is_import_error):
    (loaded,) = load(tmp_path, text)
    assert loaded.failure().startswith(failure)
    assert loaded.is_import_error == is_import_error
    assert loaded.names_variable == any(name in failure for name in ("MY_KEY", "TOKEN"))


@pytest.mark.parametrize(
    ("folder", "expected"), [("temporary", "temporary"), ("missing", ""), ("", "")]
)
def test_the_settings_know_the_temporary_folder(tmp_path, monkeypatch, folder, expected):
    (tmp_path / "temporary").mkdir()
    for name in ("TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    path = str(tmp_path / folder) if folder else ""
    if expected:
        write(tmp_path, f"X = {str(tmp_path / expected)!r}")
    else:
        write(tmp_path, "X = '/tmp'")
    loader = SettingsLoader(tmp_path, [("shop_settings", "")])
    before = loader.load({**os.environ, "TMPDIR": path})
    write(tmp_path, "import tempfile\nX = tempfile.gettempdir()")
    assert compare_settings(before, loader.load({**os.environ, "TMPDIR": path})) == ([], [])
    assert not list((tmp_path / "temporary").iterdir())


FOLDERS = "from pathlib import Path\nPath({!r}).mkdir(parents=True, exist_ok=True)\nX = 1"


def test_the_settings_can_create_folders_of_the_app(tmp_path):
    (tmp_path / "empty").mkdir()
    for path in ("db/files", tmp_path / "logs", "empty", "empty/a"):
        (loaded,) = load(tmp_path, FOLDERS.format(str(path)))
        assert loaded.failure() == ""
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "shop_settings.py"]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("subprocess.check_output(['git', 'log', '-1'])", id="check_output"),
        pytest.param("subprocess.run([Path('/usr/bin/git')])", id="a path"),
        pytest.param("os.popen('git log -1').read()", id="shell"),
        pytest.param("os.system('git describe')", id="system"),
        pytest.param("os.execv('/usr/bin/git', ['git'])", id="exec"),
        pytest.param("os.posix_spawn('/usr/bin/git', ['git'], {})", id="posix_spawn"),
    ],
)
def test_programs_are_missing_while_the_settings_load(tmp_path, call):
    imports = "import os, subprocess\nfrom pathlib import Path\n"
    caught = f"try:\n    X = {call}\nexcept (FileNotFoundError, subprocess.CalledProcessError):\n"
    (loaded,) = load(tmp_path, f"{imports}{caught}    X = ''\n")
    assert (loaded.failure(), loaded.is_denied) == ("", False)
    (loaded,) = load(tmp_path, f"{imports}X = {call}\n")
    reason = "running git is not allowed while shield loads the settings"
    assert loaded.failure() == f"FileNotFoundError: {reason}"
    assert loaded.is_denied
    (loaded,) = load(tmp_path, f"{imports}{caught}    os.environ['GIT_COMMIT']\n")
    assert loaded.failure() == f"KeyError: 'GIT_COMMIT' ({reason})"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("subprocess.check_output(['git', 'rev-parse', 'HEAD'])", id="check_output"),
        pytest.param("subprocess.run(['git', 'describe'], cwd='/', stdout=-1).stdout", id="cwd"),
        pytest.param("os.popen('git rev-parse --short HEAD').read().encode()", id="shell"),
    ],
)
def test_the_version_of_the_app_is_invented(tmp_path, call):
    git = tmp_path / "git"
    git.write_text(f"#!/bin/sh\ntouch {tmp_path}/evil\n")
    git.chmod(0o755)
    path = f"os.environ['PATH'] = {str(tmp_path)!r}\n"
    (loaded,) = load(
        tmp_path, f"import os, subprocess\n{path}assert {call} == b'0' * 40 + b'\\n'\n"
    )
    assert loaded.failure() == ""
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("program", ["swordfish", "my-swordfish", "Sw0rd", "a b", "", "."])
def test_a_program_that_may_be_a_value_is_not_named(tmp_path, program):
    text = f"import os\nos.posix_spawn({program!r}, ['x'], {{}})\n"
    (loaded,) = load(tmp_path, text, X="swordfish")
    reason = "running a program is not allowed while shield loads the settings"
    assert loaded.failure() == f"FileNotFoundError: {reason}"


@pytest.mark.parametrize("path", ["../other", "link/other"])
def test_the_settings_cannot_create_folders_elsewhere(tmp_path, path):
    app = tmp_path / "app"
    app.mkdir()
    (app / "link").symlink_to(tmp_path)
    (loaded,) = load(app, FOLDERS.format(path))
    assert loaded.failure() == "PermissionError: not allowed while shield loads the settings"
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("call", ["mkstemp()", "mkdtemp()", "TemporaryFile()"])
def test_the_settings_cannot_write_temporary_files(tmp_path, monkeypatch, call):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (loaded,) = load(tmp_path, f"import tempfile\nX = tempfile.{call}")
    assert loaded.failure() == "PermissionError: not allowed while shield loads the settings"
    assert [path.name for path in tmp_path.iterdir()] == ["shop_settings.py"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("x", "couldn't find shop_settings in •••"), ("shop_settings", "couldn't find ••• in •••")],
)
def test_shows_the_name_of_the_module(tmp_path, value, shown):
    """A value with the same text is hidden."""
    text = 'raise RuntimeError("couldn\'t find shop_settings in swordfish")\n'
    [loaded] = load(tmp_path, text, X=value)
    assert loaded.message == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x", "cannot import name 'nonesuch' from 'json.decoder'"),
        ("nonesuch", "cannot import name ••• from 'json.decoder'"),
    ],
)
def test_shows_the_name_that_a_module_lacks(tmp_path, value, shown):
    [loaded] = load(tmp_path, "from json.decoder import nonesuch\n", X=value)
    assert loaded.message.startswith(shown)


HELD = {
    "environ": "import os\nX = os.environ\n",
    "method": "import os\nX = os.environ.get\n",
    "starlette": "from starlette.config import Config\nX = Config()\n",
    "django-environ": "import environ\nclass Env(environ.Env):\n    pass\nX = Env()\n",
    "decouple": "from decouple import Config, RepositoryEnv\nX = Config(RepositoryEnv('.env'))\n",
    "auto": "from decouple import AutoConfig\nX = AutoConfig()\nY_KEY = X('API_KEY')[:0]\n",
    "attribute": "import os\nclass A:\n    def __init__(self): self.vars = os.environ\nX = A()\n",
    "list": "import collections, os\nX = collections.ChainMap({}, os.environ)\n",
    "field": (
        "import dataclasses, os\n@dataclasses.dataclass\nclass A:\n    vars: object\nX = A(os.environ)\n"
    ),
    "pydantic": (
        "from pydantic_settings import BaseSettings\nfrom starlette.config import Config\n"
        "class Settings(BaseSettings, arbitrary_types_allowed=True):\n    config: Config = Config()\n"
    ),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HELD.items()])
def test_the_environment_in_an_object_is_not_compared(tmp_path, text):
    write(tmp_path, text)
    write(tmp_path, "API_KEY=a\n", ".env")
    loader = SettingsLoader(tmp_path, [("shop_settings", "")])
    before = loader.load({**os.environ, "API_KEY": "a"})
    write(tmp_path, "API_KEY=b\n", ".env")
    after = loader.load({**os.environ, "API_KEY": "b", "OTHER_KEY": "c"})
    assert before[0].failure() == ""
    assert compare_settings(before, after) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import os\nX = {{'KEY': {!r}, 'vars': os.environ}}\n", id="dict"),
        pytest.param(
            "import os\nclass A:\n    def __init__(s): s.key, s.vars = {!r}, os.environ\nX = A()\n",
            id="attribute",
        ),
        pytest.param("import environ\nX = environ.Path({!r})\n", id="path"),
    ],
)
def test_values_beside_the_environment_are_compared(tmp_path, text):
    write(tmp_path, text.format("/a"))
    loader = SettingsLoader(tmp_path, [("shop_settings", "")])
    before = loader.load(os.environ)
    write(tmp_path, text.format("/b"))
    assert compare_settings(before, loader.load(os.environ))[0] == ["shop_settings.X"]


CONFIGURATIONS = """\
from configurations import Configuration, values
class Base(Configuration):
    MAIL_KEY = values.SecretValue(environ_prefix=None)
class Shop(Base):
    SEARCH_KEY = values.Value(environ_prefix=None)
"""


def test_loads_the_class_of_django_configurations(tmp_path):
    write(tmp_path, CONFIGURATIONS)
    write(tmp_path, "SITE_ID = 1\n", "other_settings.py")
    modules = [("shop_settings", ""), ("other_settings", "")]
    loader = SettingsLoader(tmp_path, modules)
    environ = {**os.environ, "DJANGO_CONFIGURATION": "Shop", "SEARCH_KEY": "a"}
    before = loader.load({**environ, "MAIL_KEY": "a"})
    after = loader.load({**environ, "MAIL_KEY": "b"})
    assert compare_settings(before, after) == (["shop_settings.MAIL_KEY"], [])
    assert list(before[1].settings) == ["SITE_ID"]
    assert "SEARCH_KEY" in before[0].settings


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("import os\nos.environ['X509_V3_K2']", "KeyError: 'X509_V3_K2'"),
        (
            "def get_env_var(n):\n    raise ValueError(n)\nget_env_var('K8SURL1')",
            "ValueError: K8SURL1",
        ),
        ("raise ValueError('K8SURL1')", "ValueError: •••"),
    ],
)
def test_shows_the_names_that_the_settings_read(tmp_path, code, shown):
    [loaded] = load(tmp_path, f"{code}\n")
    assert loaded.failure() == shown
    [loaded] = load(tmp_path, f"{code}\n", VALUE=shown.split()[-1].strip("'"))
    assert loaded.failure().endswith(" •••")


def test_shows_the_arguments_of_the_code_that_fails(tmp_path):
    text = (
        "def install(report_only=True, report_uri=None):\n"
        "    raise ValueError('report_only also requires a URI in report_uri, not other_value')\n"
        "install()\n"
    )
    [loaded] = load(tmp_path, text)
    assert loaded.message == "report_only also requires a URI in report_uri, not •••"
    assert loaded.identifiers == []
    [loaded] = load(tmp_path, text, VALUE="report_uri")
    assert loaded.message == "report_only also requires a URI in •••, not •••"


@pytest.mark.parametrize("value", ["x", "nonesuch"])
def test_names_the_module_that_a_settings_class_needs(tmp_path, value):
    text = (
        "from pydantic_settings import BaseSettings\nclass Shop(BaseSettings):\n"
        "    def __init__(self):\n        import nonesuch\n"
    )
    [loaded] = load(tmp_path, text, VALUE=value)
    shown = (
        "Shop() ModuleNotFoundError nonesuch"
        if value == "x"
        else "a settings class can't be created"
    )
    assert (loaded.class_failure(), loaded.is_import_error) == (shown, True)


@pytest.mark.parametrize("name", ["c", "no-such-library"])
@pytest.mark.parametrize("uses_spawn", [True, False])
def test_the_settings_can_find_a_library(tmp_path, name, uses_spawn):
    """For example, the module psycopg looks for libpq. It depends on Python how it is spawned."""
    expected = ctypes.util.find_library(name)
    lines = (
        f"import ctypes.util, subprocess\nsubprocess._USE_POSIX_SPAWN = {uses_spawn}\n"
        f"assert ctypes.util.find_library({name!r}) == {expected!r}\n"
    )
    [loaded] = load(tmp_path, lines)
    assert loaded.failure() == ""


LIBRARIES = "['/sbin/ldconfig', '-p'], env={'LC_ALL': 'C', 'LANG': 'C'}"


@pytest.mark.parametrize(
    "arguments",
    [
        "['/sbin/ldconfig'], env={'LC_ALL': 'C', 'LANG': 'C'}",
        "['/sbin/ldconfig', '-p', '-C', 'x'], env={'LC_ALL': 'C', 'LANG': 'C'}",
        "['/sbin/ldconfig', '-p'], env={'LC_ALL': 'C', 'LANG': 'C', 'LD_PRELOAD': './x.so'}",
        "['/sbin/ldconfig', '-p']",
        f"{LIBRARIES}, executable='/bin/sh'",
        f"{LIBRARIES}, cwd='/tmp'",
        "'/sbin/ldconfig -p', shell=True, env={'LC_ALL': 'C', 'LANG': 'C'}",
    ],
)
def test_the_settings_can_run_no_other_lookup(tmp_path, arguments):
    [loaded] = load(tmp_path, f"import subprocess\nsubprocess.run({arguments})\n")
    assert loaded.is_denied


def test_the_settings_cannot_spawn_the_lookup(tmp_path):
    arguments = "'/sbin/ldconfig', ['/sbin/ldconfig', '-p'], {'LC_ALL': 'C', 'LANG': 'C'}"
    [loaded] = load(tmp_path, f"import os\nos.posix_spawn({arguments})\n")
    assert loaded.is_denied


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("X = os.environ['A_KEY']", ["A_KEY"], id="environ"),
        pytest.param("X = len(os.getenv('A_KEY', ''))", ["A_KEY"], id="changed value"),
        pytest.param("X = 'A_KEY' in os.environ", ["A_KEY"], id="presence"),
        pytest.param("import environ\nX = environ.Env()('A_KEY')", ["A_KEY"], id="django-environ"),
        pytest.param("from decouple import config\nX = config('A_KEY')", ["A_KEY"], id="decouple"),
        pytest.param("X = dict(os.environ)['A_KEY']", ["A_KEY"], id="copy"),
        pytest.param("X = {**os.environ}['HOME']", [], id="another of a copy"),
        pytest.param("X = 1", [], id="none"),
        pytest.param("os.environ['B_KEY']\n1 / 0", ["B_KEY"], id="error"),
        pytest.param(
            "from pydantic_settings import BaseSettings\n"
            "class Settings(BaseSettings):\n    a_key: str\n",
            ["A_KEY"],
            id="pydantic",
        ),
    ],
)
def test_names_the_sample_values_that_the_settings_read(tmp_path, code, expected):
    write(tmp_path, f"import os\n{code}\n")
    loader = SettingsLoader(tmp_path, [("shop_settings", "")])
    loader.samples = {"A_KEY": secrets.token_hex(8), "B_KEY": secrets.token_hex(8)}
    [loaded] = loader.load({**os.environ, **loader.samples})
    assert loaded.samples == expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [("x", "name 'RoleType' is not defined"), ("RoleType", "name ••• is not defined")],
)
def test_shows_a_name_that_is_not_defined(tmp_path, value, shown):
    [loaded] = load(tmp_path, "RoleType\n", X=value)
    assert loaded.message == shown


def test_names_the_variable_of_django_configurations(tmp_path, monkeypatch):
    monkeypatch.delenv("DJANGO_CONFIGURATION", raising=False)
    [loaded] = load(tmp_path, CONFIGURATIONS)
    assert loaded.failure() == "ImproperlyConfigured: DJANGO_CONFIGURATION must be set"
    assert loaded.names_variable
