"""The libraries that read the environment, and what a use of each reads."""

from __future__ import annotations

import functools
from typing import NamedTuple, TypeAlias

from shield_ai.project.perf.lazy_regex import regex


class Library(NamedTuple):
    """Something imported, by its dotted path."""

    path: str


class Environ(NamedTuple):
    """A mapping of variables; a copy of it no longer follows the environment."""

    label: str = "os.environ"
    copy: bool = False


class Factory(NamedTuple):
    """A class whose instances read variables."""

    label: str


class EnvObject(NamedTuple):
    """An object that is called, or whose methods are called, with a variable's name."""

    label: str
    prefix: str = ""
    computed: bool = False  # the prefix is not known


class Reader(NamedTuple):
    """A function that reads the variable whose name it is given."""

    label: str
    prefix: str = ""
    fixed: str = ""  # read when no name is given
    position: int = 0  # of the parameter that takes the name; -1: none does
    keyword: str = ""  # that parameter's name
    default: int = 1  # of the parameter that takes the default; -1: none does
    copy: bool = False
    computed: bool = False
    method: str = ""
    # what it asks before, which may have another value: a function of the app, another variable
    first: str = ""
    guessed: bool = False  # of a library that we don't know: by its name it reads the environment


class Accessor(NamedTuple):
    """`get_secret` and its family, ours."""

    name: str


Ref: TypeAlias = Library | Environ | Factory | EnvObject | Reader | Accessor

ENVIRON = frozenset(
    {"os.environ", "os.environb", "starlette.config.environ", "environ.Env.ENVIRON"}
)
# Gives what a .env file has, and nothing of the environment.
FILES = frozenset({"dotenv.dotenv_values", "dotenv.main.dotenv_values"})
FROM_FILE = "dotenv_values()"
FACTORIES = {
    "environ.Env": "django-environ",
    "environ.FileAwareEnv": "django-environ",
    "environ.environ.Env": "django-environ",
    "environ.environ.FileAwareEnv": "django-environ",
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
# Another variable that they look into before: https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html
FIRST = {"cfenv": "VCAP_SERVICES"}
# Functions that read a variable of their own where they are given none.
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
CONSTANTS = {
    f"{path.rpartition('.')[0]}.DEFAULT_ENV": variable for path, variable in URL_READERS.items()
}
# Methods of django-environ that have a variable of their own, with what they read then.
OWN_VARIABLE = {
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
# Attributes of such objects that read no variable.
NO_READERS = frozenset(
    {
        "read_env",
        "read_envfile",
        "prefixed",
        "seal",
        "dump",
        "add_parser",
        "parser_for",
        "set",
        "prefix",
        "smart_cast",
    }
    | {
        "db_url_config",
        "cache_url_config",
        "email_url_config",
        "search_url_config",
        "channels_url_config",
        "parse_value",
    }
    # of everett
    | {"with_namespace", "with_options", "with_override", "get_namespace", "get_bound_component"}
    | {
        "parsers",
        "add_parser_from_field",
        "dotenv",
        "ENVIRON",
        "scheme",
        "escape_proxy",
        "__class__",
        "overrides",
    }
)
# Functions that companies share among their apps, often decouple's or environs' own: corp.settings.config, corp.env.str
GUESSED = regex(
    r"(?:^|\.)(?:config|env|getenv|get_?env(?:_?var\w*)?|env_?var)$|\.(?:envs?|environment)\.(?:get_)?\w+$"
)
NAME_KEYWORDS = frozenset(
    {"key", "var", "name", "env", "option", "varname", "variable", "env_var", "environ_name"}
)


@functools.lru_cache(maxsize=8192)
def known(path: str) -> Ref:
    """Say what a dotted path of a library is."""
    if path in ENVIRON:
        return Environ(path)
    if path in {"os.getenv", "os.getenvb"}:
        return Reader(path, keyword="key")
    if label := FACTORIES.get(path):
        return Factory(label)
    if label := OBJECTS.get(path):
        return EnvObject(label)
    if fixed := URL_READERS.get(path):
        return Reader(path, fixed=fixed, keyword="env")
    if path.partition(".")[0] == "shield_ai" and path.rpartition(".")[2] in ACCESSORS:
        return Accessor(path.rpartition(".")[2])
    if "." in path and GUESSED.search(path):
        return Reader(path, keyword="name", guessed=True)
    return Library(path)


OF_THE_CLASS = frozenset({("django-environ", "ENVIRON"), ("everett", "basic_config")})
ACCESSORS = frozenset(
    {"get_secret", "get_secret_dict", "get_secret_bytes", "aget_secret", "has_secret"}
)


def attribute(ref: Ref, name: str) -> Ref | None:
    """Say what an attribute of something known is."""
    if isinstance(ref, Library):  # nearly always
        return known(f"{ref.path}.{name}")
    match ref:
        case Environ(label, copy):
            if name in {"get", "pop", "setdefault", "__getitem__"}:
                default = 1 if name != "__getitem__" else -1
                return Reader(
                    f"{label}.{name}", copy=copy, method=name, default=default, keyword="key"
                )
            return Environ(label, copy=True) if name == "copy" else None
        case EnvObject(label, prefix, computed):
            if name == "ENVIRON":
                return Environ()
            if (
                name in NO_READERS
                or name.startswith("_")
                or (label == "cfenv" and name != "get_credential")
            ):
                return None
            fixed = OWN_VARIABLE.get(name, "") if label == "django-environ" else ""
            first = FIRST.get(label, "")
            return Reader(
                label,
                prefix=prefix,
                fixed=fixed,
                computed=computed,
                method=name,
                keyword="var",
                first=first,
            )
        case Factory(label):
            # Class attributes such as environ.Env.ENVIRON; other methods of the class itself read nothing.
            own: Ref = ref if label == "everett" else Environ()
            return own if (label, name) in OF_THE_CLASS else None
    return None
