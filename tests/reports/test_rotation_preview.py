from __future__ import annotations

from shield_ai.flow.rotate.run import RotationPreview
from shield_ai.reports.rotation_preview import preview_text


def test_a_function_of_somebody_else():
    preview = RotationPreview(secret_id="shop/db", strategy="", function="corp-rotate")
    assert preview_text(preview) == (
        "About to rotate shop/db:\n"
        "  strategy   custom, in AWS by the function corp-rotate\n"
        "  effect     Defined by the function; shield does not know it.\n"
        "  restart    Check the function's documentation before you rotate.\n"
    )
