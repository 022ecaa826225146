"""Load an app's settings in a process of its own, and compare them by keyed fingerprints: no value comes back."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# seconds for one settings module; some look things up over the network while they load
LIMIT = 60.0
# ours, where Django's key rotates; empty with AWS off, as is the default
ADDED = frozenset({"SECRET_KEY_FALLBACKS"})
VENVS = (".venv", "venv", "env")


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one settings module."""

    module: str
    settings: dict[str, str] = {}  # name -> keyed fingerprint of its value
    # the type of the exception that ended the import, with the module's name if one is missing
    error: str = ""


class Probe:
    """Loads settings again and again with one key, so that two loads can be compared.

    Args:
        root: The app's folder.
        modules: Dotted names, each with the folder below root that it is imported from.
    """

    def __init__(self, root: Path, modules: Sequence[tuple[str, str]]) -> None:
        self.root = root
        self.modules = modules
        self._key = secrets.token_hex(16)
        self.port = 0  # of the only server that the settings may talk to
        self.python = interpreter(root)

    def load(self, environment: Mapping[str, str]) -> list[Loaded]:
        """Load every module, each in a fresh process with exactly this environment."""
        return [self._one(module, folder, environment) for module, folder in self.modules]

    def _one(self, module: str, folder: str, environment: Mapping[str, str]) -> Loaded:
        request = json.dumps(
            {
                "module": module,
                "folder": str(self.root / folder),
                "key": self._key,
                "port": self.port,
            }
        )
        try:
            done = subprocess.run(
                [self.python, "-X", "utf8", "-c", _CHILD],
                cwd=self.root / folder,
                env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
                input=request,
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
            answer = json.loads(done.stdout.splitlines()[-1])
        except subprocess.TimeoutExpired:
            return Loaded(module=module, error=f"no end within {LIMIT:.0f} s")
        except (OSError, ValueError, IndexError):
            return Loaded(module=module, error="the process ended without an answer")
        return msgspec.convert({"module": module, **answer}, Loaded)


def differences(
    before: Sequence[Loaded], after: Sequence[Loaded], *, errors: bool = True
) -> tuple[list[str], list[str]]:
    """Compare two loads.

    Args:
        before: The one.
        after: The other, of the same modules.
        errors: Whether a module that did not load must fail in the same way; with AWS on, the error is the runtime's.

    Returns:
        The settings that differ, as `module.NAME`, and why modules could not be compared.
    """
    differ: list[str] = []
    unproved: list[str] = []
    for old, new in zip(before, after, strict=True):
        if old.error:
            if errors and new.error != old.error:
                differ.append(f"{old.module}: {new.error or 'loads'} instead of {old.error}")
            unproved.append(f"{old.module} does not load here: {old.error}")
        elif new.error:
            differ.append(f"{old.module}: {new.error}")
        else:
            names = sorted(old.settings.keys() | (new.settings.keys() - ADDED))
            differ += [
                f"{old.module}.{name}"
                for name in names
                if old.settings.get(name) != new.settings.get(name)
            ]
    return differ, unproved


def interpreter(root: Path) -> str:
    """Choose the Python that has the app's dependencies: its virtual environment, the active one, else our own."""
    active = os.environ.get("VIRTUAL_ENV")
    places = [root / name for name in VENVS] + ([Path(active)] if active else [])
    found = (place / "bin" / "python" for place in places if (place / "pyvenv.cfg").exists())
    return str(next((python for python in found if python.exists()), sys.executable))


# Runs on the app's Python, whatever its version, with nothing but the standard library. What a setting is worth is
# shown by its repr, in which addresses are blotted out and sets put in order; objects are followed one level deep.
# The settings may read what they like, but neither write a file nor start a process nor connect to anybody but us.
_CHILD = r"""
import hashlib, hmac, importlib, io, json, os, re, sys
request = json.load(sys.stdin)
out, sys.stdout = sys.stdout, io.StringIO()
forbidden = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown",
             "os.truncate", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
             "subprocess.Popen", "pty.spawn", "socket.bind", "socket.sendto", "shutil.rmtree")

def guard(event, arguments):
    if event in forbidden:
        raise PermissionError("not while the settings are being looked at")
    if event == "open" and arguments[0] != os.devnull:
        mode, flags = arguments[1] or "", arguments[2] or 0
        if set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
            raise PermissionError("not while the settings are being looked at")
    if event == "socket.getaddrinfo" and arguments[0] != "127.0.0.1":
        raise PermissionError("not while the settings are being looked at")
    if event == "socket.connect" and arguments[1] != ("127.0.0.1", request["port"]):
        raise PermissionError("not while the settings are being looked at")

sys.addaudithook(guard)
sys.path.insert(0, request["folder"])

# Django's own backend and ours, which takes its password from SECRET, are the same database.
backends = re.compile(r"(?:django\.db\.backends\.|shield_ai\.django\.|[\w.]*_)(postgresql|mysql)(?:_psycopg2)?")

def show(value, depth=0):
    if depth > 6:
        return "..."
    if isinstance(value, dict):
        engine = backends.fullmatch(str(value.get("ENGINE")))
        if engine:
            value = {k: v for k, v in value.items() if k not in ("SECRET", "SECRET_FIELDS")}
            value["ENGINE"] = engine[1]
        return "{" + ",".join(show(k, depth + 1) + ":" + show(v, depth + 1) for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return type(value).__name__ + "[" + ",".join(show(v, depth + 1) for v in value) + "]"
    if isinstance(value, (set, frozenset)):
        return type(value).__name__ + "{" + ",".join(sorted(show(v, depth + 1) for v in value)) + "}"
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
    if type(value).__module__ != "builtins" and hasattr(value, "__dict__") and depth < 3:
        text += show(vars(value), depth + 1)
    return type(value).__name__ + ":" + text

def digest(value):
    try:
        text = show(value)
    except Exception as error:
        text = "unshowable " + type(error).__name__
    return hmac.new(request["key"].encode(), text.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()

answer = {}
try:
    module = importlib.import_module(request["module"])
    answer["settings"] = {n: digest(getattr(module, n)) for n in dir(module) if n.isupper()}
except BaseException as error:
    answer["error"] = type(error).__name__
    if isinstance(error, ModuleNotFoundError) and error.name:
        answer["error"] += " " + error.name
out.write(json.dumps(answer) + "\n")
out.flush()
os._exit(0)
"""
