"""The state of an app that commands share: its folder, scan, shield.toml and AWS account."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.draft.app_draft import draft_manifest
from shield_ai.flow.manifest_file import missing_manifest_error, read_manifest
from shield_ai.flow.manifest_scan import scan_with_manifest
from shield_ai.model.environments import apply_environment, check_account, get_environment
from shield_ai.model.errors import ShieldError
from shield_ai.model.manifest import Draft
from shield_ai.project.tree import Tree
from shield_ai.scan.deployment.command_reads import find_command_reads
from shield_ai.scan.deployment.finder import find_deployment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.aws.live.account import Account
    from shield_ai.aws.live.session import Session
    from shield_ai.flow.app_options import Scope
    from shield_ai.model.deployment import Deployment
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite
    from shield_ai.scan.deployment.command_reads import CommandReads
    from shield_ai.scan.python.scan import Scan

_ALL = AppOptions()


class AppContext:
    """An app. All properties are loaded on first use.

    Args:
        folder: The app's folder.
        options: What the command works on.
        scan: The scan of the app, if it was made already.

    Raises:
        SourceError: The folder does not exist.
    """

    def __init__(
        self,
        folder: Path,
        options: AppOptions = _ALL,
        *,
        scan: Scan | None = None,
    ) -> None:
        self.tree: Final = Tree(folder)
        self.options: Final = options
        self._scan: Final = scan

    @property
    def only(self) -> Scope | None:
        """The part of the app that the command is limited to."""
        return self.options.only

    @property
    def environment(self) -> str:
        """The environment of shield.toml; empty: none."""
        return self.options.environment

    @functools.cached_property
    def scan_result(self) -> Scan:
        """The scan of the app."""
        if self._scan:
            return self._scan
        try:
            manifest = self.manifest_on_disk
        except ShieldError:
            manifest = None  # an invalid shield.toml is an error only where it is needed
        return scan_with_manifest(self.tree.root, manifest)

    @property
    def sites(self) -> Sequence[FoundSite]:
        """The sites of the scan."""
        return self.scan_result.sites

    @functools.cached_property
    def deployment(self) -> Deployment:
        """The lines of deployment files that set the variables of the secrets."""
        return find_deployment(self.tree.root, self.manifest.secret)

    @functools.cached_property
    def command_reads(self) -> CommandReads:
        """The scripts and other files that read variables of the secrets."""
        return find_command_reads(self.tree.root, self.manifest.variables())

    @functools.cached_property
    def manifest_on_disk(self) -> Manifest | None:
        """shield.toml; None if it does not exist."""
        return read_manifest(self.tree)

    @functools.cached_property
    def draft(self) -> Draft:
        """shield.toml, or a draft if it does not exist."""
        found = self.manifest_on_disk
        return Draft(found) if found else draft_manifest(self)

    @property
    def manifest(self) -> Manifest:
        """The manifest of the draft."""
        return self.draft.manifest

    def require_manifest(self) -> Manifest:
        """Return shield.toml with the settings of the environment.

        Raises:
            ShieldError: The app has no shield.toml.
            SourceError: The same, and the folder is inside another app.
        """
        if self.manifest_on_disk is None:
            raise missing_manifest_error(self.tree.root)
        return apply_environment(self.manifest_on_disk, self.environment)

    @property
    def target_manifest(self) -> Manifest:
        """The manifest with the settings of the environment."""
        return apply_environment(self.manifest, self.environment)

    @functools.cached_property
    def aws(self) -> Account | None:
        """The account; None with --only code."""
        if self.only == "code":
            return None
        return self.open_account(self.environment)

    def require_aws(self) -> Account:
        """Return the account.

        Raises:
            ShieldError: The command is limited to the code.
        """
        if self.aws is None:
            raise ShieldError("--only code excludes AWS", "remove --only code")
        return self.aws

    @property
    def aws_session(self) -> Session:
        """The connection to AWS.

        Raises:
            ShieldError: The command is limited to the code.
        """
        return self.require_aws().session

    def open_account(self, name: str) -> Account:
        """Open the account of an environment.

        Args:
            name: An environment of shield.toml; empty: none.

        Raises:
            ManifestError: shield.toml does not have the environment.
            AwsError: There are no valid credentials.
            UnsafePlanError: The credentials belong to another account.
        """
        from shield_ai.aws.live.account import Account
        from shield_ai.aws.live.session import Session

        credentials = get_environment(self.manifest, name)
        session = Session(
            apply_environment(self.manifest, name).app.region,
            profile=credentials.profile,
            assume=credentials.assume,
            read=self.tree.read,
            on_progress=self.options.on_progress,
        )
        account = Account(session)
        check_account(self.manifest, name, account.id)
        return account

    def settings_modules(self) -> list[tuple[str, str]]:
        """Return the settings modules, each with the folder that it is imported from.

        These are the files in shield.toml, and others with settings classes of pydantic: those
        with a field that is read through the runtime, now or after the rewrite.
        """
        scan = self.scan_result
        served = {path for path, _ in scan.served}
        for finding, site in scan.sites:
            if site.is_settings_field and not site.reason:
                served.add(finding.path)
        listed = self.manifest.app.settings
        paths = [*listed, *sorted(served - set(listed))]
        return [(scan.facts.module(path), scan.facts.root(path)) for path in paths]
