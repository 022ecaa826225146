"""Measure the pull requests that Shield AI proposes to whole repositories.

    python bench/pull_request.py [FOLDER] [--limit N] [--bin FOLDER] [--keep FOLDER]

Each folder in FOLDER is a repository; the default is examples/. Each is copied and committed, then
`shield draft` and `shield apply --only code --yes` run in the copy. No code of the repository runs.

- files, lines: files created and edited, and new lines, both without the copy of the runtime.
- lint: findings of ruff, black and isort that are new, also in the copy of the runtime. A tool
  counts if the repository configures it and if it is in --bin or in PATH; ruff's formatter counts
  if Black is not configured. flake8 is left out: its configuration can name plugins in the
  repository, which it runs.
- names: secrets with a generic name, such as "password", or with a name that is not kebab-case.
- no reason: secrets in Python code that `shield scan` reports, that no edit touches, and for which
  `shield plan --json` has no reason.
- imports: imports of the accessor that resolve neither to a file nor to a required package.
"""

from __future__ import annotations

import argparse
import ast
import collections
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

EXAMPLES = Path(__file__).parent.parent / "examples"
SHIELD = [sys.executable, "-m", "shield_ai"]
IDENTITY = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
RUNTIME = "_shield_runtime/"
SOURCE = "SecretsManagerSource"
ACCESSORS = {"get_secret", "get_secret_dict", "has_secret", "client"}
KEBAB_CASE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
GENERIC = re.compile(
    r"(api-?key|auth|credentials?|db|dsn|id|key|login|pass(wd|word)?|private-key|pwd"
    r"|secret(-key)?|token|ur[il]|user(name)?|value)(-\d+)?"
)
RULES = {"CSEC34.environ-read", "CSEC34.literal", "CSEC34.literal-default", "CSEC34.presence"}
REASONS = ("skipped", "harmless", "placeholders", "dotenv")
# Files that configure a tool, apart from pyproject.toml, if they contain a text.
CONFIGURATION = {
    "ruff": {"ruff.toml": "", ".ruff.toml": ""},
    "black": {},
    "isort": {".isort.cfg": "", "setup.cfg": "[isort]", "tox.ini": "[isort]"},
}
CHECK = ("check", "--no-fix", "--no-cache", "--force-exclude", "--output-format=json")
CHECK_FORMAT = {
    "ruff": ("format", "--no-cache", "--force-exclude", "--check"),
    "black": ("--check",),
    "isort": ("--filter-files", "--check"),
}
UNFORMATTED = re.compile(
    r"^(?:would reformat:? |ERROR: )(.+?)(?: Imports are incorrectly .*)?$",
    re.IGNORECASE | re.MULTILINE,
)


TITLES = {
    "lint": "new lint findings",
    "names": "bad names",
    "no_reason": "sites without reason",
    "imports": "unresolved imports",
}


class Repository(NamedTuple):
    """The figures of one pull request."""

    name: str
    error: str
    created: list[str]
    edited: list[str]
    lines: int
    lint: list[str]
    names: list[str]
    no_reason: list[str]
    imports: list[str]


