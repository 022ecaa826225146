"""The functions that are fuzzed, by name. Each takes any bytes.

A target may only raise what is a finding: the errors that a function documents are caught, and
`require` raises `BrokenPropertyError` for a wrong result.
"""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pathspec

from shield_ai.aws.cloudtrail.audit import Auditor
from shield_ai.aws.cloudtrail.events import parse_event
from shield_ai.aws.cloudtrail.trail import read_files
from shield_ai.aws.export.platform import Target
from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.manifest_file import add_secrets
from shield_ai.flow.plan.plan_check import require_safe_paths
from shield_ai.flow.plan.plan_file import read_plan
from shield_ai.model.errors import (
    ManifestError,
    PlanFileError,
    ShieldError,
    SourceError,
    UnsafePlanError,
)
from shield_ai.model.manifest import ENV_VAR_NAME, App, DeploymentEdits, Manifest, Secret
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.model.manifest_writer import render_manifest
from shield_ai.project.env_file import read_assignments, set_variables
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.project.secret_map import parse_map
from shield_ai.project.tree import Tree
from shield_ai.reports.audit import audit_text
from shield_ai.reports.masking.mask import mask, show
from shield_ai.reports.plan import plan_text
from shield_ai.rewrite.project.deployment.containers import DeploymentInputs, edit_deployment
from shield_ai.rewrite.project.deployment.workflows import WorkflowInputs, edit_workflows
from shield_ai.rewrite.project.fixer import AppFiles, FixContext
from shield_ai.rewrite.project.pipeline import rewrite_project
from shield_ai.rewrite.python.lines.line_length import configured_line_length
from shield_ai.rewrite.python.pipeline import rewrite_python
from shield_ai.scan.baseline import read_baseline, remove_known
from shield_ai.scan.deployment.blocks import find_environments
from shield_ai.scan.deployment.finder import find_deployment
from shield_ai.scan.deployment.workflow_file import find_workflow
from shield_ai.scan.files.gitignore import GitIgnore
from shield_ai.scan.files.suppressions import apply_suppressions, find_suppressions
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.rules import explanation, pattern
from shield_ai.scan.sarif_import import import_secrets, read_locations, relative_to_app
from shield_ai.scan.selftest import check_examples
from shield_ai.scan.text.dotenv import find_dotenv_secrets
from shield_ai.scan.text.engine import scan_credentials
from shield_runtime.errors import Failure
from shield_runtime.mapping import SecretMap
from shield_runtime.request import Request
from shield_runtime.value import SecretValue, as_bytes, as_dict, as_text, text_or_field

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = "Fuzz value 1"
# One of each kind of file that the scan treats differently.
FILE_NAMES = (
    *("a.py", "app/settings.py", ".env", "a.json", "a.yaml", "a.toml", "a.ini", "a.js", "a.ts"),
    *("a.sh", "a.xml", "a.sql", "a.properties", "a.tf", "a.md", "a.go", "a.ipynb", "a.pem"),
    *("Dockerfile", ".npmrc", ".pgpass", "docker-compose.yml", "tests/test_a.py", "fr.json"),
)
DEPLOYMENT_NAMES = (
    *("docker-compose.yml", "k8s.yaml", "task-definition.json", "Dockerfile", "app.service"),
    *("Procfile", "deploy.sh", "main.tf", "values.yaml", "template.yaml", "serverless.yml"),
    *(".gitlab-ci.yml", "app.json", "kustomization.yaml"),
)
DEPLOYMENT = Manifest(
    app=App(name="shop"),
    deployment=DeploymentEdits(
        edit=("compose", "kubernetes", "ecs", "github"),
        containers=("web",),
        inject=("proxy",),
        jobs=("deploy", "build"),
    ),
    secret=(
        Secret(name="key", env="SECRET_KEY"),
        Secret(name="db", fields={"user": "DB_USER", "password": "DB_PASSWORD"}),
    ),
)
MANAGE = b'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
SETTINGS = "shop/settings.py"


class BrokenPropertyError(Exception):
    """A result is wrong."""


