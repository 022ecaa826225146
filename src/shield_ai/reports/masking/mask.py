"""Hide possible secret values in the app's own text.

In Python files, long numbers, the contents of strings, and words of comments that may be values are
hidden. Names are shown, and so are strings that can't be secrets because of their places (see
`value_places`). In .env files, everything except variable names is hidden. In YAML and JSON files,
everything is hidden except the names to keep at the start of lines and references to variables of
GitHub, and in files with the dependencies of a project, everything except requirements. In files
such as .dockerignore, the patterns that consist of words are shown. In other files, everything is
hidden.
Each hidden byte becomes a NUL, so that offsets stay valid. `show` replaces each run of NULs with
one mark.
"""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.hidden import MASK
from shield_ai.model.printable import printable
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.project.secret_map import SecretMap, parse_map
from shield_ai.reports.masking.comments import hidden_spans, leads_to_value
from shield_ai.reports.masking.dependency_files import DEPENDENCY_FILE, harmless_lines
from shield_ai.reports.masking.harmless_values import CONSTANTS
from shield_ai.reports.masking.ignore_files import IGNORE_FILE, harmless_patterns
from shield_ai.reports.masking.offsets import Offsets
from shield_ai.reports.masking.value_places import (
    PLAIN_VARIABLE,
    docstring_spans,
    harmless_spans,
    is_env_function,
)
from shield_ai.scan.text.randomness import is_random

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    Span = tuple[int, int]

NAME = regex(r"[A-Za-z][A-Za-z_-]{0,39}")
# The name of a secret, perhaps with a field: `email-url`, `database:password`.
SECRET_NAME = regex(r"[a-z]{1,20}\d?(?:[-/][a-z]{1,20}\d?){0,6}(?::[a-z_]{1,30})?")
VARIABLE = regex(r"[A-Z_][A-Z0-9_]{0,59}")
READERS = frozenset({"getenv", "env", "config", "get_secret", "has_secret"})
SECRET_READERS = ("get_secret", "has_secret")
MAPPINGS = frozenset({"environ", "env"})
LITERAL = regex(r"""(?s)[A-Za-z]{0,2}('''|\"\"\"|'|")(.*)\1""")
# An expression in an f-string that shows names only: a variable, an attribute, or a read of an
# environment variable or a secret.
EXPRESSION = regex(
    r"""(?<!\{)\{(?:[A-Za-z_]\w{0,59}(?:\.[A-Za-z_]\w{0,59}){0,4}"""
    r"""|(?:os\.)?(?:environ\[|environ\.get\(|getenv\()(['"])[A-Z_][A-Z0-9_]{0,59}\1[])]"""
    r"""|get_secret\((['"])[a-z]{1,20}\d?(?:[-/][a-z]{1,20}\d?){0,6}(?::[a-z_]{1,30})?\2\))"""
    r"""\}(?!\})"""
)
FSTRING = regex(r"(?i)f|rf|fr")
PARAGRAPH = regex(r"(?s)\S.*?(?=\n[ \t]*\r?\n|\Z)")
LONG_NUMBER = regex(r"(?:[0-9a-fA-FxX]_?){5,}")
ASSIGNMENT = regex(rb"[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]{0,59}[ \t]*[=:][ \t]*")
DOTENV = regex(r"(?:^|/)(?:\.env[^/]*|[^/]*\.env)$")
CONFIG = regex(r"\.(?:ya?ml|json)$")
# A variable in a line such as `NAME: value`, `- NAME=value` or `- name: NAME`.
ENTRY = regex(
    rb"(?m)^[ \t]{0,200}(?:-[ \t]{1,9})?(?:\{[ \t]{0,9})?(?:\"?name\"?:[ \t]{0,9})?[\"']?"
    rb"(?P<name>[A-Za-z_][A-Za-z0-9_]{0,99})\b[\"']?(?:[:=][ \t]{0,9})?"
)
# A variable or a secret of GitHub, by its name: `${{ secrets.NAME }}`.
REFERENCE = regex(rb"\$\{\{[ ]{0,9}(?:env|secrets|vars)\.[A-Za-z_][A-Za-z0-9_]{0,99}[ ]{0,9}\}\}")
MAX_LINE = 1000  # bytes of Python code that is a single line; a longer one is hidden completely
LAYOUT_TOKENS = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
# Since Python 3.12, an f-string is several tokens: its text and its expressions.
FSTRING_START = getattr(tokenize, "FSTRING_START", -1)
FSTRING_MIDDLE = getattr(tokenize, "FSTRING_MIDDLE", -1)


