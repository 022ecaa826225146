"""Check that AWS_REGION and AWS_DEFAULT_REGION name a region that has the secrets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shield_ai.flow.verify.check import Check, CheckInfo, Status, make_check
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.model.manifest import Manifest

REGION_USED = CheckInfo(
    "region-used",
    "the environment variables of AWS select the region in shield.toml",
    "`AWS_REGION` and `AWS_DEFAULT_REGION`; listed only if they differ from `shield.toml`",
)
_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")  # in the order of the runtime


def verify_region(manifest: Manifest, environ: Mapping[str, str]) -> Iterator[Check]:
    """Report a region in the environment variables that has neither the secrets nor copies of them.

    The result is unknown: the app may run with other variables than this command.

    Args:
        manifest: shield.toml, with the settings of the selected environment.
        environ: The environment variables of this process.
    """
    app = manifest.app
    variable = next((name for name in _VARIABLES if environ.get(name)), "")
    region = environ.get(variable, "")
    if region in {"", app.region, *app.replicas}:
        return
    yield make_check(
        REGION_USED,
        Status.UNKNOWN,
        f"{variable} is {region}, but the secrets are in {app.region}",
        f"if the app runs with these variables, set {variable}={app.region}, or correct region in "
        "shield.toml",
    )


def _check(target: AwsTarget) -> Iterator[Check]:
    yield from verify_region(target.manifest, os.environ)


CHECKS = (AwsCheck(order=55, run=_check, makes=(REGION_USED,)),)
