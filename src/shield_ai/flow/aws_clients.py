"""Find the code of an app that already reads values from AWS with a client of boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.model.skip import SkipId
from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.skip import Skipped

CLIENT = regex(
    rb"client\(\s{0,40}(?:service_name\s{0,4}=\s{0,4})?[\"'](?P<service>ssm|secretsmanager)[\"']"
)
SECRETS_SERVICE = b"secretsmanager"
STEP = (
    "{path}:{line} already reads AWS Secrets Manager: if a secret there has these values, name it"
    ' and its keys in shield.toml (fields = {{ KEY = "VARIABLE" }}), so that there is one copy'
)
# The method that reads values, and the name of the service.
SERVICES = {
    b"ssm": (regex(rb"\bget_parameters?(?:_by_path)?\b"), "AWS Systems Manager Parameter Store"),
    SECRETS_SERVICE: (regex(rb"\bget_secret_value\b"), "AWS Secrets Manager"),
}


def find_aws_clients(app: AppContext) -> Iterator[Skipped]:
    """Yield the first client of each Python file that reads secrets or parameters.

    Files are skipped if the scan already reports that they read settings from AWS.

    Args:
        app: The app.
    """
    scan = app.scan_result
    reported = {skip.path for skip in scan.file_reads if skip.id is SkipId.READS_AWS}
    for path, line, service in _clients(app):
        if path not in reported:
            _, name = SERVICES[service]
            reason = SkipId.READS_AWS.reason(reader="a boto3 client", service=name)
            yield reason.entry(path, line)


def existing_secret_steps(app: AppContext) -> Iterator[str]:
    """Yield a line if code of the repository reads Secrets Manager, where the values may be."""
    places = [(path, line) for path, line, service in _clients(app) if service == SECRETS_SERVICE]
    for path, line in places[:1]:
        yield STEP.format(path=path, line=line)


def aws_client_paths(app: AppContext) -> list[str]:
    """Return the Python files that read secrets or parameters with a client of boto3."""
    return [path for path, _, _ in _clients(app)]


def _clients(app: AppContext) -> Iterator[tuple[str, int, bytes]]:
    """Yield the path, the line and the service of the first client of each Python file."""
    scan = app.scan_result
    for path in sorted(scan.python_files):
        if is_test(path, scan.facts.app_packages):
            continue
        raw = read_optional(app.tree.read, path) or b""
        for match in CLIENT.finditer(raw):
            method, _ = SERVICES[match["service"]]
            if method.search(raw):
                yield path, raw.count(b"\n", 0, match.start()) + 1, match["service"]
                break
