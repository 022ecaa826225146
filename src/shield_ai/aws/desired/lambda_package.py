"""Build the deployment package (zip) of the rotation functions."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.model.installation import install_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.file_reader import FileReader

HANDLER = "rotator.handler.handler"  # the entry point for Lambda
RUNTIME = "python3.13"
PACKAGES = ("asn1crypto", "pg8000", "pymysql", "python-dateutil", "scramp", "six")
MAX_ZIP_SIZE = 3 * 1024 * 1024  # bytes; 1.4 MB without a hook and certificates
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can store
_LICENSE_FILES = ("licen", "copying", "notice")  # substrings of file names
_UNIX = 3  # the zip format's code for Unix
_FILE_MODE = 0o100644 << 16


def build_zip(extra_files: Mapping[str, bytes] | None = None) -> bytes:
    """Build the zip. The same files and packages always give the same bytes.

    Args:
        extra_files: Files to add, by path: a rotation hook, or the CA certificates of a database.

    Raises:
        ShieldError: A package or the list of its files is missing, a path is not allowed, or the
            zip is too large.
    """
    package = Path(__file__).parents[2] / "rotator"
    files = {
        f"rotator/{source.relative_to(package).as_posix()}": source.read_bytes()
        for source in package.rglob("*.py")
    }
    for name in PACKAGES:
        files |= _package_files(name)
    for path, content in (extra_files or {}).items():
        if path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise ShieldError(f"{path} is outside the app's folder", hint="use a file in it")
        if path in files:
            raise ShieldError(
                f"{path} is already in the rotation function's zip", hint="rename the file"
            )
        files[path] = content
    code = _zip(files)
    if len(code) > MAX_ZIP_SIZE:
        megabytes = MAX_ZIP_SIZE // 1024 // 1024
        raise ShieldError(
            f"the rotation function's zip is larger than {megabytes} MB",
            hint="use a smaller file as hook or ca",
        )
    return code


def _zip(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    # Without compression the bytes do not depend on the version of zlib.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = _UNIX  # the same on every platform
            entry.external_attr = _FILE_MODE
            archive.writestr(entry, content)
    return target.getvalue()


def _package_files(name: str) -> dict[str, bytes]:
    """Read an installed package: its code, metadata and license files."""
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        raise ShieldError(
            f"the rotation function needs the package {name}, which is not installed",
            hint=install_command("rotate"),
        ) from None
    if not installed.files:  # for example, packages of Linux distributions have no RECORD
        raise ShieldError(
            f"the package {name}, which the rotation function needs, has no list of its files",
            hint="run shield in a virtual environment without the system's packages",
        )
    files = {}
    for path in installed.files:
        is_license = any(word in path.name.lower() for word in _LICENSE_FILES)
        if path.suffix == ".py" or path.name == "METADATA" or is_license:
            files[path.as_posix()] = path.read_binary()
    return files


def build_function_zip(environment: Mapping[str, str], read: FileReader) -> bytes:
    """Build the zip of one function, with the hook and the CA certificates from the app's folder.

    Args:
        environment: The Lambda settings of the function.
        read: Returns the content of a file of the app, or None if there is no such file.

    Raises:
        SourceError: A file that a setting names does not exist.
        ShieldError: See `build_zip`.
    """
    extra_files: dict[str, bytes] = {}
    hook = environment.get("ROTATION_HOOK_FILE")
    if hook:
        # The function imports the hook by its name, so it must be at the top level.
        extra_files[PurePosixPath(hook).name] = _read_app_file(hook, read)
    ca_file = environment.get("ROTATION_CA_FILE")
    if ca_file:
        extra_files[ca_file] = _read_app_file(ca_file, read)
    return build_zip(extra_files)


def _read_app_file(path: str, read: FileReader) -> bytes:
    content = read(path)
    if content is None:
        raise SourceError(f"{path} is not in the app's folder", "correct hook or ca in shield.toml")
    return content


def code_sha256(code: bytes) -> str:
    """Return the digest of a zip in the form of Lambda's `CodeSha256`."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode()
