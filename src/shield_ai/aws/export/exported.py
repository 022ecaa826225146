"""The kinds of resources in an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.live.kinds.registry import KINDS
from shield_ai.aws.live.kinds.secret import Secret
from shield_ai.model.resource import SECRET_KIND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.aws.live.kinds.kind import Exportable

EXPORTED: Mapping[str, type[Exportable]] = {SECRET_KIND: Secret, **KINDS}
