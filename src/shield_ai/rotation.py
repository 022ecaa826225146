"""The rotation function from outside: its zip for Lambda, and a rotation run from here by the very same code."""

from __future__ import annotations

import io
import os
import uuid
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from shield_ai.errors import AwsError, ShieldError
from shield_ai.rotator.errors import AwsCallError, RotationError
from shield_ai.rotator.handler import STEPS, run_step
from shield_ai.rotator.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ENTRY = "rotator.handler.handler"  # what Lambda calls
DRIVERS = ("asn1crypto", "pg8000", "pymysql", "python-dateutil", "scramp", "six")
LIMIT = 3 * 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows
LEGAL = ("licen", "copying", "notice")


def build_zip(more: Mapping[str, bytes] | None = None) -> bytes:
    """Make the function's code: the same bytes each time, from the same drivers. ENTRY is what Lambda is to call.

    Args:
        more: Further files by path, for example a hook for API keys or the certificates that ROTATION_CA_FILE names.
    """
    ours = Path(__file__).with_name("rotator")
    files = {f"rotator/{path.name}": path.read_bytes() for path in ours.glob("*.py")}
    for name in DRIVERS:
        files |= _driver(name)
    for path, content in (more or {}).items():
        if path in files or path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise ShieldError(f"{path} can't be put into the rotation function's zip", hint="choose another name")
        files[path] = content
    target = io.BytesIO()
    # Nothing is compressed: each zlib would do it in its own way, and the whole is small.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    if target.tell() > LIMIT:
        raise ShieldError(f"the rotation function's zip is larger than {LIMIT // 1024 // 1024} MB")
    return target.getvalue()


def _driver(name: str) -> dict[str, bytes]:
    """Read an installed package: its code, its version and its licence."""
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        raise ShieldError(
            f"{name} is not installed, and the rotation function needs it", hint="pip install 'shield-ai[rotate]'"
        ) from None
    return {
        path.as_posix(): path.read_binary()
        for path in installed.files or []
        if path.suffix == ".py" or path.name == "METADATA" or any(word in path.name.lower() for word in LEGAL)
    }


def drive(
    client: Any,
    secret_id: str,
    token: str | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
    steps: Sequence[str] = STEPS,
) -> str:
    """Rotate a secret from here, or resume its rotation; return the token, the id of the version that is current now.

    Args:
        client: boto3's client of Secrets Manager.
        secret_id: Name or ARN.
        token: The pending version to resume. None: a new rotation, refused while another one is pending.
        environ: The function's settings (ROTATION_STRATEGY, ROTATION_ADMIN, …). None: this process's.
        progress: Is told each step before it begins.
        steps: Which steps; the rest may follow later.
    """
    token = token or str(uuid.uuid4())
    store = Store(client, secret_id)
    for step in steps:
        if progress:
            progress(step)
        try:
            run_step(store, step, token, os.environ if environ is None else environ, by_hand=True)
        except AwsCallError as error:
            raise AwsError(f"{step}: {error}", hint=_hint(step, secret_id)) from None
        except RotationError as error:
            raise ShieldError(f"{step}: {error}", hint=_hint(step, secret_id)) from None
    return token


def pending(client: Any, secret_id: str) -> str | None:
    """Return the token of a rotation that has begun and not ended, to resume or to cancel it."""
    state = Store(client, secret_id).describe()
    token = state.holder("AWSPENDING")
    return token if token and "AWSCURRENT" not in state.stages[token] else None


def cancel(client: Any, secret_id: str) -> str | None:
    """Give up a rotation that has begun and not ended; return its token.

    Its password may be in force in the database already: the next rotation finds it among the versions without a label.
    """
    token = pending(client, secret_id)
    if token:
        Store(client, secret_id).drop_pending(token)
    return token


def _hint(step: str, secret_id: str) -> str:
    if step == STEPS[0]:
        return "nothing was changed; rotate in shield.toml says how: strategy, admin, hook, sslmode, ca"
    return f"nothing is lost: shield rotate --resume {secret_id} goes on, --cancel gives it up"
