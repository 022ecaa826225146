"""Map the variables in deployment files to the secrets in shield.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, DeploymentVariable, Use, ValueForm
from shield_ai.model.rotation_policy import PUBLIC_FIELDS
from shield_ai.scan.deployment.named_env_files import NamedEnvFiles
from shield_ai.scan.deployment.templates import shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Secret
    from shield_ai.scan.deployment.environment import Setting


class SecretVariables:
    """The variables of the secrets.

    Args:
        secrets: The secrets in shield.toml. At least one has a variable.
        read: Returns the bytes of a file; None if it can't be read.
    """

    def __init__(self, secrets: Sequence[Secret], read: FileReader) -> None:
        self._fields: dict[str, tuple[str, str]] = {}  # secret and field, by the variable
        for secret in secrets:
            for variable, field in secret.variables().items():
                self._fields[variable] = secret.name, field
        self.names = frozenset(self._fields)
        self.confidential_names = frozenset(
            variable for variable, (_, field) in self._fields.items() if field not in PUBLIC_FIELDS
        )
        self._env_files = NamedEnvFiles(self.names, read)

    def set_by(
        self, path: str, line: int, kind: DeploymentKind, setting: Setting
    ) -> Iterator[DeploymentVariable]:
        """Yield the variable of an assignment, or each variable of the env file that it names.

        Args:
            path: The file with the assignment.
            line: Its line.
            kind: The kind of the file.
            setting: The assignment.
        """
        variables = [setting.variable]
        if setting.form is ValueForm.ENV_FILE:
            variables = self._env_files.variables(path, setting.env_file)
        for variable in variables:
            secret, field = self._fields.get(variable, ("", ""))
            yield DeploymentVariable(
                path=path,
                line=line,
                kind=kind,
                unit=shown_text(setting.unit),
                variable=variable,
                secret=secret,
                field=field,
                form=setting.form,
                use=setting.use or Use.UNKNOWN,
                env_file=setting.env_file,
                is_own_login=setting.is_own_login,
            )
