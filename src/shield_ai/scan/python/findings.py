"""Turn what was seen into findings: judged, worded, numbered."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.credential_pairs import pairs
from shield_ai.model.finding import Confidence, Finding, Severity, Shape, Site, fingerprint
from shield_ai.model.naming import (
    Meaning,
    database_field,
    is_secret,
    meaning,
    variable_of,
)
from shield_ai.project.layout import is_test_settings
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.cross_file import READING
from shield_ai.scan.python.importable import unimportable
from shield_ai.scan.python.literals import literal_text
from shield_ai.scan.rules.pattern import rules

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.project.layout import Facts
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.candidates import Candidate

RULES = {
    Shape.READ: "CSEC34.environ-read",
    Shape.LITERAL: "CSEC34.literal",
    Shape.PRESENCE: "CSEC34.presence",
    Shape.FIELD: "CSEC34.environ-read",
    Shape.OTHER: "CSEC34.environ-read",
}
# A URL with credentials for another machine; those for this one protect nothing.
REMOTE = regex(r"://[^/\s\"']*@(?!localhost\b|127\.|\[::1\])")
# What boto3 signs with by itself, with a prefix or without.
SIGNING = regex(r"(?:.+_)?AWS_(?:\w+_)?(?:ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SECRET_KEY)")
ROLE = "; where the app runs in AWS, a role serves instead, and the app needs one anyway to read its secrets"
FEW = 3  # names in a message
OUTSIDE = "a literal outside the settings: move it there first"
TESTING = "a value for the tests"


def findings_of(
    source: Source, spots: list[Candidate], facts: Facts, known: set[str]
) -> list[Finding]:
    """Judge what was seen in one file; a harmless read may be a part of a secret, so it comes along."""
    found = []
    in_settings = source.path in facts.settings
    reason = unimportable(source, facts, known)
    names = Counter(
        (spot.scope, literal_variable(spot)) for spot in spots if spot.shape is Shape.LITERAL
    )
    reads = [
        spot
        for spot in spots
        if spot.shape is Shape.READ and spot.direct and spot.path and spot.wanted()
    ]
    read = {(spot.scope, spot.path): spot.variable for spot in reads}
    for spot in spots:
        if not in_settings and is_label(spot):
            continue
        if spot.shape is Shape.LITERAL and names[spot.scope, literal_variable(spot)] > 1:
            spot.reason = spot.reason or "several values stand under this name"
        if spot.shape is Shape.LITERAL and (other := read.get((spot.scope, spot.path))):
            spot.reason = (
                spot.reason
                or f"a value for development: {spot.path[-1]} is read from {other} elsewhere"
            )
        spot.reason = spot.reason or reason
        found.append(_finding(source, spot, in_settings=in_settings))
    return found


def is_label(spot: Candidate) -> bool:
    """Tell whether a literal outside the settings is more likely a label or a sentence than a secret."""
    return spot.shape is Shape.LITERAL and not _random(literal_text(spot.node) or "")


def _random(text: str) -> bool:
    """Whether a text outside the settings looks made up by a machine, and not like a label or a sentence."""
    classes = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return "://" in text or (len(text) >= 12 and not re.search(r"\s", text) and classes >= 2)


def _finding(source: Source, spot: Candidate, *, in_settings: bool) -> Finding:
    # of a field, which the variable wins over
    empty = isinstance(spot.node, ast.Constant) and not spot.node.value
    rule = rules()[RULES[Shape.READ if empty else spot.shape]]
    span = spot.span or source.span(spot.node)
    line, column = source.position(span[0])
    end_line, end_column = source.position(span[1])
    variable = spot.variable or " or ".join(spot.variables)
    name = spot.target if spot.target.strip(".?") else variable
    secret = spot.shape not in {Shape.READ, Shape.PRESENCE} or spot.wanted()
    finding = Finding(
        rule=rule.id,
        path=source.path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=rule.severity if secret else Severity.LOW,
        confidence=Confidence.HIGH if in_settings and secret else Confidence.MEDIUM,
        message=rule.text(_few(name), _few(variable or name))
        + (ROLE if SIGNING.fullmatch(variable or name) else ""),
        name=name,
        env=variable or None,
        site=_site(source, spot, span, in_settings=in_settings),
    )
    said = finding.message + name + variable
    return finding if said.isascii() else _writable(finding)


def _writable(finding: Finding) -> Finding:
    """Have half a surrogate pair in a name as its escape: no file and no terminal takes it, and no variable has it."""
    try:
        (finding.message + finding.name + (finding.env or "")).encode()
    except UnicodeEncodeError:
        names = (finding.message, finding.name, finding.env or "")
        message, name, env = (text.encode("utf-8", "backslashreplace").decode() for text in names)
        return msgspec.structs.replace(
            finding, message=message, name=name, env=env or None, site=None
        )
    return finding


def _few(names: str) -> str:
    """Shorten a list of names for a message."""
    parts = names.split(" or ")
    return (
        names
        if len(parts) <= FEW
        else f"{', '.join(parts[: FEW - 1])} or one of {len(parts) - FEW + 1} others"
    )


def _site(source: Source, spot: Candidate, span: tuple[int, int], *, in_settings: bool) -> Site:
    reason = spot.reason
    if spot.shape is Shape.LITERAL and not in_settings:
        reason = reason or (TESTING if is_test_settings(source.path) else OUTSIDE)
    default = spot.default
    constant = _nonempty(default)
    place = source.span(default) if default is not None and constant else (0, 0)
    default_ok_in_production = (
        spot.shape is Shape.READ and spot.optional and (spot.follows or _spare(source, spot))
    )
    return Site(
        start=span[0],
        end=span[1],
        shape=Shape.FALLBACK
        if spot.shape is Shape.LITERAL and not literal_text(spot.node)
        else spot.shape,
        reader=spot.label,
        optional=spot.optional,
        default_literal=constant
        or (spot.shape is Shape.READ and not default_ok_in_production and _is_made_up(default)),
        default_ok_in_production=default_ok_in_production,
        default_start=place[0],
        default_end=place[1],
        variable=spot.variable or (literal_variable(spot) if spot.shape is Shape.LITERAL else ""),
        group=spot.group,
        field=spot.field,
        binds=spot.binds,
        quote=spot.quote,
        negated=spot.negated,
        alternatives=spot.variables,
        others=spot.others,
        name_expr=spot.name_expr,
        reason=reason,
    )


def _spare(source: Source, spot: Candidate) -> bool:
    """Tell whether the default of a read can serve in production: a part of a database, a URL without credentials."""
    if isinstance(spot.default, ast.Constant) and not spot.default.value:
        return False  # empty anyway
    text = literal_text(spot.default) if spot.default is not None else ""
    if spot.default is None or text in {"", "{}", "[]"}:
        return bool(text)  # an empty JSON document holds no secret
    family = database_field(spot.variable)
    if not spot.wanted() or (spot.field or (family[1] if family else "")) not in {"", "password"}:
        return True
    return meaning(spot.variable) is Meaning.URL and not REMOTE.search(source.segment(spot.default))


def _is_made_up(default: ast.expr | None) -> bool:
    """Whether a default is no text and not empty: a random key, a name, what a file says, a number."""
    if isinstance(default, (ast.List, ast.Tuple, ast.Set)):
        return bool(default.elts)
    if isinstance(default, ast.Constant):
        return (
            bool(default.value)
            and isinstance(default.value, (int, float))
            and default.value is not True
        )
    return not isinstance(default, (ast.Dict, type(None)))


def _nonempty(node: ast.expr | None) -> bool:
    return node is not None and bool(literal_text(node))


def literal_variable(spot: Candidate) -> str:
    """Name the variable that would hold a literal: the setting's name, with the keys down to it."""
    names = [part for part in spot.path if not part.isdigit() and part != "?"]
    if spot.group:
        prefix = (
            "" if spot.group in {"default", "DATABASE", "DATABASES", "DB"} else f"{spot.group}_"
        )
        return variable_of(f"{prefix}DATABASE_{spot.path[-1]}".lstrip("_"))
    return variable_of("_".join(name.strip("_") for name in names))


