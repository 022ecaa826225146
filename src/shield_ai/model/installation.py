"""Name the command that installs an extra, for each way in which this package can be installed."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from pathlib import Path


def install_command(extra: str) -> str:
    """Return the command that installs an extra where this program runs.

    Args:
        extra: For example `local`.
    """
    requirement = f"'shield-ai[{extra}]'"
    python = shlex.quote(sys.executable)
    folders = Path(sys.prefix).parts
    # pipx describes each of its environments in this file.
    if "pipx" in folders or Path(sys.prefix, "pipx_metadata.json").is_file():
        return f"pipx install --force {requirement}"
    if importlib.util.find_spec("pip") is None:  # uv creates environments without pip
        if "tools" in folders and "uv" in folders:
            return f"uv tool install {requirement}"
        return f"uv pip install --python {python} {requirement}"
    return f"{python} -m pip install {requirement}"
