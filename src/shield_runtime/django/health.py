"""A probe for load balancers and dashboards: does this process read its secrets from AWS?

::

    # urls.py
    path("health/secrets", shield_runtime.django.health.view)

It names no secret, shows no value and does not call AWS. A degraded process still serves requests,
so the status code is always 200: an outage of AWS does not take the app out of its load balancer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .state import status

if TYPE_CHECKING:
    from django.http import HttpRequest, JsonResponse


def health() -> dict[str, Any]:
    """Return the mode and the counters, with `degraded` if a fallback or a stale value served."""
    found = status()
    is_degraded = found["aws"] and (found["fallbacks"] or found["stale"])
    return {"status": "degraded" if is_degraded else "ok", **found}


def view(_request: HttpRequest) -> JsonResponse:
    """Answer with `health()` as JSON that is never cached."""
    from django.http import JsonResponse

    return JsonResponse(health(), headers={"Cache-Control": "no-store"})
