"""The pages of docs/ as a reader follows them: each in a folder and a shell of its own, block after block.

A fence's language says what is done with it; its words after that, what it needs::

    ```console                        each line after "$ " is typed, and its output compared with the lines below it;
                                      "..." stands for anything, in a line or as lines of its own
    $ shield scan    # exits with 1   a comment that says with what a command ends; otherwise it must be 0
    ```python                         run as a program; "#> text" lines are what it prints
    ```toml title="shield.toml"       written to that file, whatever the language
    ```console not-run="why"          not run; counted, and kept few
"""

from __future__ import annotations

import re
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PATIENCE = 60.0  # seconds for one command
ENDS = re.compile(r"# exits with (\d+)$")


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    text: str
    title: str
    not_run: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page that people write; those of reference/ are generated."""
    return [path for path in sorted(DOCS.rglob("*.md")) if path.parent.name != "reference"]


def blocks(page: Path) -> list[Block]:
    """The fences of a page, in order."""
    found = []
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type != "fence":
            continue
        words = dict(re.findall(r'([a-z-]+)="([^"]*)"', token.info))
        language = token.info.split(maxsplit=1)[0] if token.info else ""
        line = token.map[0] + 1
        name = str(page.relative_to(ROOT))
        found.append(
            Block(
                name,
                line,
                language,
                token.content,
                words.get("title", ""),
                words.get("not-run", ""),
            )
        )
    return found


def steps(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the output that it should have."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and not found[-1][1] and found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        else:
            found[-1][1].append(line)
    return found


def matches(expected: list[str], output: str) -> bool:
    """Whether an output is as the page shows it."""
    if not expected:
        return True
    lines = [r"(?:[^\n]*\n)*?" if line == "..." else _line(line) + "\n" for line in expected]
    said = "\n".join(line.rstrip() for line in output.strip("\n").splitlines()) + "\n"
    return re.fullmatch("".join(lines), said) is not None


def _line(line: str) -> str:
    return "[^\n]*".join(re.escape(part) for part in line.rstrip().split("..."))


class Shell:
    """A bash that is told one command after the other, as a person would."""

    MARK = "\x1e"

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave: an inner shell ends at the end of its input, too."""
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.stdout.close()
            self._process.wait()

    def run(self, command: str) -> tuple[str, int]:
        """Type a command; return what it says and with what it ends."""
        self._process.stdin.write(f"{command}\nprintf '{self.MARK}%s{self.MARK}' $?\n".encode())
        self._process.stdin.flush()
        said, end = b"", time.monotonic() + PATIENCE
        while said.count(self.MARK.encode()) < 2:
            ready, _, _ = select.select(
                [self._process.stdout], [], [], max(0, end - time.monotonic())
            )
            piece = self._process.stdout.read1() if ready else b""
            assert piece, f"{command!r} does not end, or ended the shell: {said.decode()}"
            said += piece
        output, code, _ = said.decode().split(self.MARK)
        return output, int(code)


def follow(page: Path, shell: Shell, folder: Path) -> None:
    """Do all that a page says."""
    for block in blocks(page):
        if block.not_run:
            continue
        if block.title:
            where = shell.run("pwd")[0].strip()
            path = Path(where) / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.language == "console":
            for command, expected in steps(block.text):
                _type(block, shell, command, expected)
        elif block.language == "python":
            program = folder / "block.py"
            program.write_text(block.text, "utf-8")
            says = [
                line.removeprefix("#>").removeprefix(" ")
                for line in block.text.splitlines()
                if line[:2] == "#>"
            ]
            _type(block, shell, f"PYTHONPATH=.:$PYTHONPATH {sys.executable} {program}", says)


def _type(block: Block, shell: Shell, command: str, expected: list[str]) -> None:
    output, code = shell.run(command)
    ends = ENDS.search(command)
    end = "\n".join(output.splitlines()[-30:])
    assert code == int(ends[1] if ends else 0), f"{block}: {command!r} ends with {code}:\n{end}"
    assert matches(expected, output), f"{block}: {command!r} says:\n{end}\nand not:\n" + "\n".join(
        expected
    )