class Trees(NamedTuple):
    """A repository before and after the change, and the Python files that differ."""

    before: Path
    after: Path
    files: list[str]


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment |= {"NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "errors": "replace"}
    return subprocess.run(command, cwd=folder, env=environment, check=False, **options)


def git(folder: Path, *arguments: str) -> str:
    done = run(["git", "-c", "core.hooksPath=/dev/null", *IDENTITY, *arguments], folder)
    if done.returncode:
        raise OSError(done.stderr)
    return done.stdout


def measure(project: Path, scratch: Path, tools: dict[str, str]) -> Repository:
    """Apply the change to a copy of a repository, and compare both."""
    before, after = scratch / "before" / project.name, scratch / project.name
    shutil.copytree(project, before, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    shutil.copytree(before, after, symlinks=True)
    git(after, "init", "-q")
    git(after, "add", "-A", "-f")
    git(after, "commit", "-q", "--allow-empty", "-m", "before")
    findings = json.loads(run([*SHIELD, "scan", ".", "--format", "json"], after).stdout)["findings"]
    plan, error = change(after)
    git(after, "add", "-A", "-N")
    created, edited, lines = changes(after)
    python = [path for path in (*created, *edited) if path.endswith(".py")]
    trees = Trees(before, after, python)
    return Repository(
        name=project.name,
        error=error,
        created=[path for path in created if RUNTIME not in path],
        edited=edited,
        lines=lines,
        lint=new_findings(trees, tools),
        names=bad_names(after),
        no_reason=without_reason(findings, plan, before) if plan else [],
        imports=unresolved(trees),
    )


def change(folder: Path) -> tuple[dict, str]:
    """Draft shield.toml, plan, and apply; return the plan and the output of a failed command."""
    plan = {}
    commands = [
        ["draft"],
        ["plan", "--only", "code", "--json"],
        ["apply", "--only", "code", "--yes"],
    ]
    for command in commands:
        done = run([*SHIELD, *command, "."], folder)
        if done.returncode:
            return plan, f"shield {command[0]}: {done.stderr.strip()}"
        if command[0] == "plan":
            plan = json.loads(done.stdout)
    return plan, ""


def changes(folder: Path) -> tuple[list[str], list[str], int]:
    """Return created and edited files, and the number of new lines."""
    statuses = git(folder, "diff", "--no-renames", "--name-status", "-z").split("\0")
    files = dict(zip(statuses[1::2], statuses[0::2], strict=False))
    created = [path for path, status in files.items() if status == "A"]
    edited = [path for path, status in files.items() if status == "M"]
    lines = 0
    for row in git(folder, "diff", "--no-renames", "--numstat", "-z").split("\0"):
        added, _, rest = row.partition("\t")
        if added.isdigit() and RUNTIME not in rest:
            lines += int(added)
    return created, edited, lines


def new_findings(trees: Trees, tools: dict[str, str]) -> list[str]:
    found = []
    for tool, program in tools.items():
        files = [path for path in trees.files if is_configured(tool, trees.before, path)]
        old = [path for path in files if (trees.before / path).is_file()]
        reported = inspect(tool, program, trees.after, files)
        reported -= inspect(tool, program, trees.before, old)
        found += [f"{tool} {what} ({count})" for what, count in sorted(reported.items())]
    return found


def is_configured(tool: str, root: Path, path: str) -> bool:
    for parent in Path(path).parents:
        folder = root / parent
        if tool in read_toml(folder / "pyproject.toml").get("tool", {}):
            return True
        for name, text in CONFIGURATION[tool].items():
            if (folder / name).is_file() and text in (folder / name).read_text(errors="replace"):
                return True
    return False


def read_toml(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text(errors="replace"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def inspect(tool: str, program: str, root: Path, files: list[str]) -> collections.Counter[str]:
    """Count the findings of a tool by file and rule."""
    found: collections.Counter[str] = collections.Counter()
    if not files:
        return found
    if tool == "ruff":
        for row in json.loads(run([program, *CHECK, *files], root).stdout or "[]"):
            found[f"{Path(row['filename']).relative_to(root)}: {row['code'] or 'syntax'}"] += 1
        files = [path for path in files if not is_configured("black", root, path)]
    if not files:
        return found
    done = run([program, *CHECK_FORMAT[tool], *files], root)
    for path in UNFORMATTED.findall(done.stdout + done.stderr):
        found[f"{Path(root, path).relative_to(root)}: format"] += 1
    return found


def bad_names(folder: Path) -> list[str]:
    names = [entry["name"] for entry in read_toml(folder / "shield.toml").get("secret", ())]
    return [name for name in names if GENERIC.fullmatch(name) or not KEBAB_CASE.fullmatch(name)]


def without_reason(findings: list[dict], plan: dict, before: Path) -> list[str]:
    """Return secrets in Python code that are neither edited nor explained."""
    touched = {(row["path"], row["line"]) for key in REASONS for row in plan[key]}
    added: dict[str, str] = collections.defaultdict(str)
    for file in plan["files"]:
        raw = (before / file["path"]).read_bytes() if file["before"] else b""
        for edit in file["edits"]:
            added[file["path"]] += edit["replacement"]
            first, last = (raw.count(b"\n", 0, edit[end]) + 1 for end in ("start", "end"))
            touched.update((file["path"], line) for line in range(first, last + 1))
    left = []
    for finding in findings:
        path, first = finding["path"], finding["line"]
        lines = {(path, line) for line in range(first, finding["end_line"] + 1)}
        # A settings source serves the variables of the map file to fields, which keep their lines.
        is_mapped = any(f'"{finding["env"]}"' in text for text in added.values())
        is_served = SOURCE in added[path] and is_mapped
        if finding["rule"] not in RULES or not path.endswith(".py"):
            continue
        if not is_served and not lines & touched:
            left.append(f"{path}:{first} {finding['name']}")
    return left


def unresolved(trees: Trees) -> list[str]:
    """Return new imports of the accessor that resolve to nothing."""
    missing = []
    for path in trees.files:
        if RUNTIME not in path:
            old = accessor_imports(trees.before / path)
            for level, module in sorted(accessor_imports(trees.after / path) - old):
                if not resolves(trees, path, level, module):
                    missing.append(f"{path}: {'.' * level}{module}")
    return missing


def accessor_imports(path: Path) -> set[tuple[int, str]]:
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (OSError, SyntaxError, ValueError):
        return set()
    imports = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and {name.name for name in node.names} & ACCESSORS:
            imports.add((node.level, node.module or ""))
    return imports


def resolves(trees: Trees, path: str, level: int, module: str) -> bool:
    """Search a module from the package of a file, or from each folder that is no package.

    Where other files in the folder import the same package, its folder is in sys.path.
    """
    root, package = trees.after, module.partition(".")[0]
    if package == "shield_runtime":
        return "shield-runtime" in git(root, "diff")
    parents = [root / parent for parent in Path(path).parents]
    starts = []
    for parent in parents:
        if (parent / "manage.py").is_file() or not (parent / "__init__.py").is_file():
            starts.append(parent)
    ends = [f"{module.replace('.', '/')}{end}" for end in (".py", "/__init__.py")]
    for start in parents[level - 1 : level] if level else starts:
        if any((start / end).is_file() for end in ends):
            return True
    statement = re.compile(rf"^\s*(?:from|import) {package}\b", re.MULTILINE)
    beside = (trees.before / path).parent.rglob("*.py")
    return not level and any(statement.search(file.read_text(errors="replace")) for file in beside)


def print_repository(repository: Repository) -> None:
    changed = f"{len(repository.created)} created, {len(repository.edited)} edited"
    print(f"{repository.name}: {changed}, {repository.lines} lines")
    if repository.error:
        print(f"    {repository.error}")
    for key in TITLES:
        for what in getattr(repository, key):
            print(f"    {key.replace('_', ' ')}: {what}", flush=True)


def print_summary(repositories: list[Repository]) -> None:
    changed = [repository for repository in repositories if repository.lines]
    failed = sum(bool(repository.error) for repository in repositories)
    print(f"\n{len(repositories)} repositories, {len(changed)} changed, {failed} failed")
    print_sizes("files created", [len(repository.created) for repository in changed])
    print_sizes("files edited", [len(repository.edited) for repository in changed])
    print_sizes("new lines", [repository.lines for repository in changed])
    for key, title in TITLES.items():
        counts = [len(getattr(repository, key)) for repository in repositories]
        print(f"{title:22} {sum(counts):5} in {sum(map(bool, counts))} repositories")


def print_sizes(title: str, values: list[int]) -> None:
    values = sorted(values) or [0]
    p90 = values[min(len(values) - 1, len(values) * 9 // 10)]
    print(f"{title:22} median {statistics.median(values):g}, p90 {p90}, max {values[-1]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=EXAMPLES, metavar="FOLDER")
    parser.add_argument("--limit", type=int, metavar="N", help="use only the first N repositories")
    parser.add_argument("--bin", type=Path, metavar="FOLDER", help="where the linters are")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the changed copies here")
    arguments = parser.parse_args()
    path = str(arguments.bin.resolve()) if arguments.bin else None
    programs = {tool: shutil.which(tool, path=path) for tool in CONFIGURATION}
    tools = {tool: program for tool, program in programs.items() if program}
    print(f"linters: {', '.join(tools) or 'none installed'}")
    projects = sorted(path.resolve() for path in arguments.folder.iterdir() if path.is_dir())
    repositories = []
    with tempfile.TemporaryDirectory() as scratch:
        work = arguments.keep or Path(scratch)
        for project in projects[: arguments.limit]:
            repositories.append(measure(project, work.resolve(), tools))
            print_repository(repositories[-1])
    print_summary(repositories)


if __name__ == "__main__":
    main()
