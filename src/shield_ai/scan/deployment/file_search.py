"""Search deployment files for the lines that set the variables of secrets."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.deployment import (
    INJECTING_KINDS,
    DeploymentKind,
    DeploymentVariable,
    Use,
    ValueForm,
)
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.scan.deployment.formats import file_settings, parse_file
from shield_ai.scan.deployment.hidden_names import has_hidden_names
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.occurrences import suppressed_lines, unexplained_names
from shield_ai.scan.deployment.parts import DeploymentFile, part_uses
from shield_ai.scan.deployment.production import file_use, path_use
from shield_ai.scan.deployment.secret_variables import SecretVariables
from shield_ai.scan.deployment.templates import has_template_tags
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Secret
    from shield_ai.scan.deployment.compose_files import ComposeFiles
    from shield_ai.scan.deployment.environment import Setting

VALUE_FORMS = frozenset({ValueForm.LITERAL, ValueForm.URL, ValueForm.MIXED})
MAX_SETTINGS = 5000  # assignments to secrets' variables, per file
# Keys of files that refer to env files. "Generator:" matches secretGenerator and configMapGenerator
# of kustomize.
ENV_FILE_KEYS = ("env_file", "EnvironmentFile", "environmentFiles", "Generator:")


class FileSearch:
    """Searches deployment files for assignments to the secrets' variables.

    Args:
        secrets: The secrets in shield.toml. At least one has a variable.
        read: Returns the bytes of a file; None if it can't be read.
        compose_files: The Compose files of the app.
    """

    def __init__(
        self, secrets: Sequence[Secret], read: FileReader, compose_files: ComposeFiles
    ) -> None:
        self._variables = SecretVariables(secrets, read)
        self.secret_variables = self._variables.confidential_names
        self.found: list[DeploymentVariable] = []
        self.incomplete: list[Skipped] = []
        self._read = read
        self._compose_files = compose_files
        words = (*sorted(self._variables.names), *ENV_FILE_KEYS)
        self._prefilter = re.compile("|".join(words).encode())

    def search(self, path: str, siblings: Sequence[str]) -> None:
        """Search a file.

        Args:
            path: The file.
            siblings: The names of the files in its folder.
        """
        self._search(path, self._read(path), siblings)

    def search_common(self, path: str, raw: bytes | None) -> None:
        """Search a file outside of the app, which may configure production of another app.

        Args:
            path: The file.
            raw: Its content; None if it can't be read.
        """
        known_count = len(self.found)
        self._search(path, raw, ())
        for index, item in enumerate(self.found[known_count:], known_count):
            if item.use is Use.PRODUCTION:
                self.found[index] = msgspec.structs.replace(item, use=Use.UNKNOWN)

    def search_outside(
        self, files: Iterable[tuple[str, bytes | None]], own: Collection[str]
    ) -> None:
        """Search files outside of the app for variables that its containers get only from AWS.

        Args:
            files: The paths, with the content; None if it can't be read.
            own: The variables that only the app reads. A container with one of them runs the app.
        """
        known, incomplete = self.found.copy(), self.incomplete.copy()
        for path, raw in files:
            self.search_common(path, raw)
        self.found, found = known, self.found[len(known) :]
        self.incomplete = incomplete
        self.found += _only_injected(_of_own_containers(found, own))

    def _search(self, path: str, raw: bytes | None, siblings: Sequence[str]) -> None:
        if raw is None:
            self.add_incomplete(path, SkipId.DEPLOYMENT_UNREADABLE.reason())
            return
        if has_hidden_names(raw, self._variables.names):
            self.add_incomplete(path, SkipId.DEPLOYMENT_HIDDEN.reason())
        if not self._prefilter.search(raw):
            return
        if len(raw) > MAX_SIZE:
            self.add_incomplete(path, SkipId.DEPLOYMENT_TOO_LARGE.reason(size=MAX_SIZE // 1000))
            return
        file = parse_file(path, raw)
        if isinstance(file, SkipReason):
            self.add_incomplete(path, file)
        elif file is not None:
            self._add_file(file, siblings)

    def _add_file(self, file: DeploymentFile, siblings: Sequence[str]) -> None:
        file = file._replace(uses=part_uses(file, self._compose_files.others(file.path)))
        settings = list(
            itertools.islice(file_settings(file, self._variables.names), MAX_SETTINGS + 1)
        )
        kind = file.kind
        if kind is DeploymentKind.KUBERNETES and has_template_tags(file.raw):
            kind = DeploymentKind.HELM
        self._add_settings(file, kind, settings, file_use(file.path, kind, siblings, file.raw))
        self._add_unexplained(file, settings)

    def _add_settings(
        self, file: DeploymentFile, kind: DeploymentKind, settings: list[Setting], use: Use
    ) -> None:
        path, raw = file.path, file.raw
        if len(settings) > MAX_SETTINGS:
            self.add_incomplete(path, SkipId.DEPLOYMENT_TOO_MANY.reason(number=MAX_SETTINGS))
        suppressed = suppressed_lines(raw)
        lines = LineIndex(raw)
        seen = set()
        for setting in settings[:MAX_SETTINGS]:
            key = (setting.variable, setting.start, setting.use)
            if key not in seen:
                seen.add(key)
                line, _ = lines.position(setting.start)
                line_use = setting.use or use
                if line in suppressed:
                    line_use = Use.SUPPRESSED
                setting_with_use = setting._replace(use=line_use)
                self.found += self._variables.set_by(path, line, kind, setting_with_use)

    def _add_unexplained(self, file: DeploymentFile, settings: list[Setting]) -> None:
        """Record the first reference to a secret's variable in a form that is not recognized."""
        if not self.secret_variables or len(settings) > MAX_SETTINGS:
            return
        known = {setting.start for setting in settings}
        suppressed = suppressed_lines(file.raw)
        for name in unexplained_names(file, self.secret_variables, known, suppressed):
            line = file.raw.count(b"\n", 0, name.start) + 1
            variable = file.raw[name.start : name.end].decode()
            reason = SkipId.DEPLOYMENT_UNEXPLAINED.reason(line=line, variable=variable)
            self.add_incomplete(file.path, reason)
            break

    def add_incomplete(self, path: str, reason: SkipReason) -> None:
        """Record that a file was not searched completely, unless it is only for development.

        Args:
            path: The file.
            reason: Why the search is not complete.
        """
        if path_use(path, DeploymentKind.OTHER, ()) is not Use.DEVELOPMENT:
            self.incomplete.append(reason.entry(path))


def _of_own_containers(
    found: Iterable[DeploymentVariable], own: Collection[str]
) -> list[DeploymentVariable]:
    """Return the variables of the containers that have one of the app's own variables."""
    candidates = [item for item in found if _may_inject(item)]
    units = {(item.path, item.unit) for item in candidates if item.variable in own}
    return [item for item in candidates if (item.path, item.unit) in units]


def _only_injected(found: Sequence[DeploymentVariable]) -> Iterator[DeploymentVariable]:
    """Yield the variables from AWS that no container sets to a value."""
    with_value = {item.variable for item in found if item.form in VALUE_FORMS}
    for item in found:
        if item.form is ValueForm.SECRET_STORE and item.variable not in with_value:
            yield item


def _may_inject(item: DeploymentVariable) -> bool:
    return item.kind in INJECTING_KINDS and item.use is Use.UNKNOWN