def require(condition: object, message: str) -> None:
    """Raise an error unless a condition is true.

    Raises:
        BrokenPropertyError: The condition is false.
    """
    if not condition:
        raise BrokenPropertyError(message)


@functools.cache
def _folder() -> Path:
    """Return an empty folder, which the caller of the targets deletes."""
    return Path(tempfile.mkdtemp())


def _file(name: str, raw: bytes) -> Path:
    path = _folder() / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(raw)
    return path


def _split_name(raw: bytes) -> tuple[str, bytes]:
    """Return the name in the first line, and the content after it."""
    name, _, content = raw.partition(b"\n")
    return os.fsdecode(name.replace(b"\0", b"")), content


def fuzz_dotenv(raw: bytes) -> None:
    """Set variables in an env file: they get their value, and no other variable changes."""
    lines = raw.count(b"\n") + 1
    for line, _ in find_dotenv_secrets(raw.decode("utf-8-sig", "replace")):
        require(1 <= line <= lines, "a line outside the file")
    with contextlib.suppress(SourceError):
        before = read_assignments(raw)
        names = [name for name in before if ENV_VAR_NAME.fullmatch(name)]
        values = dict.fromkeys([*names[:1], "FUZZ_NEW"], VALUE)
        after = read_assignments(set_variables(raw, values))
        expected = {**before, **{name: [VALUE] * len(before.get(name, "1")) for name in values}}
        require(after == expected, "another variable changed")


def fuzz_credentials(raw: bytes) -> None:
    """Scan a file for credentials, under names of some kinds, which its length selects."""
    names = FILE_NAMES[len(raw) % 4 :: 4]
    scan = scan_credentials(names, lambda _: raw, [pattern.credential_pattern()])
    lines = raw.count(b"\n") + raw.count(b"\r") + 1
    for finding in scan.findings:
        is_inside = 1 <= finding.line <= finding.end_line <= lines and finding.column >= 1
        require(is_inside, "a finding outside the file")


def fuzz_python(raw: bytes) -> None:
    """Scan and rewrite a settings file: the result is valid Python."""
    files = {"manage.py": MANAGE, "shop/__init__.py": b"", SETTINGS: raw}
    scan = scan_files("shop", list(files), files.get)
    for finding, site in scan.sites:
        is_inside = 0 <= site.start <= site.end <= len(files[finding.path])
        require(is_inside, "a site outside the file")
    manifest = draft_manifest_from_sites(scan.sites, None, scan.facts)
    import_line = scan.facts.accessor_import(manifest)
    changes = rewrite_python(manifest, scan.sites, scan.call_sites, files.get, import_line)
    for change in changes.files:
        after = apply_edits(files[change.path], change.edits, change.encoding)
        try:
            _ = Source.from_bytes(change.path, after).tree
        except SourceError as error:
            require(condition=False, message=f"the rewrite is invalid: {error}")


def fuzz_project_file(raw: bytes) -> None:
    """Rewrite a file around the code, such as pyproject.toml: a second run changes nothing."""
    name, content = _split_name(raw)
    files = {SETTINGS: b"import os\n", name: content}
    secret = Secret(name="token", env="TOKEN")
    manifest = Manifest(app=App(name="shop", settings=(SETTINGS,)), secret=(secret,))
    app = AppFiles(lambda _: True, [path for path in files if path.endswith(".py")])
    configured_line_length(files.get, SETTINGS)
    for is_second in (False, True):
        changes, _ = rewrite_project(FixContext(files.get, manifest, app))
        require(not is_second or not changes, "the second run has changes")
        for change in changes:
            before = files.get(change.path) or b""
            files[change.path] = apply_edits(before, change.edits, change.encoding)


