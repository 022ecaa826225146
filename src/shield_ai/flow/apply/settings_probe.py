"""Load an app's settings in a separate process, and compare them by keyed hashes.

Values of settings never leave that process, except in the messages of exceptions, which are
redacted.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.apply.loaded_settings import LoadedSettings, without_values
from shield_ai.model.output_options import OUTPUT
from shield_ai.project.installed import find_venv

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# Seconds for one settings module; some are slow to import.
TIMEOUT = 60.0
# Settings that apply may add: Django's fallback keys, which are empty with AWS off.
ADDED_SETTINGS = frozenset({"SECRET_KEY_FALLBACKS"})


class SettingsLoader:
    """Loads settings several times with one hash key, so that the results can be compared.

    Args:
        root: The app's folder.
        modules: Dotted names, each with the folder below root that it is imported from.
        python: The interpreter; by default, that of the app.
    """

    def __init__(self, root: Path, modules: Sequence[tuple[str, str]], python: str = "") -> None:
        self.root = root
        self.modules = modules
        self.allowed_port = 0  # the only local port that the settings may connect to
        self.hidden: Collection[str] = ()  # values to hide, which the settings may get from AWS
        self.project_names: Collection[str] = ()  # the names under which the app may be installed
        self.python = str(Path(python).absolute()) if python else find_interpreter(root)
        self._key = secrets.token_hex(16)

    def load(self, environ: Mapping[str, str]) -> list[LoadedSettings]:
        """Load every module, each in a new process.

        Args:
            environ: The environment variables of the process.
        """
        return [self._load_module(module, folder, environ) for module, folder in self.modules]

    def _load_module(self, module: str, folder: str, environ: Mapping[str, str]) -> LoadedSettings:
        # Values are passed in a pipe: other processes can read the initial environment in /proc.
        inherited = {name: text for name, text in environ.items() if os.environ.get(name) == text}
        # Settings and the libraries that they import may ask Django for the module's name.
        variables = {"DJANGO_SETTINGS_MODULE": module, **environ}
        request = {
            "module": module,
            "folder": str(self.root / folder),
            "root": os.path.realpath(self.root),
            "key": self._key,
            "port": self.allowed_port,
            "environ": {name: variables[name] for name in variables.keys() - inherited.keys()},
        }
        OUTPUT.log(f"run {self.python}: load the settings {module}")
        try:
            done = subprocess.run(
                [self.python, "-X", "utf8", "-c", _CHILD],
                cwd=self.root / folder,
                env={**inherited, "PYTHONDONTWRITEBYTECODE": "1"},
                input=json.dumps(request),
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
            result = json.loads(done.stdout.splitlines()[-1])
            loaded = msgspec.convert({"module": module, **result}, LoadedSettings)
        except subprocess.TimeoutExpired:
            return LoadedSettings(module=module, error=f"timed out after {TIMEOUT:.0f} s")
        except (OSError, ValueError, IndexError, TypeError, msgspec.ValidationError):
            return LoadedSettings(module=module, error="the process exited without a result")
        values = [*environ.values(), *self.hidden]
        return without_values(loaded, environ, values, self.project_names)


def _is_same_error(before: str, after: str) -> bool:
    """Return whether two errors are equivalent: SecretNotFoundError is also a KeyError."""
    return after == before or (before, after) == ("KeyError", "SecretNotFoundError")


def compare_settings(
    before: Sequence[LoadedSettings],
    after: Sequence[LoadedSettings],
    *,
    compares_errors: bool = True,
) -> tuple[list[str], list[str]]:
    """Compare the results of two loads of the same modules.

    Args:
        before: The first load.
        after: The second load.
        compares_errors: Whether a module that did not load must raise the same error again. Use
            False with AWS on, where the error comes from the runtime.

    Returns:
        The settings that differ, as `module.NAME`, and why modules could not be compared.
    """
    differ: list[str] = []
    problems: list[str] = []
    for old, new in zip(before, after, strict=True):
        if old.error:
            problems.append(f"{old.module} does not load here: {old.failure()}")
            if compares_errors and not _is_same_error(old.error, new.error):
                differ.append(f"{old.module}: {new.error or 'loads'} instead of {old.error}")
        elif new.error:
            differ.append(f"{old.module}: {new.failure()}")
        else:
            differ += _different_settings(old, new)
            if old.class_error:
                problems.append(f"{old.module}: {old.class_failure()}")
            elif not old.settings:
                problems.append(f"{old.module} has no settings to compare")
    return differ, problems


def _different_settings(old: LoadedSettings, new: LoadedSettings) -> list[str]:
    names = sorted(old.settings.keys() | (new.settings.keys() - ADDED_SETTINGS))
    return [
        f"{old.module}.{name}" for name in names if old.settings.get(name) != new.settings.get(name)
    ]


def find_interpreter(root: Path) -> str:
    """Return the interpreter of the app's virtual environment, or of the active one.

    Falls back to the Python that runs shield.

    Args:
        root: The app's folder.
    """
    venv = find_venv(root)
    return str(venv / "bin" / "python") if venv else sys.executable


# Runs with any version of the app's Python, so it uses only the standard library. A setting is
# hashed by its repr, without addresses and with sets sorted; attributes of objects are included
# to a limited depth. The settings may read files and create folders in the app, which are removed
# afterwards. They can't write files, start processes or connect to a server other than the agent
# stub.
_CHILD = r"""
import sys

