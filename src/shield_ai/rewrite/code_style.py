"""Read the code style of a project from the configuration of ruff, Black, isort and flake8."""

from __future__ import annotations

import functools
import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from shield_ai.model.file_reader import read_optional
from shield_ai.project.ini_file import parse_ini
from shield_ai.project.pyproject_file import PYPROJECT
from shield_ai.rewrite.config_folders import folders_above
from shield_ai.rewrite.linter_options import (
    black_options,
    flake8_options,
    pyproject_tool,
    ruff_options,
)
from shield_ai.rewrite.pre_commit import has_hook, hook_options
from shield_ai.rewrite.python.lines.line_length import (
    configured_line_length,
    linter_line_length,
    max_line_length,
    requires_black,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.project.python_source import Source

    Table = dict[str, Any]

MAX_DIGITS = 3  # of a length
ANNOTATIONS = "from __future__ import annotations"
# The files in which isort looks for its configuration, in this order, with the sections of those in
# INI format. https://pycqa.github.io/isort/docs/configuration/config_files.html
ISORT_FILES = {
    ".isort.cfg": ("settings", "isort"),
    PYPROJECT: (),
    "setup.cfg": ("isort", "tool:isort"),
    "tox.ini": ("isort", "tool:isort"),
}


# The options of the sections that isort has by default.
USUAL_SECTIONS = frozenset(
    f"known_{section}"
    for section in (
        "future_library", "standard_library", "third_party", "first_party", "local_folder",
    )
)  # fmt: skip


class ImportHeadings(NamedTuple):
    """The comments above groups of imports; "" for a group without one."""

    stdlib: str = ""
    third_party: str = ""
    first_party: str = ""
    local_folder: str = ""  # relative imports

    @classmethod
    def of(cls, isort: Table) -> ImportHeadings:
        """Return the headings in the configuration of isort, or of ruff's rules of this name."""
        table = _snake_case(_table(isort, "import_heading"))
        headings = []
        for section in ("standard_library", "third_party", "first_party", "local_folder"):
            name = section.replace("standard_library", "stdlib").replace("_", "")
            heading = isort.get(f"import_heading_{name}") or table.get(section)
            headings.append(f"# {heading}" if isinstance(heading, str) and heading else "")
        return cls(*headings)


class CodeStyle(msgspec.Struct, frozen=True):
    """The configured style; an empty value if the project does not configure it."""

    line_length: int = 0  # of a formatter, or a linter's limit that is shorter than Black's
    max_line_length: int = 0  # that a linter tolerates
    requires_black: bool = False  # and its line length is not configured
    max_doc_length: int = 0  # of lines in docstrings
    quote: str = ""
    has_trailing_commas: bool = False  # each call on several lines needs one
    has_package_docstrings: bool = False
    summary_on_second_line: bool = False  # of docstrings with several lines
    prefers_pytest: bool = False  # over the assertions of unittest
    bans_relative_imports: bool = False
    bans_parent_imports: bool = False  # relative imports with more than one dot
    lines_after_imports: int = 1
    lines_between_types: int = 0  # between `import a` and `from a import b`
    headings: ImportHeadings = ImportHeadings()
    first_party: tuple[str, ...] = ()  # top-level packages that the linter places with the app
    local_folder: tuple[str, ...] = ()  # top-level packages that it places with relative imports
    mixes_own_packages: bool = False  # the app's packages are imported among the libraries
    later_packages: tuple[str, ...] = ()  # in the project's own sections after the app's
    section_packages: tuple[str, ...] = ()  # in all of the project's own sections
    import_order: str = ""  # a style of flake8-import-order
    force_single_line: bool = False
    combine_as_imports: bool = False
    imports_annotations: bool = False  # each file must import annotations from __future__
    # The folders in which the linter that sorts the imports looks for the project's packages, each
    # with a trailing slash; None if that is unknown.
    package_sources: tuple[str, ...] | None = None
    usual_sources: tuple[str, ...] = ()  # those of isort if its configuration names none
    force_grid_wrap: int = 0  # the number of names from which each has a line

    @property
    def own_heading(self) -> str:
        """The heading of the group in which the app's packages are imported."""
        return self.headings.third_party if self.mixes_own_packages else self.headings.first_party

    def width(self, source: Source) -> int:
        """Return the maximum line length of a file, which is estimated if it is not configured."""
        return max_line_length(
            source, self.line_length, self.max_line_length, requires_black=self.requires_black
        )


def read_code_style(read: FileReader, path: str) -> CodeStyle:
    """Return the style of a file.

    Args:
        read: Returns the bytes of a file of the app.
        path: The file.
    """
    read = functools.partial(read_optional, read)
    folder, ruff = next(_ruff_tables(read, path), ("", {}))
    lint = {**ruff, **_table(ruff, "lint")}
    isort_folder, isort = next(_isort_tables(read, path), ("", {}))
    sources = _package_sources(isort_folder, isort.get("src_paths"))
    usual = _usual_sources(isort_folder, isort)
    own_package: tuple[str, ...] = ()
    if _selects(lint, "I001"):
        sources = _package_sources(folder, ruff.get("src", [".", "src"]))
        # https://docs.astral.sh/ruff/settings/#lint_isort_detect-same-package
        if _table(lint, "isort").get("detect-same-package", True):
            own_package = _own_package(read, path)
    # Not |=, which would change the cached configuration.
    isort = {**isort, **_snake_case(_table(lint, "isort")), **hook_options(read, "isort", path)}
    flake8 = flake8_options(read, path) or {}
    ban = _table(lint, "flake8-tidy-imports").get("ban-relative-imports")
    line_length = configured_line_length(read, path)
    return CodeStyle(
        line_length=line_length,
        max_line_length=linter_line_length(read, path),
        requires_black=not line_length and requires_black(read),
        max_doc_length=_length(
            _table(lint, "pycodestyle").get("max-doc-length") or flake8.get("max_doc_length")
        ),
        quote=_quote(read, path),
        has_trailing_commas=_selects(lint, "COM812") or has_hook(read, "add-trailing-comma", path),
        has_package_docstrings=_selects(lint, "D104"),
        summary_on_second_line=_selects(lint, "D213") and not _selects(lint, "D212"),
        prefers_pytest=_selects(lint, "PT009") or _selects(lint, "PT027"),
        bans_relative_imports=ban == "all",
        bans_parent_imports=_selects(lint, "TID252"),
        lines_after_imports=_count(isort.get("lines_after_imports")) or 1,
        lines_between_types=_count(isort.get("lines_between_types")),
        headings=ImportHeadings.of(isort),
        first_party=(
            *_names(isort.get("known_first_party")),
            *_names(flake8.get("application_import_names")),
            *own_package,
        ),
        local_folder=_names(isort.get("known_local_folder")),
        later_packages=_later_packages(isort),
        section_packages=_section_packages(isort),
        import_order=flake8.get("import_order_style", ""),
        force_single_line=_is_on(isort.get("force_single_line")),
        combine_as_imports=_is_on(isort.get("combine_as_imports")),
        imports_annotations=ANNOTATIONS
        in (*_names(isort.get("required_imports")), *_names(isort.get("add_imports"))),
        package_sources=sources,
        usual_sources=usual,
        force_grid_wrap=_count(isort.get("force_grid_wrap")),
    )


def _later_packages(isort: Table) -> tuple[str, ...]:
    """Return the packages in the project's own sections that follow the first-party section.

    https://docs.astral.sh/ruff/settings/#lint_isort_section-order
    """
    order = _names(isort.get("section_order"))
    sections = _table(isort, "sections")
    if "first-party" not in order:
        return ()
    later = order[order.index("first-party") + 1 :]
    return tuple(name for section in later for name in _names(sections.get(section)))


def _section_packages(isort: Table) -> tuple[str, ...]:
    """Return the packages in the project's own sections.

    isort names them in options such as `known_django`, ruff in the table `sections`.
    https://pycqa.github.io/isort/docs/configuration/custom_sections_and_ordering.html
    """
    found = [*_table(isort, "sections").values()]
    for name, packages in isort.items():
        if name.startswith("known_") and name not in USUAL_SECTIONS:
            found.append(packages)
    return tuple(name for packages in found for name in _names(packages))


def _own_package(read: FileReader, path: str) -> tuple[str, ...]:
    """Return the name of the top-level package that a file is in; empty if it is in none."""
    package: tuple[str, ...] = ()
    for folder in PurePosixPath(path).parents:
        if not folder.name or read(f"{folder}/__init__.py") is None:
            break
        package = (folder.name,)
    return package


def _usual_sources(folder: str, isort: Table) -> tuple[str, ...]:
    """Return the folders of isort's option `src_paths` by default; empty if isort names others."""
    if not isort or "src_paths" in isort:
        return ()
    return _package_sources(folder, [".", "src"]) or ()


def _package_sources(folder: str, names: object) -> tuple[str, ...] | None:
    """Return the folders of ruff's option `src`, or of isort's option `src_paths`.

    https://docs.astral.sh/ruff/settings/#src
    https://pycqa.github.io/isort/docs/configuration/options.html#src-paths

    Args:
        folder: The folder of the configuration, with a trailing slash.
        names: The value of the option.

    Returns:
        The folders, each with a trailing slash; None without the option, or with a pattern.
    """
    sources = []
    for name in _names(names):
        if "*" in name:
            return None
        path = posixpath.normpath(folder + name)
        sources.append("" if path == "." else f"{path}/")
    return tuple(sources) or None


def _ruff_tables(read: FileReader, path: str) -> Iterator[tuple[str, Table]]:
    """Yield the configurations of ruff that apply to a file, with their folders."""
    for folder in folders_above(path):
        options = ruff_options(read, folder)
        if options is not None:
            yield folder, options


def _isort_tables(read: FileReader, path: str) -> Iterator[tuple[str, Table]]:
    """Yield the configurations of isort that apply to a file, with their folders."""
    for folder in folders_above(path):
        for name, sections in ISORT_FILES.items():
            raw = read(folder + name)
            if name == PYPROJECT:
                tables = [pyproject_tool(raw, "isort") or {}]
            else:
                tables = [_ini_section(raw, section) for section in sections]
            for table in filter(None, tables):
                yield folder, table


def _ini_section(raw: bytes | None, section: str) -> Table:
    parser = parse_ini(raw)
    return dict(parser[section]) if parser.has_section(section) else {}


def _table(parent: Table, name: str) -> Table:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _snake_case(table: Table) -> Table:
    return {name.replace("-", "_"): value for name, value in table.items()}


def _names(value: object) -> tuple[str, ...]:
    """Return the names in a TOML array, or in the comma-separated text of an INI file."""
    names = value.replace("\n", ",").split(",") if isinstance(value, str) else value
    if not isinstance(names, list):
        return ()
    return tuple(name.strip() for name in names if isinstance(name, str) and name.strip())


def _length(value: object) -> int:
    """Return a number of columns of at most three digits; 0 for all other values."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else 0


def _count(value: object) -> int:
    """Return a number from 1 to 3; 0 for isort's default of -1 and for all other values."""
    return int(str(value)) if str(value) in {"1", "2", "3"} else 0


def _is_on(value: object) -> bool:
    return str(value).lower() in {"true", "1"}


def _quote(read: FileReader, path: str) -> str:
    """Return the quote of the formatter or linter; ruff and Black use double quotes by default."""
    _, ruff = next(_ruff_tables(read, path), ("", None))
    if ruff is not None:
        formatter = _table(ruff, "format").get("quote-style")
        quotes = _table(_table(ruff, "lint"), "flake8-quotes") or _table(ruff, "flake8-quotes")
        style = str(formatter or quotes.get("inline-quotes") or "double")
        return {"single": "'", "double": '"'}.get(style, "")
    for folder in folders_above(path):
        black = black_options(read, folder)
        if black is not None:
            return "" if black.get("skip_string_normalization") else '"'
    return ""


def _selects(lint: Table, rule: str) -> bool:
    """Return whether ruff's configuration selects a rule, and does not ignore it.

    The most specific code decides: `select = ["D104"]` wins over `ignore = ["D"]`.
    """
    selected = (*_names(lint.get("select")), *_names(lint.get("extend-select")))
    ignored = (*_names(lint.get("ignore")), *_names(lint.get("extend-ignore")))
    return _specificity(rule, selected) > _specificity(rule, ignored)


def _specificity(rule: str, codes: tuple[str, ...]) -> int:
    """Return the length of the longest code that matches a rule; 0 for ALL, -1 without a match.

    In ruff, C means only C4 and C90.
    """
    matching = [len(code) for code in codes if code != "C" and rule.startswith(code)]
    return max(matching, default=0 if "ALL" in codes else -1)
