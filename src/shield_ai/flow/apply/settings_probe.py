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
from shield_ai.flow.apply.probe_program import PROGRAM
from shield_ai.flow.apply.read_names import names_read_in
from shield_ai.model.output_options import OUTPUT
from shield_ai.project.installed import find_venv
from shield_ai.project.runtime_names import COPY, PACKAGE

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
        self.samples: Mapping[str, str] = {}  # the sample values in the environment, by variable
        self.secret_names: Collection[str] = ()  # names of secrets that messages may contain
        self.project_names: Collection[str] = ()  # the names under which the app may be installed
        # Packages and modules that are no libraries, in addition to those in the app's folders.
        self.own_names: Collection[str] = (PACKAGE, COPY)
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
            "samples": self.samples,
            "environ": {name: variables[name] for name in variables.keys() - inherited.keys()},
        }
        OUTPUT.log(f"run {self.python}: load the settings {module}")
        try:
            done = subprocess.run(
                [self.python, "-X", "utf8", "-c", PROGRAM],
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
        names = {*environ, *self.secret_names, *self._names_read(loaded, folder)}
        shown = without_values(loaded, names, values, self.project_names)
        return msgspec.structs.replace(
            shown,
            lacks_library=self._lacks_library(shown, folder),
            lacks_runtime=not set(self.own_names).isdisjoint(shown.missing_module.split(".")),
        )

    def _names_read(self, loaded: LoadedSettings, folder: str) -> set[str]:
        """Return the names of variables that a module which failed reads."""
        if not (loaded.failure() or loaded.class_failure()):
            return set()
        path = self.root / folder / loaded.module.replace(".", "/")
        return names_read_in(path if path.is_dir() else path.parent)

    def _lacks_library(self, loaded: LoadedSettings, folder: str) -> bool:
        """Return whether a module failed because a library is not installed."""
        missing = loaded.missing_module.partition(".")[0]
        if not missing or loaded.lacks_project or missing in self.own_names:
            return False
        folders = {self.root, self.root / folder}
        return not any(
            (parent / missing).is_dir() or (parent / f"{missing}.py").exists() for parent in folders
        )


def _is_same_error(before: LoadedSettings, after: LoadedSettings) -> bool:
    """Return whether two errors are equivalent.

    SecretNotFoundError is also a KeyError. Where libraries are missing, the order of the imports
    decides which one the error names. Apply restores a missing runtime, so nothing is compared.
    """
    if before.lacks_runtime:
        return True
    if before.lacks_library and after.lacks_library:
        return True
    errors = (before.error, after.error)
    return after.error == before.error or errors == ("KeyError", "SecretNotFoundError")


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
            if compares_errors and not _is_same_error(old, new):
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
