"""Recognize calls of libraries that read a variable themselves, such as `sentry_sdk.init()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.readers.known_readers import Library

if TYPE_CHECKING:
    import ast


class LibraryRead(NamedTuple):
    """A variable that a function of a library reads, unless it gets the value as an argument."""

    variable: str
    arguments: frozenset[str]


# https://github.com/openai/openai-python#usage
_OPENAI = LibraryRead("OPENAI_API_KEY", frozenset({"api_key", "openai_api_key"}))
# https://github.com/anthropics/anthropic-sdk-python#usage
_ANTHROPIC = LibraryRead("ANTHROPIC_API_KEY", frozenset({"api_key", "auth_token"}))
# Functions of libraries that get the name of a variable: database_url_from_env("CREDENTIALS")
FROM_ENVIRONMENT = regex(r"\.\w+_from_env(?:iron(?:ment)?)?$")
EXPAND_FUNCTIONS = frozenset({"os.path.expandvars", "posixpath.expandvars"})
SHELL_FUNCTIONS = frozenset(
    {
        "os.popen",
        "os.system",
        "subprocess.Popen",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.getoutput",
        "subprocess.run",
    }
)
# Keyword arguments that name a variable: in click and typer, and in ConfigArgParse.
VARIABLE_KEYWORDS = frozenset({"envvar", "env_var"})
# Functions with the URL of a server as their first argument, which can contain a password.
CONNECTIONS = frozenset({
    "aio_pika.connect", "aio_pika.connect_robust", "asyncpg.connect", "asyncpg.create_pool",
    "databases.Database", "dj_database_url.parse", "kombu.BrokerConnection", "kombu.Connection",
    "motor.motor_asyncio.AsyncIOMotorClient", "psycopg.AsyncConnection.connect", "psycopg.connect",
    "psycopg2.connect", "psycopg_pool.AsyncConnectionPool", "psycopg_pool.ConnectionPool",
    "pika.URLParameters",
    "pymongo.AsyncMongoClient", "pymongo.MongoClient", "redis.Redis.from_url",
    "redis.StrictRedis.from_url", "redis.asyncio.Redis.from_url", "redis.asyncio.from_url",
    "redis.from_url", "sqlalchemy.create_engine", "sqlalchemy.engine.make_url",
    "sqlalchemy.engine.url.make_url", "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlalchemy.make_url", "sqlmodel.create_engine",
})  # fmt: skip
LIBRARY_READS = {
    # https://docs.sentry.io/platforms/python/configuration/options/#dsn
    "sentry_sdk.init": LibraryRead("SENTRY_DSN", frozenset({"dsn"})),
    "openai.OpenAI": _OPENAI,
    "openai.AsyncOpenAI": _OPENAI,
    "langchain_openai.ChatOpenAI": _OPENAI,
    "langchain_openai.OpenAIEmbeddings": _OPENAI,
    "anthropic.Anthropic": _ANTHROPIC,
    "anthropic.AsyncAnthropic": _ANTHROPIC,
}


def connection_url(node: ast.Call, function: object) -> ast.expr | None:
    """Return the argument with the URL of a server; None for other calls.

    Args:
        node: The call.
        function: The called function, as resolved.
    """
    is_connection = isinstance(function, Library) and function.path in CONNECTIONS
    return node.args[0] if is_connection and node.args else None


def reads_named_variable(function: object) -> bool:
    """Return whether a function of a library reads the variable that its argument names.

    Args:
        function: The function, as resolved.
    """
    return isinstance(function, Library) and FROM_ENVIRONMENT.search(function.path) is not None


def library_read(node: ast.Call, function: object) -> tuple[str, str]:
    """Return the called function and the variable that it reads; two empty texts for other calls.

    Args:
        node: The call.
        function: The called function, as resolved.
    """
    if not isinstance(function, Library) or function.path not in LIBRARY_READS:
        return "", ""
    read = LIBRARY_READS[function.path]
    keywords = {keyword.arg for keyword in node.keywords}
    if node.args or None in keywords or keywords & read.arguments:
        return "", ""
    return function.path, read.variable