def join(
    findings: list[Finding], named: Collection[str] = (), computed: Collection[str] = ()
) -> list[Finding]:
    """Keep what is harmless only where it goes into one secret with something that is read by the same scan.

    Args:
        findings: Of the whole app.
        named: Variables that shield.toml names: each is kept, whatever it is called.
        computed: Variables that may be read under a computed name.
    """
    sites = [(f, f.site) for f in findings if f.site and f.site.shape in {*READING, Shape.PRESENCE}]
    parts, halves = _parts(sites), _halves(sites, named, computed)
    kept = []
    for finding in findings:
        site = finding.site
        if not site or not _is_harmless(finding, site):
            kept.append(finding)
        elif site.variable in named:
            kept.append(_as_part(finding, site, "belongs to a secret in shield.toml"))
        elif site.variable in parts:
            said = "goes into the same secret as the password of its database"
            kept.append(_as_part(finding, site, said, site.field or parts[site.variable]))
        elif site.variable in halves:
            kept.append(
                _as_part(finding, site, f"goes into the same secret as {halves[site.variable]}")
            )
    return kept


def _is_harmless(finding: Finding, site: Site) -> bool:
    """Tell a read of no secret, and a question for one."""
    if site.shape is Shape.PRESENCE:
        return not (site.alternatives or is_secret(site.variable))
    return site.shape is Shape.READ and finding.severity is Severity.LOW


