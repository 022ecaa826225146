"""Measure sizes, parameters, imports, complexity, suppressions and density of the source code.

    python bench/figures.py [--check] [--long] [FOLDER]...

The default FOLDER is src. `--long` lists the largest modules, the longest functions, all complex
functions and the modules with many imports of ours. `--check` exits with 1 if a figure exceeds its
target. Complexity is measured with radon, which counts boolean operators and conditional
expressions. The length of a function does not include its docstring.
"""

from __future__ import annotations

import argparse
import ast
import io
import statistics
import sys
import tokenize
from pathlib import Path
from typing import NamedTuple

from radon.complexity import cc_visit
from radon.visitors import Function

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
NOT_CODE = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)
MOST_COMPLEX = 10
MOST_PARAMETERS = 6
MOST_IMPORTS = 15  # of other modules of ours


class Code(NamedTuple):
    """One module."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


class Functions(NamedTuple):
    """The length, the number of parameters and the complexity of each function."""

    lengths: list[tuple[int, str]]
    parameters: list[tuple[int, str]]
    complexity: list[tuple[int, str]]


def read(folders: list[Path]) -> list[Code]:
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    texts = [(path, path.read_text(encoding="utf-8")) for path in paths]
    return [Code(path, text, ast.parse(text)) for path, text in texts]


def functions(modules: list[Code]) -> Functions:
    found = Functions([], [], [])
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                place = f"{module.path}:{node.lineno} {node.name}"
                found.lengths.append((length(node), place))
                found.parameters.append((parameters(node), place))
        for block in cc_visit(module.text):
            if isinstance(block, Function):
                place = f"{module.path}:{block.lineno} {block.name}"
                found.complexity.append((block.complexity, place))
    return found


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([argument for argument in taken if argument.arg not in {"self", "cls"}])


def imports(modules: list[Code], folders: list[Path]) -> list[tuple[int, str]]:
    """Return how many other modules each module imports, also inside functions."""
    names: dict[str, Code] = {}
    for module in modules:
        folder = next(folder for folder in folders if module.path.is_relative_to(folder))
        parts = module.path.relative_to(folder).with_suffix("").parts
        names[".".join(parts).removesuffix(".__init__")] = module
    found = []
    for name, module in names.items():
        package = name.split(".")
        if module.path.stem != "__init__":
            package.pop()
        imported: set[str] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                start = ".".join([*base, *filter(None, [node.module])])
                for alias in node.names:
                    submodule = f"{start}.{alias.name}"
                    imported.add(submodule if submodule in names else start)
        found.append((len((imported & names.keys()) - {name}), str(module.path)))
    return found


def spread(values: list[int]) -> str:
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return f"{statistics.median(values):.0f} / {tenths[8]:.0f} / {max(values)}"


def density(modules: list[Code]) -> dict[str, float]:
    tokens = lines = comprehensions = conditionals = long_lines = total = 0
    for module in modules:
        rows = set()
        for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
            if token.type not in NOT_CODE:
                tokens += 1
                rows.add(token.start[0])
        lines += len(rows)
        nodes = list(ast.walk(module.tree))
        comprehensions += sum(isinstance(node, COMPREHENSIONS) for node in nodes)
        conditionals += sum(isinstance(node, ast.IfExp) for node in nodes)
        long_lines += sum(len(line) > 88 for line in module.lines)
        total += len(module.lines)
    return {
        "tokens per line of code": tokens / lines,
        "comprehensions per 100 lines": 100 * comprehensions / lines,
        "conditional expressions per 100 lines": 100 * conditionals / lines,
        "lines over 88 columns, %": 100 * long_lines / total,
    }


def comments(modules: list[Code], directive: str) -> int:
    count = 0
    for module in modules:
        for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
            count += token.type == tokenize.COMMENT and directive in token.string
    return count


class Figures(NamedTuple):
    """The figures that have targets."""

    largest_module: int
    functions_with_many_parameters: int
    modules_with_many_imports: int
    complex_share: float  # in percent
    noqa: int
    type_ignore: int

    def over_target(self) -> bool:
        return (
            self.largest_module > 400
            or self.functions_with_many_parameters > 5
            or self.modules_with_many_imports > 0
            or self.complex_share > 3
            or self.noqa > 60
            or self.type_ignore > 15
        )


def report(folders: list[Path], *, list_largest: bool) -> Figures:
    """Print all figures and return those that have targets."""
    modules = read(folders)
    found = functions(modules)
    sizes = [len(module.lines) for module in modules if module.text.strip()]
    many_parameters = over(MOST_PARAMETERS, found.parameters)
    many_imports = over(MOST_IMPORTS, imports(modules, folders))
    complex_functions = over(MOST_COMPLEX, found.complexity)
    figures = Figures(
        largest_module=max(sizes),
        functions_with_many_parameters=len(many_parameters),
        modules_with_many_imports=len(many_imports),
        complex_share=100 * len(complex_functions) / len(found.complexity),
        noqa=comments(modules, "noqa"),
        type_ignore=comments(modules, "type: ignore"),
    )
    print(f"modules, lines: median / p90 / max     {spread(sizes)}  ({len(sizes)} modules)")
    print(f"functions, lines: median / p90 / max   {spread([n for n, _ in found.lengths])}")
    print(f"functions with more than 6 parameters  {figures.functions_with_many_parameters}")
    print(f"modules with more than 15 imports      {figures.modules_with_many_imports}")
    print(f"cyclomatic complexity over 10          {figures.complex_share:.1f} %")
    print(f"noqa + type: ignore                    {figures.noqa} + {figures.type_ignore}")
    for name, figure in density(modules).items():
        print(f"{name:38} {figure:.1f}")
    if list_largest:
        largest = sorted((len(module.lines), str(module.path)) for module in modules)
        print_places(largest)
        print_places(sorted(found.lengths))
        print_places(complex_functions)
        print_places(many_parameters)
        print_places(many_imports)
    return figures


def over(limit: int, places: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return sorted(place for place in places if place[0] > limit)


def print_places(places: list[tuple[int, str]]) -> None:
    for number, place in places[-40:]:
        print(f"{number:5} {place}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("src")])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    figures = report(options.folders, list_largest=options.long)
    return int(options.check and figures.over_target())


if __name__ == "__main__":
    sys.exit(main())