def mask(path: str, raw: bytes, keep: Collection[str] = ()) -> bytes:
    """Replace each byte that may belong to a value with a NUL; newlines are kept.

    Args:
        path: The file's path; its name decides how values are recognized.
        raw: The whole content.
        keep: Names that are not values, such as variables and settings.
    """
    if path.endswith(".py"):
        return _mask_python(path, raw, keep)
    if DOTENV.search(path):
        return _hide(raw, _assigned_values(raw))
    hidden = _hide(raw, [(0, len(raw))])
    if DEPENDENCY_FILE.search(path):
        return _with_lines(hidden, raw, harmless_lines(raw))
    if IGNORE_FILE.search(path):
        return _with_lines(hidden, raw, harmless_patterns(raw))
    return _with_names(hidden, raw, keep) if keep and CONFIG.search(path) else hidden


def _with_lines(hidden: bytes, raw: bytes, lines: Iterable[Span]) -> bytes:
    """Show the lines of a hidden file that can't contain a secret."""
    out = bytearray(hidden)
    for start, end in lines:
        out[start:end] = raw[start:end]
    return bytes(out)


def _with_names(hidden: bytes, raw: bytes, keep: Collection[str]) -> bytes:
    """Show the names at the start of lines, and in references, in a hidden YAML or JSON file."""
    out = bytearray(hidden)
    for match in REFERENCE.finditer(raw):
        out[match.start() : match.end()] = match[0]
    for match in ENTRY.finditer(raw):
        if match["name"].decode() in keep:
            out[match.start() : match.end()] = match[0]
    return bytes(out)


def _mask_python(path: str, raw: bytes, keep: Collection[str]) -> bytes:
    is_one_line = len(raw.splitlines()) == 1
    if is_one_line and len(raw) > MAX_LINE:  # Python 3.11's tokenizer takes quadratic time
        return _hide(raw, [(0, len(raw))])
    try:
        source = Source.from_bytes(path, raw)
        # Tokens can only be trusted if the file parses: .tree raises SourceError otherwise.
        is_excerpt = is_one_line and not _is_valid(source)
        harmless = set() if is_excerpt else harmless_spans(source)
        docstrings = set() if is_excerpt else docstring_spans(source)
        keep = {*keep, *_map_names(raw)}
        values = _python_values(source, keep, harmless, docstrings, is_excerpt=is_excerpt)
        return _hide(raw, values)
    except (SourceError, tokenize.TokenError, SyntaxError, IndexError):
        return _hide(raw, _assigned_values(raw) if is_one_line else [(0, len(raw))])


def _map_names(raw: bytes) -> set[str]:
    """Return the names of secrets and variables in a map file; none for other files."""
    found = parse_map(raw) or SecretMap()
    names = {*filter(SECRET_NAME.fullmatch, (*found.secrets, *found.optional))}
    names.update(filter(VARIABLE.fullmatch, found.variables()))
    return {name for name in names if not is_random(name)}


def _is_valid(source: Source) -> bool:
    try:
        source.tree  # noqa: B018
    except SourceError:
        return False
    return True


def show(masked: bytes, encoding: str = "utf-8") -> str:
    """Convert masked bytes to text that is safe to print and does not reveal value lengths."""
    return printable(re.sub("\0+", MASK, masked.decode(encoding, "replace")))


def _hide(raw: bytes, spans: Iterable[Span]) -> bytes:
    out = bytearray(raw)
    for start, end in spans:
        out[start:end] = re.sub(rb"[^\r\n]", b"\0", raw[start:end])
    return bytes(out)


def _assigned_values(raw: bytes) -> Iterator[Span]:
    """Yield the spans of everything except the names that are assigned at the start of lines."""
    offset = 0
    open_quote = b""  # of a value that continues on the next line
    for line in raw.splitlines(keepends=True):
        match = None if open_quote else ASSIGNMENT.match(line)
        value = line[match.end() :] if match else line
        end = offset + len(line)
        yield end - len(value), end
        quote = value[:1]
        if open_quote:
            if open_quote in value:
                open_quote = b""
        elif match and quote in (b"'", b'"') and value.count(quote) == 1:
            open_quote = quote
        offset = end


