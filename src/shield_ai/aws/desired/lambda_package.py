"""The rotation function's zip for Lambda."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.errors import ShieldError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HANDLER = "rotator.handler.handler"  # what Lambda calls
RUNTIME = "python3.13"
DRIVERS = ("asn1crypto", "pg8000", "pymysql", "python-dateutil", "scramp", "six")
MAX_ZIP_SIZE = 3 * 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows
LEGAL = ("licen", "copying", "notice")


def build_zip(more: Mapping[str, bytes] | None = None) -> bytes:
    """Make the function's code: the same bytes each time, from the same drivers. ENTRY is what Lambda is to call.

    Args:
        more: Further files by path, for example a hook for API keys or the certificates that ROTATION_CA_FILE names.
    """
    ours = Path(__file__).parents[2] / "rotator"
    files = {f"rotator/{path.name}": path.read_bytes() for path in ours.glob("*.py")}
    for name in DRIVERS:
        files |= _driver(name)
    for path, content in (more or {}).items():
        if path in files or path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise ShieldError(
                f"{path} can't be put into the rotation function's zip", hint="choose another name"
            )
        files[path] = content
    target = io.BytesIO()
    # Nothing is compressed: each zlib would do it in its own way, and the whole is small.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    if target.tell() > MAX_ZIP_SIZE:
        raise ShieldError(
            f"the rotation function's zip is larger than {MAX_ZIP_SIZE // 1024 // 1024} MB"
        )
    return target.getvalue()


def _driver(name: str) -> dict[str, bytes]:
    """Read an installed package: its code, its version and its licence."""
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        raise ShieldError(
            f"{name} is not installed, and the rotation function needs it",
            hint="pip install 'shield-ai[rotate]'",
        ) from None
    return {
        path.as_posix(): path.read_binary()
        for path in installed.files or []
        if path.suffix == ".py"
        or path.name == "METADATA"
        or any(word in path.name.lower() for word in LEGAL)
    }


def build_function_zip(
    environment: Mapping[str, str], read: Callable[[str], bytes | None]
) -> bytes:
    """Make the zip of a function with these settings: with its hook and its certificates, as the app has them now.

    Args:
        environment: The function's settings.
        read: Gives the bytes of a file of the app.
    """
    more: dict[str, bytes] = {}
    for name in ("ROTATION_HOOK_FILE", "ROTATION_CA_FILE"):
        if path := environment.get(name):
            content = read(path)
            if content is None:
                raise SourceError(
                    f"{path} is not in the app's folder", "correct hook or ca in shield.toml"
                )
            # A hook is imported by its name, wherever it lies in the app.
            more[PurePosixPath(path).name if name == "ROTATION_HOOK_FILE" else path] = content
    return build_zip(more)


def code_sha256(code: bytes) -> str:
    """Return what Lambda says of a zip: CodeSha256."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode()
