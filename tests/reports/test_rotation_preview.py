from __future__ import annotations

from shield_ai.flow.rotate.run import RotationPreview
from shield_ai.reports.rotation_preview import preview_text
from shield_runtime.settings import CACHE_TTL


def test_a_function_of_somebody_else():
    preview = RotationPreview(secret_id="shop/db", strategy="", function="corp-rotate")
    assert preview_text(preview) == (
        "About to rotate shop/db:\n"
        "  strategy   custom, in AWS by the function corp-rotate\n"
        "  effect     Defined by the function; shield does not know it.\n"
        "  restart    Check the function's documentation before you rotate.\n"
    )


def test_the_lifetime_of_cached_values_is_the_default_of_the_runtime():
    text = preview_text(RotationPreview(secret_id="shop/token", strategy="django-secret-key"))
    assert f"(AWS_SECRETS_TTL, default {CACHE_TTL:.0f} seconds)" in " ".join(text.split())
