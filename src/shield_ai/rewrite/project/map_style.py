"""Define the style of the map file, the generated module that maps variables to secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import COPY, runtime_package
from shield_ai.rewrite.code_style import read_code_style
from shield_ai.rewrite.password_linters import uses_bandit, uses_detect_secrets
from shield_ai.rewrite.project.import_names import module_of
from shield_ai.rewrite.python.lines.file_style import most_used_quote

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.code_style import CodeStyle

# The comments that shield writes after the names of variables, for bandit and detect-secrets.
NOSEC = "# nosec B105"
ALLOWLIST = "# pragma: allowlist secret"
COMMENTS = (NOSEC, ALLOWLIST)
PACKAGE_DOCSTRING = '"""Modules that several parts of the app use."""\n'
# Names of variables that bandit reports as hardcoded passwords.
# https://bandit.readthedocs.io/en/latest/plugins/b105_hardcoded_password_string.html
PASSWORD = regex(
    r"(?i)(?:^|_)(?:pas+wo?r?d|pass|passphrase|pwd|token|secrete?)(?:_|$)",
)
# Names of which the tool detect-secrets reports the values.
# https://github.com/Yelp/detect-secrets/blob/v1.5.0/detect_secrets/plugins/keyword.py
KEYWORD = regex(
    r"(?i)(?:(?:api|auth|service|account|db|database|private|priv|client)_?key"
    r"|(?:db|database|key)_?pass|password|passwd|pwd|secret)\w*$"
)


class MapStyle(NamedTuple):
    """The style of a map file; the defaults are those of Black and ruff."""

    package: str = f".{COPY}"  # the copy of the runtime, as the map file imports it
    width: int = 88
    doc_width: int = 100  # of the docstring
    quote: str = '"'
    blank_lines: int = 1  # after the import
    heading: str = ""  # the comment above the import
    license: str = ""  # the comment above the docstring, and a newline
    docs: str = ""  # path of the page on the app's secrets
    stage: str = ""  # the variable with the stage of the process, named if there is no such page
    has_lambdas: bool = False  # the edited code passes lambdas to get_secret()
    install: str = ""  # the command that installs the app with boto3, if it is in an extra
    summary_on_second_line: bool = False
    uses_bandit: bool = False
    uses_detect_secrets: bool = False
    imports_annotations: bool = False  # from __future__, because the linter requires it

    @classmethod
    def of(cls, package: str, style: CodeStyle, quote: str) -> MapStyle:
        """Return the style that a project configures.

        Args:
            package: The copy of the runtime, as the map file imports it.
            style: The project's code style.
            quote: The quote character if none is configured.
        """
        is_relative = package.startswith(".")
        return cls(
            package=package,
            width=style.line_length or cls().width,
            doc_width=style.max_doc_length or cls().doc_width,
            quote=style.quote or quote,
            blank_lines=style.lines_after_imports,
            heading=style.headings.local_folder if is_relative else style.headings.first_party,
            summary_on_second_line=style.summary_on_second_line,
            imports_annotations=style.imports_annotations,
        )

    def quoted(self, text: str) -> str:
        """Return a string literal. shield.toml allows neither quotes nor backslashes in names."""
        return f"{self.quote}{text}{self.quote}"

    def comment(self, name: str) -> str:
        """Return the comments for linters after the variable of a secret or a field."""
        bandit = f"  {NOSEC}" if self.uses_bandit and PASSWORD.search(name) else ""
        is_keyword = self.uses_detect_secrets and KEYWORD.search(name)
        return bandit + (f"  {ALLOWLIST}" if is_keyword else "")


def password_linters(read: FileReader, workflows: Collection[str]) -> dict[str, bool]:
    """Return whether the project uses the linters for which a map file has comments.

    Args:
        read: Returns the bytes of a file of the app.
        workflows: The paths of its GitHub workflows.
    """
    return {
        "uses_bandit": uses_bandit(read, workflows),
        "uses_detect_secrets": uses_detect_secrets(read, workflows),
    }


def settings_quote(read: FileReader, manifest: Manifest) -> str:
    """Return the quote character that the settings use most."""
    return most_used_quote(b"".join(read(path) or b"" for path in manifest.app.settings))


def find_map_style(
    read: FileReader, manifest: Manifest, root: str, *, in_package: bool
) -> MapStyle:
    """Return the configured style of the map file; without one, with the quotes of the settings.

    Args:
        read: Returns the bytes of a file of the app.
        manifest: shield.toml.
        root: The folder from which the app imports.
        in_package: Whether the map file is in a package.
    """
    path = manifest.app.runtime
    style = read_code_style(read, path)
    package = f".{COPY}" if in_package else COPY
    if in_package and style.bans_relative_imports:
        package = runtime_package(module_of(root, path))
    return MapStyle.of(package, style, settings_quote(read, manifest))


def package_docstring(read: FileReader, path: str) -> str:
    """Return the docstring of a package for the map file; "" if the style requires none."""
    return PACKAGE_DOCSTRING if read_code_style(read, path).has_package_docstrings else ""
