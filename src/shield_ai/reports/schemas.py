"""Generate a JSON Schema (draft 2020-12) of each JSON document that a command prints."""

from __future__ import annotations

import datetime as dt
import enum
import importlib
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec

from shield_ai.model.addresses import DOCUMENTATION
from shield_ai.model.manifest_schema import key_descriptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    DocumentType = type[msgspec.Struct | enum.Enum]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
VERSION = 1
OPEN_ENUMS = frozenset({"DeploymentKind", "SkipId"})  # newer releases can add values
# The module and the type of each document. The modules are imported when they are needed.
DOCUMENTS = {
    "scan": "shield_ai.reports.json:ScanDocument",
    "scan-repos": "shield_ai.reports.fleet:FleetDocument",
    "baseline": "shield_ai.scan.baseline:Baseline",
    "draft": "shield_ai.reports.documents:DraftDocument",
    "plan": "shield_ai.model.plan:Plan",
    "apply": "shield_ai.reports.documents:ApplyDocument",
    "export": "shield_ai.aws.export:ExportDocument",
    "cost": "shield_ai.reports.cost:CostDocument",
    "verify": "shield_ai.reports.documents:VerifyDocument",
    "rotate": "shield_ai.reports.documents:RotateDocument",
    "rotate-status": "shield_ai.reports.documents:StatusDocument",
    "audit": "shield_ai.aws.cloudtrail.audit:Audit",
    "report": "shield_ai.reports.app_report.report_json:ReportDocument",
    "pull": "shield_ai.reports.documents:PullDocument",
    "rollback": "shield_ai.reports.documents:RollbackDocument",
    "explain": "shield_ai.reports.documents:ExplainDocument",
    "patterns-list": "shield_ai.reports.documents:PatternsDocument",
    "patterns-check": "shield_ai.reports.documents:PatternsCheckDocument",
}


def document_type(name: str) -> type[msgspec.Struct]:
    """Return the type of a document.

    Args:
        name: A key of `DOCUMENTS`.
    """
    module, _, struct = DOCUMENTS[name].partition(":")
    found: type[msgspec.Struct] = getattr(importlib.import_module(module), struct)
    return found


def file_name(name: str) -> str:
    """Return the name of the file with a document's schema."""
    return f"{name}.v{VERSION}.json"


def json_schema(name: str) -> dict[str, Any]:
    """Return the schema of a document.

    Additional keys are allowed, because a newer release can add keys to the same version.

    Args:
        name: A key of `DOCUMENTS`.
    """
    root_type = document_type(name)
    _, definitions = msgspec.json.schema_components([root_type], ref_template="#/$defs/{name}")
    for kind in types_of(root_type):
        if issubclass(kind, enum.Enum):
            _complete_enum(definitions[kind.__name__], kind)
        else:
            _complete_object(definitions[kind.__name__], kind)
    root = definitions.pop(root_type.__name__)
    root["title"] = name
    root["properties"]["version"] = {"const": VERSION}
    address = f"{DOCUMENTATION.rstrip('/')}/reference/schemas/{file_name(name)}"
    schema = {"$schema": DRAFT, "$id": address, **root}
    if definitions:
        schema["$defs"] = dict(sorted(definitions.items()))
    return schema


def types_of(root: type[msgspec.Struct]) -> list[DocumentType]:
    """Return the types of a document's objects and of their enumerations, the document first."""
    found: list[DocumentType] = [root]
    for kind in found:  # the loop also visits the types that it appends
        if issubclass(kind, msgspec.Struct):
            for annotation in get_type_hints(kind).values():
                found += [nested for nested in _types_in(annotation) if nested not in found]
    return found


def _types_in(annotation: Any) -> Iterator[DocumentType]:
    is_type = isinstance(annotation, type)
    if is_type and issubclass(annotation, msgspec.Struct | enum.Enum):
        yield annotation
    for argument in get_args(annotation):
        yield from _types_in(argument)


def _complete_enum(definition: dict[str, Any], kind: type[enum.Enum]) -> None:
    """List the values in their order, or allow any text if newer releases can have more."""
    definition["type"] = "string"
    if kind.__name__ in OPEN_ENUMS:
        definition.pop("enum", None)
    else:
        definition["enum"] = [member.value for member in kind]


def _complete_object(definition: dict[str, Any], struct: type[msgspec.Struct]) -> None:
    """Add the descriptions of the keys, and require each key that is always printed."""
    definition["description"] = (struct.__doc__ or "").partition("\n")[0]
    descriptions = key_descriptions(struct)
    hints = get_type_hints(struct)
    required = []
    for field in msgspec.structs.fields(struct):
        key = definition["properties"][field.encode_name]
        key.pop("default", None)  # documents have all keys
        if dt.datetime in (hints[field.name], *get_args(hints[field.name])):
            _set_time_format(key)
        if field.name in descriptions:
            key["description"] = descriptions[field.name]
        if field.default is not msgspec.UNSET:
            required.append(field.encode_name)
    definition["required"] = required


def _set_time_format(key: dict[str, Any]) -> None:
    for choice in key.get("anyOf", [key]):
        if choice["type"] == "string":
            choice["format"] = "date-time"
