"""A probe for load balancers and dashboards: does this process have its secrets from where it should?

::

    # urls.py
    path("health/secrets", shield_ai.django.health.view)

It names no secret, shows no value and makes no call. A degraded process still serves: the answer is 200 either way, so
that an outage of AWS does not take the app out of its load balancer as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.django.state import status

if TYPE_CHECKING:
    # Django has no types
    from django.http import HttpRequest, JsonResponse  # type: ignore[import-untyped]


def health() -> dict[str, Any]:
    """Return the mode, the counts, and `degraded` where a secret came from the environment or was served stale."""
    found = status()
    degraded = found["aws"] and (found["fallbacks"] or found["stale"])
    return {"status": "degraded" if degraded else "ok", **found}


def view(_request: HttpRequest) -> JsonResponse:
    """Answer with `health()` as JSON, never cached."""
    # an app may use health() without Django's views
    from django.http import JsonResponse

    return JsonResponse(health(), headers={"Cache-Control": "no-store"})
