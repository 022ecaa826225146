"""Format plans, receipts and checks, 80 columns wide. None of them contains secret values."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.flow.plan.plan_effects import changes_nothing
from shield_ai.flow.verify.check import Status
from shield_ai.model.locator import CodeLiteral, Copy, EnvVar, Generated, Locator, Prompt
from shield_ai.model.plan import Action, ValueState
from shield_ai.model.printable import printable
from shield_ai.model.skip import KEPT, SkipId
from shield_ai.project.runtime_names import copied_folder
from shield_ai.project.values import STDIN
from shield_ai.reports.deployment import deployment_lines
from shield_ai.reports.settings import settings_lines
from shield_ai.reports.terminal.color import paint
from shield_ai.reports.terminal.plurals import count
from shield_ai.reports.terminal.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.flow.verify.check import Check
    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.plan import Change, Origin, Plan
    from shield_ai.model.skip import Skipped

_PACKAGE_NOTE = 'runtime = "package" in shield.toml adds shield-ai-runtime instead'
_MISSING_NOTE = (
    "apply needs a value for each: use --env-file, set optional = true in"
    " shield.toml, or use --allow-missing"
)
_PLACEHOLDER_NOTE = "apply needs a real value for each, or --allow-placeholders"
_KEEP = re.compile(r"; keep the variables? .+ set for it$")
_NAME_WIDTH = 46
_SIGN_IN_KEY = "AWS_SECRET_ACCESS_KEY"
_MARKS = {
    Action.CREATE: "+",
    Action.RESTORE: "+",
    Action.UPDATE: "~",
    Action.REMOVE: "-",
    Action.KEEP: "=",
    Action.DRIFT: "!",
}
_KEPT_VALUES = {
    ValueState.DIFFERS: "keep (value differs)",
    ValueState.UNKNOWN: "keep (value may differ)",
}
_CHECK_COLORS = {
    Status.OK: "green",
    Status.FAILED: "red",
    Status.UNKNOWN: "yellow",
    Status.ABSENT: "dim",
}


def plan_text(plan: Plan, read: FileReader, *, fixed: int = 0) -> str:
    """Format a plan without its diffs.

    Args:
        plan: The plan.
        read: Returns the content of a file of the app, to find the lines of values in the code.
        fixed: How many findings its edits fix.
    """
    lines: list[str] = []
    lines += _section("code", _file_lines(plan.files))
    moved = (printable(f"  - {origin.field}") for origin in plan.dotenv)
    lines += _section("moved from the code to .env", moved)
    changes = (line for change in plan.changes for line in _change_lines(change, read))
    lines += _section(f"AWS account {plan.account}, {plan.region}", changes)
    lines += _section("where the variables are set", deployment_lines(plan.deployment))
    lines += _section("placeholder values", _names(plan.placeholders, _PLACEHOLDER_NOTE))
    lines += _section("no value in any source", _names(plan.missing, _MISSING_NOTE))
    skipped, warnings, defaults = _split_warnings(plan)
    lines += _section("defaults that stay in the code", _skipped_lines(defaults))
    lines += _section("skipped", _skipped_lines(skipped))
    title = "ignored: not secrets (reasons in shield plan --only code --json)"
    lines += _section(title, _harmless_lines(plan.harmless))
    title = "warning: the app can't start on these versions of Python after apply"
    lines += _section(title, _skipped_lines(warnings))
    lines += [_summary(plan, fixed), *_advice(plan)]
    return "\n".join(lines) + "\n"


def _section(title: str, body: Iterable[str]) -> list[str]:
    """Return the lines of a section, or nothing without a body."""
    lines = list(body)
    return [title, *lines, ""] if lines else []


def _split_warnings(plan: Plan) -> tuple[list[Skipped], list[Skipped], list[Skipped]]:
    """Separate the skipped items from the old versions of Python and from the defaults."""
    skipped = [skip for skip in plan.skipped if skip.id not in {SkipId.OLD_PYTHON, *KEPT}]
    warnings = [skip for skip in plan.skipped if skip.id is SkipId.OLD_PYTHON]
    return skipped, warnings, [skip for skip in plan.skipped if skip.id in KEPT]


def _names(names: Sequence[str], note: str) -> Iterator[str]:
    for name in names:
        yield printable(f"  ! {name}")
    if names:
        yield from _wrap(note)


def _skipped_lines(skips: Sequence[Skipped]) -> Iterator[str]:
    """Yield the skipped items; those with the same reason in one file have one entry."""
    for (path, cause, has_name), group in itertools.groupby(skips, key=_shared_part):
        entries = list(group)
        if len(entries) == 1:
            [skip] = entries
            yield printable(f"  {_place(skip)}  {skip.name}").rstrip()
            yield from _wrap(skip.reason)
        elif has_name:
            yield printable(f"  {path}")
            yield from _wrap(", ".join(map(_name_and_line, entries)))
            keeps = any(_KEEP.search(entry.reason) for entry in entries)
            yield from _wrap(f"{cause}; keep the variables set for it" if keeps else cause)
        else:
            yield from (printable(f"  {_place(entry)}") for entry in entries)
            yield from _wrap(cause)


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
        yield from _wrap(", ".join(map(_name_and_line, group)))


def _wrap(text: str) -> list[str]:
    return wrap(printable(text), " " * 6)


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
            yield f"  + {folder:<{_NAME_WIDTH}} {action}, {number}: copy of the runtime"
            if file.before is None:
                yield from _wrap(_PACKAGE_NOTE)


def _file_line(file: FileChange) -> str:
    if file.before is None:
        return f"  + {file.path:<{_NAME_WIDTH}} new"
    return f"  ~ {file.path:<{_NAME_WIDTH}} {count(len(file.edits), 'edit')}"


def _change_lines(change: Change, read: FileReader) -> Iterator[str]:
    is_secret = change.resource == "secret"
    name = change.name if is_secret else f"{change.resource} {change.name}"
    mark = _MARKS[change.action]
    line = f"  {mark} {shorten_name(name):<{_NAME_WIDTH}} {_describe_action(change)}"
    yield printable(line)
    if change.action not in {Action.KEEP, Action.DRIFT}:
        yield from _origin_lines(change.origins, read)
    if change.action is Action.KEEP or (is_secret and change.before is None):
        return
    for line in settings_lines(change.before, change.settings):
        yield f"      {line}"


def _describe_action(change: Change) -> str:
    if change.action is Action.DRIFT:
        return "manual change, kept"
    if change.action is Action.KEEP and change.value in _KEPT_VALUES:
        return _KEPT_VALUES[change.value]
    sources = sorted({_describe_source(origin.source) for origin in change.origins})
    if sources:
        return f"{change.action} from {', '.join(sources)}"
    return str(change.action)


def shorten_name(name: str) -> str:
    """Replace the middle of a long name with an ellipsis, to fit the column."""
    if len(name) <= _NAME_WIDTH:
        return name
    half = _NAME_WIDTH // 2
    return f"{name[: half - 1]}…{name[-half:]}"


def _origin_lines(origins: Sequence[Origin], read: FileReader) -> Iterator[str]:
    """Yield the variables, fields and lines that values are read from, for each source.

    shield.toml can name any variable of the user who runs the command, so the user must see it.
    """
    names: dict[str, list[str]] = {}
    for origin in origins:
        name = _describe_item(origin.source, read)
        if name:
            names.setdefault(_describe_source(origin.source), []).append(name)
    for source, group in sorted(names.items()):
        yield from _wrap(f"{source}: {', '.join(group)}")


def _describe_source(source: Locator) -> str:
    match source:
        case EnvVar():
            return "the environment"
        case Generated():
            return "a generated value"
        case Prompt():
            return "a prompt"
        case Copy():
            return f"{source.environment}/{source.secret}"
    return "standard input" if source.path == STDIN else source.path


def _describe_item(source: Locator, read: FileReader) -> str:
    match source:
        case Generated():
            return ""
        case Copy():
            return source.field
        case CodeLiteral():
            number = (read(source.path) or b"").count(b"\n", 0, source.start) + 1
            return f"line {number}"
    return source.variable


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
        noun = "secret" if change.resource == "secret" else "resource"
        actions[change.action, noun] += 1
    for (action, noun), number in sorted(actions.items()):
        if action not in {Action.KEEP, Action.DRIFT}:
            yield f"{count(number, noun)} to {action}"
    for (action, noun), number in sorted(actions.items()):
        if action is Action.DRIFT:
            yield f"{count(number, noun)} with manual changes"


def no_changes_text(plan: Plan) -> str:
    """Format a plan without changes: what to run for skipped items first, and their number."""
    text = "nothing to do: no changes"
    if plan.skipped:
        only = f" --only {plan.only}" if plan.only else ""
        text += f"; {count(len(plan.skipped), 'item')} skipped, shield plan{only} shows why"
    return "\n".join([*_advice(plan), text])


def _advice(plan: Plan) -> Iterator[str]:
    """Yield what the user must do, for skipped items before apply can process them."""
    for skip in plan.skipped:
        if skip.id is SkipId.RUNTIME_EDITED:
            way_out = "restore it with git checkout, or delete it"
            yield printable(f"{skip.path} was edited and is kept: {way_out}")
    origins = [origin for change in plan.changes for origin in change.origins]
    if any(getattr(origin.source, "variable", "") == _SIGN_IN_KEY for origin in origins):
        yield f"boto3 signs in with {_SIGN_IN_KEY}: give the app a role, or keep that variable set"
    kept = [change.name for change in plan.changes if _keeps_another_value(change)]
    if kept:
        yield (
            f"AWS has another value for {', '.join(map(printable, kept))}, which is kept:"
            " --conflict replace stores yours"
        )
    names = {skip.name for skip in plan.skipped if skip.id is SkipId.NOT_IN_MANIFEST}
    if names:
        verb = "is" if len(names) == 1 else "are"
        yield f"{count(len(names), 'secret')} {verb} not in shield.toml: run shield draft"
    yield from map(printable, plan.next_steps)


def _keeps_another_value(change: Change) -> bool:
    return change.value is ValueState.DIFFERS and not change.origins


def checks_text(checks: Sequence[Check], *, color: bool = False, width: int = 0) -> str:
    """Format checks, with the reason and a hint if they did not pass.

    Args:
        checks: The checks.
        color: Whether to color the text.
        width: Columns to wrap reasons and hints at; 0: don't wrap, so that each is one line.
    """
    lines: list[str] = []
    for check in checks:
        status = paint(f"{check.status:<8}", _CHECK_COLORS[check.status], color=color)
        lines.append(f"  {status} {printable(check.name)}")
        if check.detail:
            lines += _indent(check.detail, width)
        if check.hint:
            first, *others = _indent(f"hint: {check.hint}", width)
            hint = paint("hint:", "cyan", color=color)
            lines += [first.replace("hint:", hint, 1), *others]
    numbers = Counter(check.status for check in checks)
    made = len(checks) - numbers[Status.ABSENT]
    summary = f"{numbers[Status.OK]} of {count(made, 'check')} passed"
    lines += ["", paint(summary, "bold", color=color)]
    return "\n".join(lines) + "\n"


def _indent(text: str, width: int) -> list[str]:
    indent = " " * 11
    if not width:
        return [f"{indent}{printable(text)}"]
    return wrap(printable(text), indent, width=width)
