"""Format a plan without its diffs, 80 columns wide. It contains no secret values."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.flow.plan.plan_effects import changes_nothing
from shield_ai.model.plan import DEFAULT_REGION, RENAMED, Action, ValueState
from shield_ai.model.plurals import count
from shield_ai.model.printable import printable
from shield_ai.model.resource import SECRET_KIND
from shield_ai.model.skip import KEPT, SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import copied_folder
from shield_ai.reports.aws_changes import change_lines
from shield_ai.reports.deployment import deployment_lines
from shield_ai.reports.terminal.entries import NAME_WIDTH, wrap_detail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.plan import Change, Plan
    from shield_ai.model.skip import Skipped

_PACKAGE_NOTE = 'runtime = "package" in shield.toml adds shield-ai-runtime instead'
_MISSING_NOTE = (
    "apply needs a value for each: use --env-file, set generate = true for a new signing key or"
    " optional = true in shield.toml, or use --allow-missing; a signing key in the code is"
    " not used, because everybody with the code knows it"
)
_PLACEHOLDER_NOTE = "apply needs a real value for each, or --allow-placeholders"
# The app does not start where it is deployed.
_UNDEPLOYED = frozenset({SkipId.NOT_BUILT, SkipId.NOT_COPIED, SkipId.IMAGE_IGNORES})
# The app does not work with AWS before the user updates its dependencies.
_OUTDATED = frozenset({SkipId.OUTDATED_PIN, SkipId.OUTDATED_VERSION})
_KEEP = regex(r"; keep the variables? .+ set for it$")


def plan_text(plan: Plan, read: FileReader, *, fixed: int = 0, omits_steps: bool = False) -> str:
    """Format a plan without its diffs.

    Args:
        plan: The plan.
        read: Returns the content of a file of the app, to find the lines of values in the code.
        fixed: How many findings its edits fix.
        omits_steps: Whether to leave out the next steps, because apply prints them at its end.
    """
    lines: list[str] = []
    lines += _section("code", _file_lines(plan.files))
    moved = (printable(f"  - {origin.field}") for origin in plan.dotenv)
    lines += _section("moved from the code to .env", moved)
    changes = (line for change in plan.changes for line in change_lines(change, read))
    lines += _section(f"AWS account {plan.account}, {plan.region}", changes)
    lines += _section("where the variables are set", deployment_lines(plan.deployment))
    lines += _section("placeholder values", _names(plan.placeholders, _PLACEHOLDER_NOTE))
    lines += _section("no value in any source", _names(plan.missing, _MISSING_NOTE))
    skipped, warnings, defaults = _split_warnings(plan)
    lines += _section("defaults that stay in the code", _skipped_lines(defaults))
    lines += _section("skipped", _skipped_lines(skipped))
    title = "ignored: not secrets (reasons in shield plan --only code --json)"
    lines += _section(title, _harmless_lines(plan.harmless))
    title = "warning: the runtime is not tested on these versions of Python"
    lines += _section(title, _skipped_lines(warnings))
    title = "warning: the app can't import the runtime where it is deployed"
    undeployed = [skip for skip in plan.skipped if skip.id in _UNDEPLOYED]
    lines += _section(title, _skipped_lines(undeployed))
    advice = _advice(plan)
    if omits_steps:
        printed = {printable(step) for step in steps_after_apply(plan)}
        advice = (line for line in advice if line not in printed)
    lines += [_summary(plan, fixed), *advice]
    return "\n".join(lines) + "\n"


def _section(title: str, body: Iterable[str]) -> list[str]:
    """Return the lines of a section, or nothing without a body."""
    lines = list(body)
    return [title, *lines, ""] if lines else []


def _split_warnings(plan: Plan) -> tuple[list[Skipped], list[Skipped], list[Skipped]]:
    """Return the skipped items, the warnings about old Python versions, and the kept defaults."""
    others = {SkipId.OLD_PYTHON, *_UNDEPLOYED, *_OUTDATED, *KEPT}
    skipped = [skip for skip in plan.skipped if skip.id not in others]
    warnings = [skip for skip in plan.skipped if skip.id is SkipId.OLD_PYTHON]
    defaults = [skip for skip in plan.skipped if skip.id in KEPT]
    return skipped, warnings, defaults


def _names(names: Sequence[str], note: str) -> Iterator[str]:
    for name in names:
        yield printable(f"  ! {name}")
    if names:
        yield from wrap_detail(note)


def _skipped_lines(skips: Sequence[Skipped]) -> Iterator[str]:
    """Yield the skipped items; those with the same reason in one file have one entry."""
    for (path, cause, has_name), group in itertools.groupby(skips, key=_shared_part):
        entries = list(group)
        if len(entries) == 1:
            [skip] = entries
            yield printable(f"  {_place(skip)}  {skip.name}").rstrip()
            yield from wrap_detail(skip.reason)
        elif has_name:
            yield printable(f"  {path}")
            yield from wrap_detail(", ".join(map(_name_and_line, entries)))
            keeps = any(_KEEP.search(entry.reason) for entry in entries)
            yield from wrap_detail(f"{cause}; keep the variables set for it" if keeps else cause)
        else:
            yield from (printable(f"  {_place(entry)}") for entry in entries)
            yield from wrap_detail(cause)


def _place(skip: Skipped) -> str:
    return f"{skip.path}:{skip.line}" if skip.line else skip.path


def _name_and_line(skip: Skipped) -> str:
    return f"{skip.name}:{skip.line}" if skip.line else skip.name


def _shared_part(skip: Skipped) -> tuple[str, str, bool]:
    """Return what the items of one entry have in common: the file, unless they have no names."""
    cause = _KEEP.sub("", skip.reason)
    return (skip.path if skip.name else "", cause, bool(skip.name))


def _harmless_lines(skips: Sequence[Skipped]) -> Iterator[str]:
    for path, group in itertools.groupby(skips, key=lambda skip: skip.path):
        yield printable(f"  {path}")
        yield from wrap_detail(", ".join(map(_name_and_line, group)))


def _file_lines(files: Sequence[FileChange]) -> Iterator[str]:
    """Yield a line for each file; a copy of the runtime's package has one line."""
    copies = Counter(copied_folder(file.path) for file in files)
    for file in files:
        folder = copied_folder(file.path)
        if not folder:
            yield printable(_file_line(file))
        elif folder in copies:
            action = "new" if file.before is None else "updated"
            number = count(copies.pop(folder), "file")
            yield f"  + {folder:<{NAME_WIDTH}} {action}, {number}: copy of the runtime"
            if file.before is None:
                yield from wrap_detail(_PACKAGE_NOTE)