def fuzz_deployment(raw: bytes) -> None:
    """Find the variables that a deployment file sets, and edit it: a second run changes nothing."""
    name, content = _split_name(raw)
    if name not in DEPLOYMENT_NAMES:
        name, content = DEPLOYMENT_NAMES[len(raw) % len(DEPLOYMENT_NAMES)], raw
    path = _file(f"deployment/{name}", content)
    try:
        lines = content.count(b"\n") + 1
        for is_second in (False, True):
            found = find_deployment(path.parent, DEPLOYMENT.secret).variables
            require(all(1 <= item.line <= lines for item in found), "a line outside the file")
            files = {
                item.path: find_environments(path.read_bytes(), item.kind)
                for item in found
                if item.kind in DEPLOYMENT.deployment.edit
            }
            changes, *_ = edit_deployment(DEPLOYMENT, DeploymentInputs(found, files))
            require(not is_second or not changes, "the second run has changes")
            for change in changes:
                edited = apply_edits(path.read_bytes(), change.edits)
                path.write_bytes(edited)
                lines = edited.count(b"\n") + 1
    finally:
        path.unlink()


def fuzz_workflow(raw: bytes) -> None:
    """Edit a workflow of GitHub: the steps remain, and a second run changes nothing."""
    target = Target(manifest=DEPLOYMENT, account="123456789012")
    for is_second in (False, True):
        workflow = find_workflow(raw)
        inputs = WorkflowInputs({"deploy.yml": workflow}, (), {}, target, "shield export")
        changes, skipped, _ = edit_workflows(inputs)
        require(not is_second or not changes, "the second run has changes")
        require(all(item.reason for item in skipped), "an item without a reason")
        for change in changes:
            raw = apply_edits(raw, change.edits)
            count = sum(len(job.steps) for job in find_workflow(raw).jobs)
            require(count > sum(len(job.steps) for job in workflow.jobs), "a step is missing")


def fuzz_pattern(raw: bytes) -> None:
    """Parse a custom pattern, explain it, and scan with it."""
    try:
        made = pattern.parse_pattern(raw.decode(), "fuzz.yaml", ())
    except (UnicodeDecodeError, ShieldError):
        return
    explanation.explain_rule(made.rules[0].id, [made])
    check_examples(made)
    scan_credentials(["a.py"], lambda _: raw, [pattern.credential_pattern(), made])


def fuzz_gitignore(raw: bytes) -> None:
    """Match a name with a .gitignore: the shortcuts give the same answer as pathspec alone."""
    name, content = _split_name(raw)
    text = content.decode("utf-8", "replace")
    ignore = GitIgnore()
    ignore.add("", text)
    ignore.add("sub", text)
    ignore.matches(f"sub/{name}", name.rstrip("/").rpartition("/")[2])
    is_ignored = ignore.matches(name, name.rstrip("/"))
    is_plain = "/" not in name.removesuffix("/") and not set("\0\r*[\\") & set(text)
    if name.strip("/") and is_plain:
        with contextlib.suppress(ValueError):  # an invalid pattern, which git skips
            spec = pathspec.GitIgnoreSpec.from_lines(text.split("\n"), backend="simple")
            require(is_ignored == bool(spec.check_file(name).include), "differs from pathspec")


@functools.cache
def _journal() -> Journal:
    _file(".shield/journal.jsonl", b"")
    return Journal(_folder(), adopt=True)


def fuzz_journal(raw: bytes) -> None:
    """Load a journal: without a valid MAC, it is only adopted, and its AWS steps are ignored."""
    journal = _journal()
    _file(".shield/journal.jsonl", raw)
    with contextlib.suppress(SourceError, UnsafePlanError):
        journal.load()
    steps = [step for run in journal.run_ids() for step in journal.open_steps(run)]
    journal.interrupted_run()
    require(journal.is_adopted or not journal.records, "a forged journal is accepted")
    require(
        all(isinstance(step, FileStep) for step in steps), "an AWS step of a forged journal is kept"
    )
    require(not journal.applied_settings("", ""), "settings of a forged journal are kept")


def fuzz_manifest(raw: bytes) -> None:
    """Parse shield.toml: after it was written, the same secrets are read, and one that was added.

    The writer only writes `[app]` and `[[secret]]`, and keeps an existing text.
    """
    try:
        text = raw.decode("utf-8-sig")
        manifest = parse_manifest(text)
    except (UnicodeDecodeError, ManifestError):
        return
    again = parse_manifest(render_manifest(manifest))
    require((again.app, again.secret) == (manifest.app, manifest.secret), "written wrongly")
    more = add_secrets(manifest, [Secret(name="fuzz-new", env="FUZZ_NEW")])
    require(parse_manifest(render_manifest(more, text)) == more, "added wrongly")


