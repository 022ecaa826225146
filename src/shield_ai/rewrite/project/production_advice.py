"""Choose what the generated documents advise about environment variables in production."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.file_reader import read_optional
from shield_ai.model.hosting import Hosting
from shield_ai.model.kept_variables import KeptVariables
from shield_ai.model.manifest import has_default_region
from shield_ai.model.naming import MANIFEST
from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import DJANGO_STAGE, is_copied_file
from shield_ai.rewrite.project.extra_install import extra_install_command

if TYPE_CHECKING:
    from shield_ai.rewrite.project.fixer import FixContext

REGION_READ = regex(rb"[\"']AWS_REGION[\"']")


class RegionAdvice(enum.StrEnum):
    """The advice in the generated documents on AWS_REGION in production."""

    SET = "set"  # to the region of the secrets
    CHOOSE = "choose"  # the region in shield.toml is only the default
    KEEP = "keep"  # the app reads the variable itself


class ProductionAdvice(NamedTuple):
    """The advice in the generated documents on environment variables in production."""

    region: RegionAdvice
    kept: KeptVariables = KeptVariables()
    stage: str = DJANGO_STAGE  # the variable with the stage of the process
    hosting: Hosting = Hosting()
    install: str = ""  # the command that installs the app with boto3, if it is in an extra


DEFAULT_ADVICE = ProductionAdvice(RegionAdvice.SET)


def choose_advice(context: FixContext) -> ProductionAdvice:
    """Return the advice for an app."""
    app = context.app
    region = _region_advice(context)
    return ProductionAdvice(
        region, app.kept, app.stage, app.hosting, extra_install_command(context)
    )


def _region_advice(context: FixContext) -> RegionAdvice:
    """Return what the texts advise for AWS_REGION."""
    for path in context.app.paths:
        if is_test(path) or is_copied_file(path):
            continue
        if REGION_READ.search(read_optional(context.read, path) or b""):
            return RegionAdvice.KEEP
    is_default = has_default_region(context.manifest, read_optional(context.read, MANIFEST))
    return RegionAdvice.CHOOSE if is_default else RegionAdvice.SET
