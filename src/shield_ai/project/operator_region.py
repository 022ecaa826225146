"""Find the AWS region that the user who runs the command has configured.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
"""

from __future__ import annotations

import configparser
import os
from pathlib import Path


def operator_region() -> str:
    """Return the region of the environment or of the AWS configuration file; empty without one.

    Does not use boto3, which is slow to import and ignores AWS_REGION, which the runtime and other
    AWS SDKs prefer.
    """
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return region or _region_in_file()


def _region_in_file() -> str:
    path = Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config")
    # the order of boto3, which calls AWS
    profile = os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or "default"
    # A name with spaces has quotes. [profile default] has priority over [default]:
    # https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
    sections = [f"profile {profile}", f'profile "{profile}"']
    if profile == "default":
        sections.append(profile)
    config = configparser.RawConfigParser(strict=False)
    try:
        config.read_string(path.expanduser().read_text("utf-8"))
    except (OSError, RuntimeError, ValueError, configparser.Error):
        return ""  # the commands that call AWS report a broken file
    for section in sections:
        if config.has_section(section):
            return config.get(section, "region", fallback="").strip()
    return ""