def fuzz_plan(raw: bytes) -> None:
    """Read a plan file: after the check, its paths are inside the app, and it can be shown."""
    with contextlib.suppress(SourceError, PlanFileError, UnsafePlanError):
        plan = read_plan(_file("plan.json", raw), "")
        tree = Tree(_folder())
        require_safe_paths(plan, tree, ())
        plan_text(plan, tree.read)
        for path in (*plan.read, *(file.path for file in plan.files)):
            is_inside = not path.startswith("/") and ".." not in path.split("/")
            require(is_inside, "a path outside the app")


def fuzz_baseline(raw: bytes) -> None:
    """Read a baseline file."""
    with contextlib.suppress(ShieldError):
        baseline = read_baseline(_file("baseline.json", raw))
        require(remove_known([], baseline) == [], "findings without findings")


def fuzz_sarif(raw: bytes) -> None:
    """Import the findings of another scanner."""
    code = b'import os\nTOKEN = os.environ["TOKEN"]\nPASSWORD = "x"\n'
    try:
        locations = read_locations(_file("fuzz.sarif", raw))
    except ShieldError:
        return
    import_secrets(relative_to_app(locations, _folder()), lambda _: code)


def fuzz_sarif_code(raw: bytes) -> None:
    """Find the variable at a location of another scanner, in any Python file."""
    uri = {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 1}}
    results = [{"locations": [{"physicalLocation": uri}]}]
    log = msgspec.json.encode({"version": "2.1.0", "runs": [{"results": results}]})
    import_secrets(read_locations(_file("fuzz.sarif", log)), lambda _: raw)


def fuzz_trail(raw: bytes) -> None:
    """Audit a CloudTrail file."""
    auditor = Auditor("fuzz", (), ["role/app"], None)
    for record in read_files([_file("fuzz.json", raw)], lambda _: None):
        event = parse_event(record)
        if event:
            auditor.add(event)
    audit = auditor.result()
    audit_text(audit)
    msgspec.json.encode(audit)


def fuzz_mask(raw: bytes) -> None:
    """Mask a file: the length and the line ends stay, and nothing controls the terminal."""
    name, content = _split_name(raw)
    masked = mask(name, content)
    require(len(masked) == len(content), "another length")
    for old, new in zip(content, masked, strict=True):
        require(new == old or (new == 0 and old not in b"\r\n"), "another byte")
    require(show(masked).isprintable() or not show(masked).isascii(), "not printable")


def fuzz_suppressions(raw: bytes) -> None:
    """Find the suppression comments of a file."""
    comments = find_suppressions(raw)
    lines = raw.count(b"\n") + raw.count(b"\r") + 1
    for comment in comments:
        is_inside = 1 <= comment.comment_line <= lines and comment.line - comment.comment_line <= 1
        require(is_inside, "a comment outside the file")
    apply_suppressions([], comments)


def fuzz_secret_value(raw: bytes) -> None:
    """Read a value of Secrets Manager in each form, as text and as bytes."""
    for value in (SecretValue(None, raw), SecretValue(raw.decode("utf-8", "surrogateescape"))):
        for key in (None, "password", "a"):
            for convert in (as_text, as_dict, as_bytes, text_or_field):
                answer = convert(value, "fuzz", key)
                require(isinstance(answer, (str, bytes, dict, Failure)), "another type")


def fuzz_secret_map(raw: bytes) -> None:
    """Read the map file of an app, as the tool and as the runtime."""
    found = parse_map(raw)
    if found is None:
        return
    mapping = SecretMap(found.secrets, found.optional, found.required)
    for name in found.secrets:
        mapping.complete(Request(name))
        require(found.variable(name) is not None, "no variable")


TARGETS: dict[str, Callable[[bytes], None]] = {
    name.removeprefix("fuzz_").replace("_", "-"): function
    for name, function in list(globals().items())
    if name.startswith("fuzz_")
}
