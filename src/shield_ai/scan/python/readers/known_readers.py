"""Describe the libraries that read environment variables, and their functions and objects."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import ACCESSORS, FORMER_PACKAGE, PACKAGE

if TYPE_CHECKING:
    import ast

    from shield_ai.scan.python.readers.bindings import Module, Scope


class Library(NamedTuple):
    """An object of a library that has none of the types below."""

    path: str


class Environ(NamedTuple):
    """A mapping of environment variables. A copy does not reflect later changes."""

    label: str = "os.environ"
    is_copy: bool = False
    prefix: str = ""  # of the variables; the keys of the mapping omit the prefix
    is_guessed: bool = False  # a parameter that is recognized by its name


class Factory(NamedTuple):
    """A class of objects that read variables."""

    label: str


class SchemaDefaults(NamedTuple):
    """The variables with a default in the schema of django-environ, `Env(NAME=(str, ""))`."""

    empty: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


NO_DEFAULTS = SchemaDefaults()


class EnvObject(NamedTuple):
    """An object that reads a variable if it, or one of its methods, is called with a name."""

    label: str
    prefix: str = ""
    has_computed_prefix: bool = False  # the prefix is unknown
    defaults: SchemaDefaults = NO_DEFAULTS  # those in Env(...) of django-environ


class Reader(NamedTuple):
    """A function that reads the variable named by an argument."""

    label: str
    prefix: str = ""
    fixed: str = ""  # the variable that it reads if no name is passed
    name_position: int = 0  # the position of the parameter for the variable's name
    name_keyword: str = ""  # the name of that parameter
    default_position: int = 1  # the position of the parameter for the default; -1 without one
    # Of the parameter for the name of another variable, which is read if the first is not set.
    fallback_position: int = -1
    fallback_keyword: str = ""
    has_empty_default: bool = False  # a helper that returns an empty value without a variable
    is_copy: bool = False  # reads a copy of the environment
    has_computed_prefix: bool = False  # the prefix is unknown
    defaults: SchemaDefaults = NO_DEFAULTS  # as in EnvObject
    method: str = ""  # the called method or attribute; empty for a plain function
    overridden_by: str = ""  # a function or variable that takes precedence over the variable
    reads_aws: bool = False  # it also reads AWS Secrets Manager
    is_guessed: bool = False  # belongs to an unknown library, and is recognized by its name


class RuntimeFunction(NamedTuple):
    """A function of the runtime, such as `get_secret`."""

    name: str
    module: str = ""  # dotted name of the app's map file; empty if it is imported from the package


class AppClass(NamedTuple):
    """A class of the app that may read variables, or an instance of it."""

    module: Module
    node: ast.ClassDef
    scopes: tuple[Scope, ...]  # from the module to the class
    is_instance: bool = False


Ref: TypeAlias = Library | Environ | Factory | EnvObject | Reader | RuntimeFunction | AppClass

ENVIRON = frozenset(
    {
        "os.environ",
        "os.environb",
        "posix.environ",
        "starlette.config.environ",
        "environ.Env.ENVIRON",
    }
)
# Functions that return the variables of a .env file, not those of the environment.
DOTENV_FUNCTIONS = frozenset(
    {"dotenv.dotenv_values", "dotenv.main.dotenv_values", "decouple.RepositoryEnv"}
)
DOTENV_LABEL = "dotenv_values()"
# https://www.dynaconf.com/envvars/
DYNACONF_LABEL = "dynaconf"
DYNACONF_PREFIX = "DYNACONF_"
FACTORIES = {
    "environ.Env": "django-environ",
    "environ.FileAwareEnv": "django-environ",
    "environ.environ.Env": "django-environ",
    "environ.environ.FileAwareEnv": "django-environ",
    "smart_env.SmartEnv": "django-environ",  # a subclass: https://pypi.org/project/django-smart-env/
    "environs.Env": "environs",
    "environs.FileAwareEnv": "environs",
    "envparse.Env": "envparse",
    "decouple.Config": "decouple",
    "decouple.AutoConfig": "decouple",
    "starlette.config.Config": "starlette",
    "prettyconf.Configuration": "prettyconf",
    "everett.manager.ConfigManager": "everett",
    "cfenv.AppEnv": "cfenv",
}
OBJECTS = {
    "decouple.config": "decouple",
    "environs.env": "environs",
    "envparse.env": "envparse",
    "prettyconf.config": "prettyconf",
    "getenv.env": "django-getenv",
    "environ.env": "django-environ",
}
# Libraries that first read another variable, with the credentials of bound services:
# https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html
OVERRIDING_VARIABLES = {"cfenv": "VCAP_SERVICES"}
# Functions that read a fixed variable if no name is passed.
URL_READERS = {
    "dj_database_url.config": "DATABASE_URL",
    "dj_email_url.config": "EMAIL_URL",
    "dj_search_url.config": "SEARCH_URL",
    "django_cache_url.config": "CACHE_URL",
    "dj_cache_url.config": "CACHE_URL",
    "dj_redis_url.config": "REDIS_URL",
    "dj_mongo_url.config": "MONGODB_URL",
    "herokuify.get_db_config": "DATABASE_URL",
}
# Constants of the same libraries that contain the name of the variable.
CONSTANTS = {
    f"{path.rpartition('.')[0]}.DEFAULT_ENV": variable for path, variable in URL_READERS.items()
}
# Methods of django-environ that read a fixed variable if no name is passed.
FIXED_VARIABLES = {
    "db": "DATABASE_URL",
    "db_url": "DATABASE_URL",
    "cache": "CACHE_URL",
    "cache_url": "CACHE_URL",
    "email": "EMAIL_URL",
    "email_url": "EMAIL_URL",
    "search_url": "SEARCH_URL",
    "channels": "CHANNELS_URL",
    "channels_url": "CHANNELS_URL",
}
# Attributes of environment objects that do not read a variable. The last line is for everett.
NOT_READERS = word_set("""
    read_env read_envfile prefixed seal dump add_parser parser_for set prefix smart_cast
    db_url_config cache_url_config email_url_config search_url_config channels_url_config
    parse_value parsers add_parser_from_field dotenv ENVIRON scheme escape_proxy __class__ overrides
    with_namespace with_options with_override get_namespace get_bound_component