def _file_line(file: FileChange) -> str:
    if file.before is None:
        return f"  + {file.path:<{NAME_WIDTH}} new"
    return f"  ~ {file.path:<{NAME_WIDTH}} {count(len(file.edits), 'edit')}"


def _summary(plan: Plan, fixed: int) -> str:
    parts = [f"{count(fixed, 'finding')} to fix"] if fixed else []
    parts += [*_file_counts(plan.files), *_change_counts(plan.changes)]
    skipped, *_ = _split_warnings(plan)
    if skipped:
        parts.append(f"{count(len(skipped), 'item')} skipped")
    if not changes_nothing(plan):
        return "plan: " + ", ".join(parts)
    subject = "No changes" if plan.account else "No changes to the code"
    return "; ".join([subject, *parts])


def _file_counts(files: Sequence[FileChange]) -> Iterator[str]:
    edited = [file for file in files if file.before is not None]
    if edited:
        edits = sum(len(file.edits) for file in edited)
        yield f"{count(edits, 'edit')} in {count(len(edited), 'file')}"
    if len(files) > len(edited):
        yield count(len(files) - len(edited), "new file")


def _change_counts(changes: Sequence[Change]) -> Iterator[str]:
    actions: Counter[tuple[Action, str]] = Counter()
    for change in changes:
        noun = "secret" if change.resource == SECRET_KIND else "resource"
        actions[change.action, noun] += 1
    for (action, noun), number in sorted(actions.items()):
        if action not in {Action.KEEP, Action.DRIFT}:
            yield f"{count(number, noun)} to {action}"
    for (action, noun), number in sorted(actions.items()):
        if action is Action.DRIFT:
            yield f"{count(number, noun)} with manual changes"


_NOT_SCANNED = {
    SkipId.UNREADABLE,
    SkipId.TOO_LARGE,
    SkipId.INVALID_SOURCE,
    SkipId.TOO_DEEP,
    SkipId.SCANNER_BUG,
}


def no_changes_text(plan: Plan) -> str:
    """Format a plan without changes: the advice for skipped items, then their number."""
    text = "nothing to do: no changes"
    if plan.skipped:
        options = f" --only {plan.only}" if plan.only else ""
        options += f" --environment {plan.environment}" if plan.environment else ""
        text += f"; {count(len(plan.skipped), 'item')} skipped, shield plan{options} shows why"
    return "\n".join([*_advice(plan), text])


def steps_after_apply(plan: Plan) -> list[str]:
    """Return the next steps of a plan and the files that apply leaves to the user.

    An install can fail with an outdated lock file, and CI below a required coverage.
    """
    lines = [step for step in plan.next_steps if RENAMED not in step]
    if plan.only != "code":  # the secrets are created
        lines = [step for step in lines if DEFAULT_REGION not in step]
    left = {SkipId.LOCK_FILE, SkipId.LOCKED_REQUIREMENTS, SkipId.COVERAGE_MINIMUM}
    return [*lines, *(f"{_place(s)}: {s.reason}" for s in plan.skipped if s.id in left)]


def _advice(plan: Plan) -> Iterator[str]:
    """Yield what the user has to do or decide, and the next steps of the plan."""
    yield from _file_advice(plan.skipped)
    kept = [change.name for change in plan.changes if _keeps_another_value(change)]
    if kept:
        yield (
            f"AWS has another value for {', '.join(map(printable, kept))}, which is kept:"
            " --conflict replace stores yours"
        )
    names = {skip.name for skip in plan.skipped if skip.id is SkipId.NOT_IN_MANIFEST}
    if names:
        verb = "is" if len(names) == 1 else "are"
        shown = ", ".join(sorted(map(printable, names)))
        yield f"{count(len(names), 'secret')} {verb} not in shield.toml ({shown}): run shield draft"
    yield from map(printable, plan.next_steps)


def _file_advice(skipped: Iterable[Skipped]) -> Iterator[str]:
    """Yield the files that the user must restore, fix or update."""
    for skip in skipped:
        if skip.id is SkipId.RUNTIME_EDITED:
            advice = "restore it with git checkout, or delete it"
            yield printable(f"{skip.path} was edited and is kept: {advice}")
        elif skip.id in _NOT_SCANNED:
            yield printable(f"{skip.path} was not scanned: {skip.reason}")
        elif skip.id in _OUTDATED:
            yield printable(f"{skip.path}: {skip.reason}")


def _keeps_another_value(change: Change) -> bool:
    return change.value is ValueState.DIFFERS and not change.origins
