"""Find the configuration object or the parsed file that an expression refers to."""

from __future__ import annotations

import ast
from typing import NamedTuple, TypeAlias

from shield_ai.model.words import word_set, words
from shield_ai.scan.python.config.names import is_config_function, is_config_name
from shield_ai.scan.python.config.statements import dotted_name


class Origin(NamedTuple):
    """Where a value comes from."""

    source: str  # the function that loads it, or the name of the object
    is_file: bool = False  # known to be the content of a file; otherwise, a guess by the name
    is_value: bool = False  # it is a function that returns the value of a key, not all values
    has_attributes: bool = False  # the values are attributes, too
    has_constants: bool = False  # only attributes in upper case are values
    has_sections: bool = False  # it is a module with a get() that takes a section and a key


# From names to origins; None for a name that is certainly not a configuration.
Names: TypeAlias = dict[str, "Origin | None"]
# Functions that parse an open file.
LOADERS = word_set("""
    json.load yaml.load yaml.safe_load yaml.full_load yaml.unsafe_load toml.load tomllib.load
    tomli.load tomlkit.load hjson.load json5.load
""")
# Functions that parse a text, which comes from a file if the argument reads a file.
TEXT_LOADERS = word_set("""
    json.loads toml.loads tomllib.loads tomli.loads tomlkit.parse hjson.loads json5.loads
""")
# Classes that read named files, or the services of Cloud Foundry.
PARSERS = word_set("""
    configparser.ConfigParser configparser.RawConfigParser configparser.SafeConfigParser
    ConfigParser RawConfigParser SafeConfigParser configobj.ConfigObj ConfigObj
    ConfigParser.ConfigParser ConfigParser.RawConfigParser
    AppEnv cfenv.AppEnv
""")
# Functions that load a file into an object with attributes.
ATTRIBUTE_LOADERS = word_set("OmegaConf.load omegaconf.OmegaConf.load")
COMMAND_LINE = Origin("the command line", has_attributes=True)
ARGUMENT_PARSERS = (".parse_args", ".parse_known_args")
STREAMLIT = word_set("st.secrets streamlit.secrets")
OPENERS = word_set("open io.open codecs.open aiofiles.open")
READ_METHODS = word_set("read read_text read_bytes open")
# Words in the names of functions and objects that provide values from elsewhere than a file.
OTHER_SOURCES = word_set("ENVIRON ENVIRONB GETENV URLOPEN REQUEST REQUESTS RESPONSE STDIN")
PATH_WORDS = (("PATH",), ("FILENAME",), ("DIR",), ("FOLDER",))  # last words of names of paths
PART_METHODS = word_set("get pop copy get_service")  # return an item, or a copy, of the object
OPENED = Origin("open()")  # an open file, or its text


def origin_of(node: ast.expr, names: Names) -> Origin | None:
    """Return where the value of an expression comes from; None if it is not a configuration."""
    origin: Origin | None = None
    if isinstance(node, ast.Name):
        origin = names[node.id] if node.id in names else origin_by_name(node.id)
    elif isinstance(node, ast.Attribute):
        origin = _attribute_origin(node, names)
    elif isinstance(node, (ast.Subscript, ast.Await, ast.NamedExpr)):
        origin = origin_of(node.value, names)
    elif isinstance(node, ast.Call):
        origin = _call_origin(node, names)
    elif isinstance(node, (ast.BoolOp, ast.IfExp)):
        parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
        origin = _first_origin(parts, names)
    return None if origin is OPENED else origin


def _first_origin(nodes: list[ast.expr], names: Names) -> Origin | None:
    for node in nodes:
        origin = origin_of(node, names)
        if origin:
            return origin
    return None


def _attribute_origin(node: ast.Attribute, names: Names) -> Origin | None:
    dotted = dotted_name(node)
    if dotted in names:
        return names[dotted]
    if node.attr == "_meta":  # of a Django model
        return None
    if dotted in STREAMLIT:
        return Origin(dotted, is_file=True, has_attributes=True)
    return origin_by_name(node.attr) or origin_of(node.value, names)


def _call_origin(node: ast.Call, names: Names) -> Origin | None:
    loader = _loader(node, names)
    if loader:
        return loader
    if isinstance(node.func, ast.Attribute) and node.func.attr in PART_METHODS:
        return origin_of(node.func.value, names)
    dotted = dotted_name(node.func)
    if dotted in names:
        return names[dotted]
    name = dotted.rpartition(".")[2]
    return Origin(f"{name}()") if is_config_function(name) else None


def _loader(node: ast.Call, names: Names) -> Origin | None:
    """Return the origin of a call that parses a file or the command line; else None."""
    name = dotted_name(node.func)
    if name.endswith(ARGUMENT_PARSERS):
        return COMMAND_LINE
    if name in PARSERS:
        return Origin(f"{name}()", is_file=True)
    if name in ATTRIBUTE_LOADERS:
        return Origin(f"{name}()", is_file=True, has_attributes=True)
    if name not in LOADERS | TEXT_LOADERS or not node.args or has_other_source(node):
        return None
    is_file = opens_file(node.args[0], names)
    return Origin(f"{name}()", is_file=is_file) if is_file or name in LOADERS else None


def has_other_source(node: ast.expr) -> bool:
    """Return whether an expression takes values from the environment or a request."""
    return any(_is_other_source(part) for part in ast.walk(node))


def _is_other_source(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        name = node.attr
    else:
        name = node.id if isinstance(node, ast.Name) else ""
    parts = words(name)
    return name == "StringIO" or (
        not OTHER_SOURCES.isdisjoint(parts) and parts[-1:] not in PATH_WORDS
    )


def opens_file(node: ast.expr, names: Names) -> bool:
    """Return whether an expression is an open file, or its text."""
    if isinstance(node, ast.Name):
        return names.get(node.id) is OPENED
    if not isinstance(node, ast.Call):
        return False
    is_read = isinstance(node.func, ast.Attribute) and node.func.attr in READ_METHODS
    return (is_read or dotted_name(node.func) in OPENERS) and not has_other_source(node)


def origin_by_name(name: str) -> Origin | None:
    """Return the origin of an object with the name of a configuration; None for others."""
    is_source = is_config_name(name) or words(name)[-1:] in {("SECRETS",), ("OPTIONS",), ("OPTS",)}
    return Origin(name) if is_source else None
