"""Find the maximum line length of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.config_folders import folders_above
from shield_ai.rewrite.linter_options import black_options, flake8_options, ruff_options
from shield_ai.rewrite.pre_commit import has_hook, hook_options
from shield_ai.rewrite.python.lines.file_style import most_used_quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.model.file_reader import FileReader
    from shield_ai.project.python_source import Source

DEFAULT = 88  # of Black and ruff
# Linters are often configured to tolerate longer lines than the code is meant to have.
MAXIMUM = 120
FLAKE8_DEFAULT = 79
REQUIREMENTS = (
    *("requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt", "requirements.txt"),
    *("requirements/dev.txt", "requirements/development.txt", "requirements/local.txt"),
    *("requirements/test.txt", "requirements-test.txt", "Pipfile", "pyproject.toml"),
)
BLACK = regex(rb"(?m)^[ \t]*[\"']?black(?:\[|[ \t]*(?:[=<>~!^\"',;#]|$))")
# A reader of files can't list a folder, so these are the usual names.
WORKFLOWS = (
    *("black", "check", "checks", "ci", "code-quality", "lint", "linter", "linters", "linting"),
    *("main", "pre-commit", "python", "python-app", "quality", "style", "test", "tests"),
)
SCRIPTS = ("format", "format.sh", "lint", "lint.sh", "code-check.sh", "check.sh", "run_tests.sh")
RUNNERS = (
    *(f".github/workflows/{name}.{suffix}" for name in WORKFLOWS for suffix in ("yml", "yaml")),
    *(".gitlab-ci.yml", ".circleci/config.yml", ".travis.yml", "Makefile", "tox.ini"),
    *("justfile", "noxfile.py", "tasks.py", "package.json"),
    *(f"{folder}{name}" for folder in ("", "bin/", "scripts/") for name in SCRIPTS),
)
BLACK_RUN = regex(rb"\bpsf/black@|\bblack[ \t]+(?:\.|-)")
# https://black.readthedocs.io/en/stable/usage_and_configuration/the_basics.html#l-line-length
LENGTH_OF_RUN = regex(
    rb"\b(?:black|ruff[ \t]+format)[ \t][^\n]{0,200}?"
    rb"(?<!\S)(?:-l[ \t]*|--line-length[ \t=]+)(\d{2,3})\b"
)
LONG_LINES = "E501"  # the rule of pycodestyle
CODE = regex(r"[A-Z]+[0-9]*")


def max_line_length(
    source: Source, configured: int, limit: int = 0, *, requires_black: bool = False
) -> int:
    """Return the configured line length, or else estimate it from the lines of the file.

    Args:
        source: The file.
        configured: The length of a formatter; 0 for none.
        limit: The length that a linter tolerates; 0 if unknown. Black's length is used as long as
            Black may have formatted the file: it has no longer lines and uses double quotes.
        requires_black: Whether the project requires Black, which then formatted a file with double
            quotes, also if strings or comments make lines longer.
    """
    if configured:
        return configured
    has_single_quotes = most_used_quote(source.raw) == "'"
    if requires_black and not has_single_quotes:
        return DEFAULT
    if limit and has_single_quotes:
        return limit
    lengths = [len(raw.rstrip()) for _, raw in source.lines]
    longer = sorted(length for length in lengths if length > DEFAULT)
    if len(longer) < max(3, len(source.lines) // 50):
        return DEFAULT
    return limit or min(MAXIMUM, longer[len(longer) * 9 // 10])


def configured_line_length(read: FileReader, path: str) -> int:
    """Return the line length of the nearest configuration of a formatter.

    Returns:
        A linter's limit if only that is configured, and it is shorter than the length of Black.
        0 if none is configured.
    """
    lengths = [_formatter_length(read, folder) for folder in folders_above(path)]
    hooks = [_hook_length(read, hook, path) for hook in ("black", "ruff-format")]
    if hooks[0] and not hooks[1] and _has_no_black_table(read, path):
        return hooks[0]  # the line length of ruff is only for its linter
    lengths += hooks
    lengths.append(_length_of_run(read))
    for length in lengths:
        if length:
            return length
    limit = linter_line_length(read, path)
    return limit if limit < DEFAULT else 0


def _hook_length(read: FileReader, hook: str, path: str) -> int:
    """Return the line length with which pre-commit runs a formatter; 0 if it does not run it."""
    length = _capped_number(hook_options(read, hook, path).get("line_length", ""))
    return length or (DEFAULT if has_hook(read, hook, path) else 0)


def _has_no_black_table(read: FileReader, path: str) -> bool:
    return all(black_options(read, folder) is None for folder in folders_above(path))


def requires_black(read: FileReader) -> bool:
    """Return whether the project requires Black for development, or runs it in CI.

    Args:
        read: Returns the bytes of a file of the app.
    """
    if any(BLACK.search(read(name) or b"") for name in REQUIREMENTS):
        return True
    return any(BLACK_RUN.search(read(path) or b"") for path in _runners())


def _runners() -> Iterator[str]:
    """Yield the files that may run a formatter; CI is configured at the top of the repository."""
    for folder in folders_above("Makefile"):
        for name in RUNNERS:
            yield folder + name


def _length_of_run(read: FileReader) -> int:
    """Return the line length with which a script or CI runs the formatter; 0 if there is none."""
    runs = (LENGTH_OF_RUN.search(read(path) or b"") for path in _runners())
    run = next(filter(None, runs), None)
    return _capped_number(run[1].decode()) if run else 0


def linter_line_length(read: FileReader, path: str) -> int:
    """Return the maximum line length in the nearest configuration of flake8; 0 if there is none."""
    options = flake8_options(read, path)
    return _linter_length(options) if options is not None else 0


def _capped_number(text: str) -> int:
    return min(int(text[:4]), MAXIMUM) if text.isdecimal() else 0


def _formatter_length(read: FileReader, folder: str) -> int:
    black = black_options(read, folder)
    lengths = [] if black is None else [black.get("line_length", DEFAULT)]
    ruff = ruff_options(read, folder)
    lengths += [] if ruff is None else [ruff.get("line-length", DEFAULT)]
    return next((length for length in lengths if isinstance(length, int)), 0)


def _linter_length(options: Mapping[str, str]) -> int:
    """Return the limit in the configuration of flake8; its default if the rule is selected."""
    length = options.get("max_line_length", "").split("#")[0].strip()
    if length:
        return _capped_number(length)
    ignored = f"{options.get('ignore', '')} {options.get('extend_ignore', '')}"
    selected = options.get("select", LONG_LINES)
    if _names_rule(ignored) or not _names_rule(selected):
        return 0
    return FLAKE8_DEFAULT


def _names_rule(codes: str) -> bool:
    return any(LONG_LINES.startswith(code) for code in CODE.findall(codes))
