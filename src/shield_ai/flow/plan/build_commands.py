"""Name the commands of image builds that need a secret which the code no longer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.line_formats import dockerfile_settings, run_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.plan import Origin
    from shield_ai.project.docker_copies import Dockerfile

# makemessages and compilemessages do not load the settings of an app.
COMMAND = regex(rb"\b(?:manage\.py|django-admin)\s+(?!make|compilemessages)(?P<name>[a-z]\w{0,40})")
STEP = (
    "{path}:{line}: `{command}` runs while the image is built, and the code no longer has {names}:"
    " set a temporary value in the command, as in `RUN {first}=build python manage.py …`"
)


def build_command_steps(
    moved: Iterable[Origin], dockerfiles: Iterable[Dockerfile]
) -> Iterator[str]:
    """Yield a line for each command of a Dockerfile that lacks variables of moved literals.

    Args:
        moved: The literals that the plan moves to .env, which images do not contain.
        dockerfiles: The app's Dockerfiles.
    """
    names = list(dict.fromkeys(origin.field for origin in moved))
    for dockerfile in dockerfiles if names else ():
        raw = dockerfile.text.encode("utf-8", "replace")
        have = {setting.variable for setting in dockerfile_settings(raw, frozenset(names))}
        missing = [name for name in names if name not in have]
        for start, end in run_spans(raw) if missing else ():
            match = COMMAND.search(raw, start, end)
            if match:
                yield STEP.format(
                    path=dockerfile.path,
                    line=raw.count(b"\n", 0, match.start()) + 1,
                    command=match["name"].decode(),
                    names=", ".join(missing),
                    first=missing[0],
                )
