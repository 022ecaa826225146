"""Describe the result of loading a settings module, without values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.apply.error_message import (
    MIN_PART,
    names_variable,
    show_fields,
    show_message,
)
from shield_ai.model.hidden import MASK
from shield_ai.project.app_name import normalize
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection

# The type of an exception, with the name of a missing module or project.
ERROR = regex(r"(?:\w{1,80}(?: [\w.-]{1,120})?)?")
# The messages of Python if a module lacks an imported name, and if the code uses an unknown one.
MISSING_NAME = regex(
    r"cannot import name '(\w{1,80})' from (?:partially initialized module )?'([\w.]{1,120})'"
)
UNDEFINED_NAME = regex(r"name '(\w{1,80})' is not defined\b")
CLASS_ERROR = regex(r"\w{1,80}\(\) \w{1,80}(?: [\w.-]{1,120})?")
# A name in Python code such as an argument; words without underscores may be values.
IDENTIFIER = regex(r"[a-z][a-z0-9]{0,30}(?:_[a-z0-9]{1,30}){1,8}")
PROGRAM = regex(r"[a-z][a-z_-]{0,19}[0-9.]{0,4}")


class LoadedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The result of loading one settings module."""

    module: str
    settings: dict[str, str] = {}  # name -> keyed hash of the value
    # the type of the exception that the import raised, with the name of a missing module
    error: str = ""
    message: str = ""  # of the exception, without values
    fields: list[str] = []  # the fields that an error of pydantic names
    identifiers: list[str] = []  # the names in the code that raised the exception
    class_error: str = ""  # the first settings class that can't be created, and its exception
    is_import_error: bool = False  # whether the exception is an ImportError
    missing_module: str = ""  # the module that the import did not find
    lacks_library: bool = False  # whether that module is neither of the app nor of the runtime
    lacks_runtime: bool = False  # whether it is the map file or the runtime
    is_denied: bool = False  # whether the guard of `probe_program` caused the exception
    names_variable: bool = False  # whether the message names a variable or a field
    samples: list[str] = []  # the variables with a sample value that the settings read
    program: str = ""  # the program that the settings tried to run
    lacks_project: bool = False  # whether the app itself is not installed as a project
    has_boto3: bool = True  # whether the interpreter can import boto3

    def failure(self) -> str:
        """Return the error with its message; empty if the module loads."""
        return self._with_message(self.error)

    def class_failure(self) -> str:
        """Return the error of a settings class with its message; empty if all can be created."""
        return self._with_message(self.class_error)

    def _with_message(self, error: str) -> str:
        return f"{error}: {self.message}" if error and self.message else error


def without_values(
    loaded: LoadedSettings,
    names: Collection[str],
    values: Collection[str],
    project_names: Collection[str] = (),
) -> LoadedSettings:
    """Hide values in the error and its message: the app's code determines both.

    Args:
        loaded: The result of the process.
        names: The known names of variables.
        values: The values to hide.
        project_names: The names under which the app may be installed.
    """
    project = _missing_project(loaded, project_names)
    fields = show_fields(loaded.fields, values)
    message = fields or show_message(loaded.message, [*names, *_code_names(loaded)], values)
    has_name = bool(fields) or names_variable(message, names)
    program = ""
    if loaded.program:
        program = _shown_program(loaded.program, values)
        reason = f"running {program} is not allowed while shield loads the settings"
        message = f"{message} ({reason})" if message else reason
    return msgspec.structs.replace(
        loaded,
        error=_shown_error(loaded.error, project, values),
        class_error=_shown_class_error(loaded.class_error, values),
        message=message,
        fields=[],
        identifiers=[],
        names_variable=has_name,
        program=program,
        lacks_project=bool(project),
    )


def _code_names(loaded: LoadedSettings) -> list[str]:
    """Return the names in the code that the message may contain."""
    identifiers = filter(IDENTIFIER.fullmatch, loaded.identifiers)
    return [*_with_packages(loaded.module), *_missing_name(loaded), *identifiers]


def _with_packages(module: str) -> list[str]:
    """Return the dotted names of a module's packages and of the module."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _missing_name(loaded: LoadedSettings) -> tuple[str, ...]:
    """Return the name that an import or the code did not find, and the module without it."""
    match = None
    if loaded.is_import_error:
        match = MISSING_NAME.match(loaded.message)
    elif loaded.error == "NameError":
        match = UNDEFINED_NAME.match(loaded.message)
    return match.groups() if match else ()


def _missing_project(loaded: LoadedSettings, project_names: Collection[str]) -> str:
    """Return the name of the app's project if the import did not find it; otherwise, ""."""
    missing = normalize(loaded.missing_module)
    if missing:
        for name in project_names:
            if normalize(name) == missing:
                return name
    return ""


def _shown_error(error: str, project: str, values: Collection[str]) -> str:
    kind, _, missing = error.partition(" ")
    if not ERROR.fullmatch(error) or _has_value(kind, values):
        return "an error"
    if project:
        return f"{kind} {project}"
    return f"{kind} {MASK}" if missing and _has_value(missing, values) else error


def _shown_class_error(error: str, values: Collection[str]) -> str:
    if not error:
        return ""
    is_shown = CLASS_ERROR.fullmatch(error) and not any(
        _has_value(part, values) for part in error.split()
    )
    return error if is_shown else "a settings class can't be created"


def _shown_program(program: str, values: Collection[str]) -> str:
    if PROGRAM.fullmatch(program) and not _has_value(program, values):
        return program
    return "a program"


def _has_value(text: str, values: Collection[str]) -> bool:
    return any(
        value and (value == text or (len(value) >= MIN_PART and value in text)) for value in values
    )