def _parts(sites: list[tuple[Finding, Site]]) -> dict[str, str]:
    """Map each variable of a database to its field; every read of such a variable goes along."""
    reads = [
        (finding, site) for finding, site in sites if site.shape is Shape.READ and not site.reason
    ]
    families = {
        family[0]
        for _, site in reads
        if (family := database_field(site.variable)) and family[1] == "password"
    }
    dicts = {(finding.path, site.group) for finding, site in reads if site.field == "password"}
    parts: dict[str, str] = {}
    for finding, site in reads:
        family = database_field(site.variable)
        if site.field and (finding.path, site.group) in dicts:
            parts[site.variable] = site.field
        elif family and family[0] in families:
            parts.setdefault(site.variable, family[1])
    return parts


def _halves(
    sites: list[tuple[Finding, Site]], named: Collection[str], computed: Collection[str]
) -> dict[str, str]:
    """Map each identifier to the secret that it belongs to, where nothing keeps the identifier where it is.

    Where shield.toml names the secret alone, it stays alone.
    """
    held = {
        v
        for _, site in sites
        if site.reason or site.alternatives
        for v in (*site.variables, *site.others)
    }
    alone = {variable for _, site in sites for variable in site.alternatives}
    alone |= {site.variable for finding, site in sites if finding.name == "SECRET_KEY"} | {
        *computed
    }
    read = [
        (finding.path, site.variable)
        for finding, site in sites
        if site.shape in READING and not site.reason
    ]
    found = (tuple(pair.fields.values()) for pair in pairs(read))
    return {
        one: other
        for one, other in found
        if one not in held and other not in named and not {one, other} & alone
    }


def _as_part(finding: Finding, site: Site, said: str, field: str = "") -> Finding:
    return msgspec.structs.replace(
        finding,
        severity=Severity.LOW,
        message=f"{finding.env} {said}",
        site=msgspec.structs.replace(site, field=field or site.field),
    )


def number(findings: list[Finding]) -> list[Finding]:
    """Sort, and give each finding its fingerprint."""
    seen: Counter[tuple[str, str, str]] = Counter()
    out = []
    for finding in sorted(findings, key=lambda f: (f.path, f.line, f.column, f.rule)):
        key = (finding.rule, finding.path, finding.name)
        out.append(
            msgspec.structs.replace(
                finding,
                fingerprint=fingerprint(*key, seen[key]),
                fixable=finding.site is not None and not finding.site.reason,
            )
        )
        seen[key] += 1
    return out


def absent_finding(path: str) -> Finding:
    """Say that a settings file with secrets does not import the runtime."""
    rule = rules()["CSEC34.no-runtime"]
    return Finding(
        rule=rule.id,
        path=path,
        line=1,
        column=1,
        end_line=1,
        end_column=1,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        message=rule.text(path),
        name="",
    )


def dotenv_finding(path: str, line: int, text: str, name: str) -> Finding:
    """Say that a secret has its value in a .env file."""
    rule = rules()["CSEC34.dotenv"]
    start, end = _given(text.rstrip(), name)
    return Finding(
        rule=rule.id,
        path=path,
        line=line,
        column=start + 1,
        end_line=line,
        end_column=end + 1,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        message=rule.text(name),
        name=name,
    )


def _given(text: str, name: str) -> tuple[int, int]:
    """Return where the value of a variable stands in a line, as far as it stands in that one."""
    _, sign, rest = text.partition(name)[2].partition("=")
    if not sign:
        return 0, len(text)
    rest = rest.lstrip()
    start = len(text) - len(rest)
    if rest[:1] in ("'", '"'):
        closed = rest.find(rest[0], 1)
        return start + 1, start + closed if closed > 0 else len(text)
    return start, start + len(rest.partition(" #")[0].rstrip())


def app_name(folder: str) -> str:
    """Turn a folder's name into an app's."""
    return re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-") or "app"
