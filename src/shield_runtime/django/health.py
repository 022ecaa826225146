"""Report to load balancers and dashboards whether this process uses fallbacks or stale values.

::

    # urls.py
    path("health/secrets", shield_runtime.django.health.view)

The response contains no names or values of secrets, and the view does not call AWS. A degraded
process still serves requests, so the status code is always 200: an AWS outage must not remove the
app from its load balancer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .state import status

if TYPE_CHECKING:
    from django.http import HttpRequest, JsonResponse


def health() -> dict[str, Any]:
    """Return the state of the runtime; `degraded` after a fallback or a stale value."""
    found = status()
    is_degraded = found["aws"] and (found["fallbacks"] or found["stale"])
    return {"status": "degraded" if is_degraded else "ok", **found}


def view(_request: HttpRequest) -> JsonResponse:
    """Return `health()` as JSON that must not be cached."""
    from django.http import JsonResponse

    return JsonResponse(health(), headers={"Cache-Control": "no-store"})
