"""Format what apply and rollback did, 80 columns wide, and what is left to do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.model.plan import StepKind
from shield_ai.model.plurals import count
from shield_ai.model.printable import printable
from shield_ai.model.skip import SkipId
from shield_ai.reports.plan import steps_after_apply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.plan import Comparison, Plan, Receipt

MAX_NAMES = 10  # of variables with invented values

_RECEIPT_NOUNS = {
    StepKind.FILE: "file",
    StepKind.SECRET: "secret",
    StepKind.RESOURCE: "resource",
}


def receipts_text(receipts: Sequence[Receipt]) -> str:
    """Summarize completed steps."""
    numbers = Counter((receipt.step, _outcome(receipt)) for receipt in receipts)
    parts = [
        f"{count(number, _RECEIPT_NOUNS[step])} {detail}"
        for (step, detail), number in numbers.items()
    ]
    return f"done: {', '.join(parts)}"


def _outcome(receipt: Receipt) -> str:
    """Return what was done: "edited, restricted to its owner" is an edited file, too."""
    if receipt.step is StepKind.FILE:
        return receipt.detail.partition(", ")[0]
    return receipt.detail


def remaining_steps(plan: Plan) -> str:
    """Format what an apply leaves to do: the steps of the plan, lock files and literals."""
    lines = steps_after_apply(plan)
    kept = [skip.name for skip in plan.skipped if skip.id is SkipId.KEPT_LITERAL]
    if kept:
        names = ", ".join(dict.fromkeys(kept))
        lines.append(
            f"`shield apply --remove-literals` moves {names} from the code to .env,"
            " if the app loads that file"
        )
    moved = ", ".join(dict.fromkeys(origin.field for origin in plan.dotenv))
    if moved:
        lines.append(f"CI and clones without this .env: set {moved}, which the code no longer has")
    return "\n".join(printable(f"next: {line}") for line in lines)


def comparison_text(comparison: Comparison) -> str:
    """Summarize the comparison of the settings before and after an apply."""
    modules, problems = comparison.modules, comparison.problems
    if not modules:
        return "not compared: the settings were not loaded"
    good = len(modules) - len(problems)
    total = count(len(modules), "settings module")
    verb = "has" if good == 1 else "have"
    lines = [printable(f"not compared: {problem}") for problem in problems]
    if good:
        proved = f"proved: {good} of {total} {verb} the same values as before, AWS off and on"
        lines.insert(0, proved)
    if comparison.sample_modules:
        lines.append(printable(_sample_text(comparison)))
    if problems:
        lines.append(comparison_advice(comparison))
    if comparison.python_without_boto3:
        lines.append(
            printable(
                f"boto3 is not installed for {comparison.python_without_boto3}: install the app's"
                " requirements before you turn AWS on"
            )
        )
    return "\n".join(lines)


def _sample_text(comparison: Comparison) -> str:
    """Name the modules that were compared with invented values, and their variables."""
    number = len(comparison.sample_variables)
    verb = "has" if number == 1 else "have"
    return (
        f"compared with invented values: {', '.join(comparison.sample_modules)}, because"
        f" {count(number, 'variable')} {verb} no value here: {_sample_names(comparison)};"
        " to compare with real values, set them in the file of --env-file"
    )


def _sample_names(comparison: Comparison) -> str:
    names = list(comparison.sample_variables[:MAX_NAMES])
    if len(comparison.sample_variables) > MAX_NAMES:
        names.append("…")
    return ", ".join(names)


def comparison_advice(comparison: Comparison) -> str:
    """Return what to do so that the modules can be compared."""
    steps = []
    if comparison.lacks_requirements:
        steps.append("install the app's requirements or choose its Python with --python")
    if comparison.lacks_project:
        steps.append("install the app itself (pip install --no-deps --editable .)")
    if comparison.lacks_permission:
        steps.append(
            "let the settings load without running a program, writing a file or using the network"
        )
    if comparison.lacks_variables:
        steps.append(
            "set the variables that the settings lack, those of secrets and of access to AWS with"
            " --env-file"
        )
    if not steps and comparison.sample_variables:
        names = _sample_names(comparison)
        steps.append(f"give real values for {names} with --env-file")
    if not steps:
        steps.append("make the settings load here")
    return printable(
        f"to compare: undo this apply with shield rollback, {', '.join(steps)}, and apply again;"
        " to see a complete error, import the settings module with the app's Python"
    )