""")
# Names of readers in unknown libraries. The apps of a company often share a wrapper of decouple or
# environs: corp.settings.config, corp.env.str
GUESSED_READER = regex(
    r"(?:^|\.)(?:config|env|getenv|get_?env(?:_?var\w*)?|env_?var)$"
    r"|\.(?:envs?|environment)\.(?:get_)?\w+$"
)
# Functions of a library that match GUESSED_READER, but are known to read os.environ at each call.
LIVE_READERS = {
    f"servicelayer.env.{name}": name for name in ("get", "to_list", "to_int", "to_bool")
}
NAME_KEYWORDS = frozenset(
    {"key", "var", "name", "env", "option", "varname", "variable", "env_var", "environ_name"}
)


DOTENV_KEY = Reader(DOTENV_LABEL, name_position=1, name_keyword="key_to_get")
# What the known dotted paths of libraries refer to.
KNOWN: dict[str, Ref] = {
    **{path: Environ(path) for path in ENVIRON},
    **{path: Reader(path, name_keyword="key") for path in ("os.getenv", "os.getenvb")},
    **{path: Factory(label) for path, label in FACTORIES.items()},
    **{path: EnvObject(label) for path, label in OBJECTS.items()},
    **{
        path: Reader(path, fixed=variable, name_keyword="env")
        for path, variable in URL_READERS.items()
    },
    **{path: Reader(path, method=name, name_keyword="name") for path, name in LIVE_READERS.items()},
    **dict.fromkeys(("dotenv.get_key", "dotenv.main.get_key"), DOTENV_KEY),
    "dynaconf.settings": Environ(DYNACONF_LABEL, is_copy=True, prefix=DYNACONF_PREFIX),
}


@functools.lru_cache(maxsize=8192)
def classify(path: str) -> Ref:
    """Return what the dotted path of a library refers to."""
    name = path.rpartition(".")[2]
    if path in KNOWN:
        return KNOWN[path]
    if path.partition(".")[0] in {PACKAGE, FORMER_PACKAGE} and name in ACCESSORS:
        return RuntimeFunction(name)
    if "." in path and GUESSED_READER.search(path):
        return Reader(path, name_keyword="name", is_guessed=True)
    return Library(path)


def attribute(ref: Ref, name: str) -> Ref | None:
    """Return what an attribute refers to; None if it has no special meaning.

    Args:
        ref: The object.
        name: The attribute.
    """
    if isinstance(ref, Library):  # the most frequent case
        return classify(f"{ref.path}.{name}")
    if isinstance(ref, Environ):
        return _environ_attribute(ref, name)
    if isinstance(ref, EnvObject):
        return _object_attribute(ref, name)
    if isinstance(ref, Factory):
        return _class_attribute(ref, name)
    if isinstance(ref, Reader) and ref.is_guessed and not ref.is_copy:
        return classify(f"{ref.label}.{name}")  # env.str, where env is of an unknown library
    return None


# Other methods of a copy can be those of a class of the app: Config(os.environ).require("NAME")
READING_METHODS = frozenset({"get", "pop", "setdefault", "__getitem__"})
OTHER_METHODS = word_set("""
    clear encodekey encodevalue fromkeys items keys move_to_end new_child popitem update values
""")


def _environ_attribute(environ: Environ, name: str) -> Ref | None:
    if name == "copy":
        return environ._replace(is_copy=True)
    if name not in READING_METHODS and (not environ.is_copy or name in OTHER_METHODS):
        return None
    return Reader(
        f"{environ.label}.{name}",
        prefix=environ.prefix,
        is_copy=environ.is_copy,
        is_guessed=environ.is_guessed,
        method=name,
        default_position=-1 if name == "__getitem__" else 1,
        name_keyword="key",
    )


def _object_attribute(env: EnvObject, name: str) -> Ref | None:
    if name == "ENVIRON":
        return Environ()
    if name in NOT_READERS or name.startswith("_"):
        return None
    if env.label == "cfenv" and name != "get_credential":
        return None
    return Reader(
        env.label,
        prefix=env.prefix,
        fixed=FIXED_VARIABLES.get(name, "") if env.label == "django-environ" else "",
        has_computed_prefix=env.has_computed_prefix,
        defaults=env.defaults,
        method=name,
        name_keyword="var",
        overridden_by=OVERRIDING_VARIABLES.get(env.label, ""),
    )


def _class_attribute(factory: Factory, name: str) -> Ref | None:
    """Return what a class attribute refers to; None if it reads no variables."""
    if (factory.label, name) == ("django-environ", "ENVIRON"):
        return Environ()
    if (factory.label, name) == ("everett", "basic_config"):
        return factory
    return None
