"""Find the reads of AWS_ENDPOINT_URL, which also redirects the calls of the runtime.

Apps set it to the endpoint of S3 at another provider. botocore uses it for all services, unless the
variable of the service is set:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.app_context import AppContext

ENDPOINT = b"AWS_ENDPOINT_URL"
SERVICE_ENDPOINT = b"AWS_ENDPOINT_URL_SECRETS_MANAGER"
# A variable in quotes, or a field of a settings class.
READ = regex(rb"(?m)^[^#\n]{0,200}[\"']AWS_ENDPOINT_URL[\"']|^[ \t]+(?i:AWS_ENDPOINT_URL)[ \t]*:")
ADVICE = (
    "AWS_ENDPOINT_URL, which {}:{} reads, also redirects Secrets Manager: where it is set for S3,"
    " set AWS_ENDPOINT_URL_SECRETS_MANAGER=https://secretsmanager.REGION.amazonaws.com"
)


def endpoint_warnings(app: AppContext) -> Iterator[str]:
    """Yield a line if the app reads AWS_ENDPOINT_URL.

    Args:
        app: The app.
    """
    for path in app.scan_result.files:
        raw = _content(app, path)
        if ENDPOINT not in raw.upper() or SERVICE_ENDPOINT in raw:
            continue
        match = READ.search(raw)
        if match:
            yield ADVICE.format(path, raw.count(b"\n", 0, match.end()) + 1)
            return


def _content(app: AppContext, path: str) -> bytes:
    """Return the content of a file; empty for a file that the scan could not read either."""
    try:
        return app.tree.read(path) or b""
    except SourceError:
        return b""
