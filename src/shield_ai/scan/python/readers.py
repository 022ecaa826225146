"""Describe the libraries that read environment variables, and which ones their functions read."""

from __future__ import annotations

import functools
from typing import NamedTuple, TypeAlias

from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import ACCESSORS, FORMER_PACKAGE, PACKAGE


class Library(NamedTuple):
    """An imported object that is none of the types below, by its dotted path."""

    path: str


class Environ(NamedTuple):
    """A mapping of environment variables. A copy does not reflect later changes."""

    label: str = "os.environ"
    copy: bool = False


class Factory(NamedTuple):
    """A class of objects that read variables."""

    label: str


class EnvObject(NamedTuple):
    """An object that reads a variable if it, or one of its methods, is called with a name."""

    label: str
    prefix: str = ""
    computed: bool = False  # the prefix is unknown
    empty_defaults: frozenset[str] = frozenset()  # variables with an empty default in the scheme


class Reader(NamedTuple):
    """A function that reads the variable named by an argument."""

    label: str
    prefix: str = ""
    fixed: str = ""  # the variable that it reads if no name is passed
    name_position: int = 0  # the position of the parameter for the variable's name
    name_keyword: str = ""  # the name of that parameter
    default_position: int = 1  # the position of the parameter for the default; -1 without one
    has_empty_default: bool = False  # the signature of a helper has an empty default
    copy: bool = False  # reads a copy of the environment
    computed: bool = False  # the prefix is unknown
    empty_defaults: frozenset[str] = frozenset()  # as in EnvObject
    method: str = ""
    overridden_by: str = ""  # a function or variable that takes precedence over the variable
    reads_aws: bool = False  # it also reads AWS Secrets Manager
    guessed: bool = False  # belongs to an unknown library, and is recognized by its name


class RuntimeFunction(NamedTuple):
    """A function of the runtime, such as `get_secret`."""

    name: str
    module: str = ""  # dotted name of the app's map file; empty if it is imported from the package


Ref: TypeAlias = Library | Environ | Factory | EnvObject | Reader | RuntimeFunction

ENVIRON = frozenset(
    {"os.environ", "os.environb", "starlette.config.environ", "environ.Env.ENVIRON"}
)
# Functions that return the variables of a .env file, not those of the environment.
DOTENV_FUNCTIONS = frozenset({"dotenv.dotenv_values", "dotenv.main.dotenv_values"})
DOTENV_LABEL = "dotenv_values()"
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
# Constants of these libraries that contain the name of the variable.
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
# Functions of unknown libraries. Companies often share wrappers of decouple or environs among their
# apps: corp.settings.config, corp.env.str
GUESSED_READER = regex(
    r"(?:^|\.)(?:config|env|getenv|get_?env(?:_?var\w*)?|env_?var)$"
    r"|\.(?:envs?|environment)\.(?:get_)?\w+$"
)
NAME_KEYWORDS = frozenset(
    {"key", "var", "name", "env", "option", "varname", "variable", "env_var", "environ_name"}
)


@functools.lru_cache(maxsize=8192)
def classify(path: str) -> Ref:
    """Return what the dotted path of a library refers to."""
    name = path.rpartition(".")[2]
    if path in ENVIRON:
        return Environ(path)
    if path in {"os.getenv", "os.getenvb"}:
        return Reader(path, name_keyword="key")
    if path in FACTORIES:
        return Factory(FACTORIES[path])
    if path in OBJECTS:
        return EnvObject(OBJECTS[path])
    if path in URL_READERS:
        return Reader(path, fixed=URL_READERS[path], name_keyword="env")
    if path.partition(".")[0] in {PACKAGE, FORMER_PACKAGE} and name in ACCESSORS:
        return RuntimeFunction(name)
    if "." in path and GUESSED_READER.search(path):
        return Reader(path, name_keyword="name", guessed=True)
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
    return None


def _environ_attribute(environ: Environ, name: str) -> Ref | None:
    if name == "copy":
        return Environ(environ.label, copy=True)
    if name not in {"get", "pop", "setdefault", "__getitem__"}:
        return None
    return Reader(
        f"{environ.label}.{name}",
        copy=environ.copy,
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
        computed=env.computed,
        empty_defaults=env.empty_defaults,
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