def _python_values(
    source: Source,
    keep: Collection[str],
    harmless: Collection[Span],
    docstrings: Collection[Span],
    *,
    is_excerpt: bool,
) -> Iterator[Span]:
    readline = io.StringIO(source.text, newline="").readline
    tokens = [
        token for token in tokenize.generate_tokens(readline) if token.type not in LAYOUT_TOKENS
    ]
    code = [""] * 4  # the preceding tokens, without comments
    offsets = Offsets(source)
    hidden_line = 0  # the last line with a value
    for token, following in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        _require_certain_token(token, is_excerpt=is_excerpt)
        if token.type == tokenize.COMMENT:
            follows_value = hidden_line == token.start[0]  # it may repeat the value
            spans = [(1, len(token.string))] if follows_value else [*hidden_spans(token.string)]
        else:
            span = _value_in_token(token, code[-4:], following.string, keep)
            spans = [span] if span else []
            if span and not is_excerpt and FSTRING.match(token.string):
                spans = [*_between_expressions(token.string, *span)]
            code.append(token.string)
        first = offsets.find(token.start) if spans else 0
        if token.type != tokenize.COMMENT and spans:
            whole = (first, first + len(token.string.encode(source.encoding)))
            if whole in harmless:
                continue
            if whole in docstrings:
                spans = [*_hidden_in_docstring(token.string)]
            hidden_line = token.end[0]
        for start, end in spans:
            before_start = token.string[:start].encode(source.encoding)
            before_end = token.string[:end].encode(source.encoding)
            yield first + len(before_start), first + len(before_end)


def _require_certain_token(token: tokenize.TokenInfo, *, is_excerpt: bool) -> None:
    """Require that it is certain which of the following tokens are values.

    Raises:
        SyntaxError: It is not.
    """
    if token.type == tokenize.ERRORTOKEN and token.string.strip():
        raise SyntaxError  # an open quote: what follows may be its content
    if token.type == FSTRING_START and is_excerpt:
        raise SyntaxError  # what looks like an expression may be a value with braces


def _hidden_in_docstring(text: str) -> Iterator[Span]:
    """Yield the spans to hide in a docstring: those that a comment would hide, by paragraph."""
    match = LITERAL.fullmatch(text)
    if match is None:
        yield 0, len(text)
        return
    follows_lead = False
    for paragraph in PARAGRAPH.finditer(text, *match.span(2)):
        shift = paragraph.start() - 1
        if follows_lead:
            yield paragraph.span()
        else:
            for start, end in hidden_spans(f"#{paragraph[0]}"):
                yield start + shift, end + shift
        follows_lead = leads_to_value(paragraph[0])


def _between_expressions(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the spans to hide in an f-string that is one token, as before Python 3.12."""
    for match in EXPRESSION.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    yield start, end


def _value_in_token(
    token: tokenize.TokenInfo, before: list[str], after: str, keep: Collection[str]
) -> Span | None:
    """Return the span of characters to hide in a token."""
    text = token.string
    if token.type == tokenize.STRING:
        match = LITERAL.fullmatch(text)
        if match is None:
            return 0, len(text)
        content = match[2]
        is_known = not content or content in CONSTANTS or content in keep
        if is_known or _is_name(content, before, after):
            return None
        return match.span(2)
    if token.type == FSTRING_MIDDLE:
        return 0, len(text)
    if token.type == tokenize.NUMBER and LONG_NUMBER.fullmatch(text):
        return 0, len(text)
    return None


def _is_name(text: str, before: list[str], after: str) -> bool:
    """Return whether a string is a variable that is read or a dictionary key.

    Args:
        text: The content of the string.
        before: The four tokens before it.
        after: The token after it.
    """
    near, last = before[2:]
    if _is_env_read(before) and VARIABLE.fullmatch(text):
        return True
    if last == "(" and (near == "get" or is_env_function(near)) and PLAIN_VARIABLE.fullmatch(text):
        return True
    if last == "(" and near.endswith(SECRET_READERS) and SECRET_NAME.fullmatch(text):
        return True
    if after == ":":
        is_key = last in ("{", ",")
    else:
        is_key = after == "]" and last == "[" and _can_be_subscripted(near)
    return is_key and NAME.fullmatch(text) is not None


def _is_env_read(before: list[str]) -> bool:
    """Return whether tokens start a read, such as `os.environ[`, `environ.get(` or `getenv(`."""
    owner, dot, near, last = before
    if last == "[":
        return near in MAPPINGS
    if last == "(":
        return near in READERS or (dot == "." and owner in MAPPINGS)
    return False


def _can_be_subscripted(token: str) -> bool:
    """Return whether a bracket after a token is a subscript, not the start of a list."""
    return token in (")", "]") or (token.isidentifier() and not keyword.iskeyword(token))