# With -c, the first entry is the current folder: no module of the app may replace one of these.
sys.path[:] = [entry for entry in sys.path if entry]
import errno, hashlib, hmac, importlib, importlib.util, io, json, os, re, tempfile

request = json.load(sys.stdin)
out, sys.stdout = sys.stdout, io.StringIO()
os.environ.update(request["environ"])

# tempfile finds its folder by writing a file to it, which the settings can't do.
folders = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
folders += ["/tmp", "/var/tmp", "/usr/tmp", os.getcwd()]
usable = [f for f in folders if f and os.path.isdir(f) and os.access(f, os.W_OK | os.X_OK)]
tempfile.tempdir = os.path.abspath(usable[0]) if usable else None

FORBIDDEN = (
    "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.chmod",
    "os.chown", "os.truncate", "os.fork", "os.forkpty", "pty.spawn", "socket.bind",
    "socket.sendto", "shutil.rmtree",
)
# Events that run a program, each with the position of its path.
RUNNING = {
    "os.exec": 0, "os.posix_spawn": 0, "os.spawn": 1, "os.system": 0, "subprocess.Popen": 0,
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def is_forbidden(event, arguments):
    if event in FORBIDDEN:
        return True
    if event == "open" and arguments[0] != os.devnull:
        mode, flags = arguments[1] or "", arguments[2] or 0
        return bool(set(mode) & set("wax+") or flags & WRITING)
    if event == "socket.getaddrinfo":
        return arguments[0] != "127.0.0.1"
    if event == "socket.connect":
        return arguments[1] != ("127.0.0.1", request["port"])
    return False

created = []  # folders

def creates_own_folder(event, arguments):
    if event != "os.mkdir" or arguments[2] != -1:  # relative to an open folder
        return False
    path = os.path.realpath(os.fsdecode(arguments[0]))
    if not path.startswith(request["root"] + os.sep) or os.path.dirname(path) == tempfile.tempdir:
        return False
    if not os.path.lexists(path):
        created.append(path)
    return True

def remove_created():
    for path in reversed(created):
        try:
            os.rmdir(path)
        except OSError:  # in use
            pass

def find_program(event, arguments):
    command = os.fsdecode(arguments[RUNNING[event]])
    name = os.path.basename(command)
    if event == "os.system":
        return (command.split() or [""])[0]
    if event == "subprocess.Popen" and name == "sh" and len(arguments[1]) > 2:
        return (os.fsdecode(arguments[1][2]).split() or [""])[0]  # of the shell's command
    return name

has_loaded = False
denials = []  # the exceptions of the guard, each with the program

def deny(error, program=""):
    denials.append((error, program))
    raise error

def guard(event, arguments):
    if has_loaded or creates_own_folder(event, arguments):
        return
    if event in RUNNING:
        # Settings may cope with a program that is not installed.
        path = arguments[RUNNING[event]]
        error = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        deny(error, find_program(event, arguments) or "?")
    if is_forbidden(event, arguments):
        deny(PermissionError("not allowed while shield loads the settings"))

def find_denial(error):
    for _ in range(20):
        for denied, program in denials:
            if denied is error:
                return denied, program
        error = error and (error.__cause__ or error.__context__)
    return None, ""

sys.addaudithook(guard)
sys.path.insert(0, request["folder"])

# A database backend of shield, which reads its password from SECRET, equals Django's own.
BACKENDS = re.compile(
    r"(?:django\.db\.backends\.|[\w.]*shield_(?:ai|runtime)\.django\.|[\w.]*_)"
    r"(postgresql|mysql)(?:_psycopg2)?"
)

def show_dict(value, depth):
    engine = BACKENDS.fullmatch(str(value.get("ENGINE")))
    if engine:
        value = {k: v for k, v in value.items() if k not in ("SECRET", "SECRET_FIELDS")}
        value["ENGINE"] = engine[1]
    items = [show(k, depth) + ":" + show(v, depth) for k, v in value.items()]
    return "{" + ",".join(items) + "}"

def show(value, depth=0):
    if depth > 6:
        return "..."
    if isinstance(value, dict):
        return show_dict(value, depth + 1)
    name = type(value).__name__
    if isinstance(value, (list, tuple)):
        return name + "[" + ",".join(show(v, depth + 1) for v in value) + "]"
    if isinstance(value, (set, frozenset)):
        return name + "{" + ",".join(sorted(show(v, depth + 1) for v in value)) + "}"
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
    if type(value).__module__ != "builtins" and hasattr(value, "__dict__") and depth < 3:
        text += show(vars(value), depth + 1)
    return name + ":" + text

def digest(value):
    try:
        text = show(value)
    except Exception as error:
        text = "unprintable " + type(error).__name__
    raw = text.encode("utf-8", "backslashreplace")
    return hmac.new(request["key"].encode(), raw, hashlib.sha256).hexdigest()

def is_settings_class(value):
    bases = getattr(value, "__mro__", ())
    modules = [base.__module__ for base in bases if base.__name__ == "BaseSettings"]
    return any(name.partition(".")[0] in ("pydantic", "pydantic_settings") for name in modules)

def show_fields(name, settings):
    kind = type(settings)
    fields = getattr(kind, "model_fields", None) or getattr(kind, "__fields__", {})
    return {name + "." + field: digest(getattr(settings, field)) for field in fields}

def create_settings(name, kind):
    try:
        return show_fields(name, kind())
    except Exception as error:
        if not answer.get("class_error"):
            answer["class_error"] = name + "() " + type(error).__name__
            answer["fields"] = find_fields(error)
        return {name: digest(type(error).__name__)}

def find_fields(error):
    try:
        locations = [item["loc"] for item in error.errors()[:100]]  # of pydantic
        return [".".join(map(str, location)) for location in locations]
    except Exception:
        return []

# Settings in capitals, and pydantic's settings, which a function may create later. If a module has
# none of them, its other values are compared.
def collect(module):
    values = vars(module)
    found = {name: digest(value) for name, value in values.items() if name.isupper()}
    created = {type(value) for value in values.values()}
    for name, value in sorted(values.items()):
        if is_settings_class(type(value)) and not name.isupper():
            found.update(show_fields(name, value))
        elif is_settings_class(value) and value.__module__ == module.__name__:
            if value not in created:
                found.update(create_settings(name, value))
    return found or {name: digest(value) for name, value in values.items() if is_data(name, value)}

def is_data(name, value):
    return not (name.startswith("_") or callable(value) or isinstance(value, type(sys)))

def find_missing_module(error):
    try:
        name = error.name if isinstance(error, ModuleNotFoundError) else None
    except Exception:  # a property of PackageNotFoundError
        return None
    return name if isinstance(name, str) else None

answer = {}
try:
    module = importlib.import_module(request["module"])
    answer["settings"] = collect(module)
except BaseException as error:
    answer["error"] = type(error).__name__
    answer["is_import_error"] = isinstance(error, ImportError)
    denied, answer["program"] = find_denial(error)
    answer["is_denied"] = denied is not None
    missing = find_missing_module(error)
    if missing:
        answer["error"] += " " + missing
        answer["missing_module"] = missing
    else:
        try:
            if denied is not error or not answer["program"]:
                answer["message"] = str(error)[:2000]
            answer["fields"] = find_fields(error)
        except Exception:
            pass
has_loaded = True
remove_created()
answer["has_boto3"] = importlib.util.find_spec("boto3") is not None
out.write(json.dumps(answer) + "\n")
out.flush()
os._exit(0)
"""
