"""Decide which Python files to parse.

Parsing a file costs about a hundred times as much as searching it for a few regular expressions.
"""

from __future__ import annotations

from typing import NamedTuple

from shield_ai.project.perf.lazy_regex import regex

SECRET = (
    rb"SECRET|PASS|PWD|TOKEN|KEY|CRED|DSN|UR[LI]|SALT|DATABASE|DB|PG|SQL|POSTGRES|BROKER|AUTH"
    rb"|BACKEND|REDIS|CONN|API_HASH|HOOK|_PAT\b|_PEM|_JWK|MNEMONIC|MACAROON|SEED_PHRASE"
    rb"|PSK|_SESSION|SESSION_STRING|VERIFICATION_CODE|OVERRIDE_CODE|BYPASS_CODE"
    rb"|ACCOUNT|SERVICES|CLIENT_ID|APP_ID|_COOKIE|OTLP_HEADERS"
    rb"|(?:MAIL|SMTP|SENDGRID)[A-Z_]{0,12}(?:USER|LOGIN)"
)
# Reads an environment variable: through any known library, or through a helper of the app.
# `config` counts only as a call or as a bare name: Flask's `app.config["NAME"]` is a plain dict.
ENV_READ = regex(
    rb"environ|getenv|dotenv_values|decouple|_url\.config|[Cc]onfig\("
    rb"|(?:^|[^.\w])[Cc]onfig(?:\.\w+\(|\[)|\benvs?\b|configurations"
    rb"|starlette|envvar|env_var|env_fallback|expandvars"
)
# A quoted secret-like name as an argument, an index, an operand of `in`, or a constant: the syntax
# of a read or a presence test.
QUOTED_NAME = regex(
    rb"[\[(,]\s{0,60}[bf]?[\"'][A-Za-z0-9_]*(?:" + SECRET + rb")[A-Z0-9_]*[\"']"
    rb"|[\"'][A-Z0-9_]*(?:" + SECRET + rb")[A-Z0-9_]*[\"']\s{1,20}(?:not )?in\b"
    rb"|=\s?[\"'][A-Z0-9_]*(?:" + SECRET + rb")[A-Z0-9_]*[\"']"
    rb"|(?:getenv\(|environ(?:\[|\.get\())[\"'][A-Za-z0-9_]*(?i:" + SECRET + rb")[A-Za-z0-9_]*[\"']"
)
# A read of a variable with a computed name, such as "{}_TOKEN".format(name).
COMPUTED_READ = regex(
    rb"(?:getenv\(|environ(?:\[|\.get\())\s{0,60}(?:[A-Za-z_]|[\"'][\w-]{0,60}[%{])"
    rb"|\b(?:env|config)(?:\.\w{1,20})?\(\s{0,60}f?[\"'][\w-]{0,60}[%{]"
)
# APIs that read secrets without the quoted name of a variable, including shield's runtime.
SECRET_API = regex(
    rb"BaseSettings|_url\.config|configurations|get_secret|Settings\)|EnvSettingsSource"
    rb"|env_prefix|SecretStr|SecretBytes|from_prefixed_env|[Dd]ynaconf|GoodConf|ConfigManager"
    rb"|\.from_env(?:iron(?:ment)?)?\("
    rb"|SimpleNamespace\(\*\*|\$\{?[A-Z][A-Z_]{0,30}(?:PASS|SECRET|TOKEN|KEY|CRED)"
)
# A secret-like key of a configuration, or an attribute of it: config["smtp"]["password"].
CONFIG_KEY = (
    rb"[\w.:/%{}-]{0,60}(?:secret|passw|passphrase|pass\b|pwd|token|[_a-z.-]key|key_|cred|dsn|salt"
    rb"|fernet|hmac|bearer|_pw\b|(?:\b|_)pat\b|psk|service_account"
    rb"|(?:db|database|sql|redis|mongo|broker|webhook|amqp|postgres|mail|cache)[\w.]{0,20}ur[li]"
    rb"|broker|connection|conn_?str|mnemonic)\w{0,30}"
)
CONSTANT = rb"(?-i:[A-Z_.]{0,40}(?:SECRET|PASS|PWD|TOKEN|KEY|CRED|DSN|SALT|PSK)[A-Z0-9_]{0,40})"
CONFIG_READ = regex(
    rb"(?i)(?:[\w\])]\[|(?:get|read|load|fetch|lookup|require|pop|value|option|conf|cfg|setting"
    rb"|secret)"
    rb"\w{0,25}\()\s{0,60}(?:(?:[\w.()]{1,60}|[\"'][\w.-]{1,60}[\"']),\s{0,60}){0,3}f?[\"']"
    + CONFIG_KEY
    # The URL of a section, as in get("database", "url").
    + rb"[\"']|[\"'](?:db|database|sql\w{0,10}|redis|mongo\w{0,4}|postgres\w{0,6})"
    + rb"[\"'](?:,\s{0,60}|\]\[)[\"'](?:url|uri|dsn)[\"']"
    rb"|\b(?:a\.|(?:args|options|opts|st\.secrets|\w{0,30}(?:conf|cfg)\w{0,30})\.)"
    + CONFIG_KEY
    + rb"|(?:conf|cfg|setting)\w{0,20}\(\)\."
    + CONFIG_KEY
    + rb"|(?:conf|cfg|setting)\w{0,30}(?:\.get\w{0,20})?[\[(]"
    + CONSTANT
    + rb"[\]),]|from [\w.]{0,60}(?:conf|setting|secret|credential|cfg)\w{0,30} import[^\n]{0,200}"
    + CONSTANT
    # The text of a file, which is assigned to a secret.
    + rb"|(?:secret|passw|pwd|token|key|cred|_ur[li]|dsn)\w{0,30}[\"'\]]{0,2}"
    + rb"(?:\s?:[^=\n]{1,40})?\s?=\s?"
    + rb"[^\n]{0,120}(?:\.read(?:line|_text|_bytes)?s?\(|file\w{0,20}\("
    # An entry of a schema, which is assigned to an attribute.
    rb"|(?:conf|cfg|setting)\w{0,30}(?:entry|option|field|item|param|parameter|value)\()"
    # Classes with fields of a configuration.
    + rb"|\bSecret(?:Str|Bytes)\b|\bsetattr\((?:cls|self),"
    + rb"|\bclass \w{0,60}(?:Config|Configuration|Settings?|Params|Parameters|Options"
    + rb"|Credentials|Creds)[(:]"
)
# An object or a file that may be a configuration.
CONFIG_SOURCE = regex(
    rb"(?i)conf|cfg|setting|\bload|parse_(?:known_)?args|secrets|credential|get_(?:value|option|param)"
    # Options, the text of a file, and an attribute that is copied from a mapping.
    rb"|\bopt(?:ion)?s\b|\.read(?:line|_text|_bytes)?s?\(|_file\w{0,20}\(|login_info"
    rb"|\bself\.\w{1,60} ?= ?[\w.]{1,60}(?:\[|\.get\()"
)
# A value of at least 12 characters with a secret-like name, a URL with a password, or a short key
# that signs sessions.
LITERAL = regex(
    rb"(?i)(?:secret|passw|pwd|token|_key|apikey|credential|salt|dsn|webhook)\w{0,30}"
    rb"[\"']?\]?\s{0,4}(?::\s?[\w .|]+\s?)?[=:]\s{0,4}\(?\s{0,9}[bru]?[\"'][^\n\"'\s]{12,}[\"']"
    rb"|://[^/\s\"'@]{0,60}:[^/\s\"'@]{1,80}@"
    rb"|\bsecret_key[\"']?\]?\s?=\s?[\"'][^\n\"']{1,5}[\"']"
)
# A settings file is parsed if it contains any of these words.
SECRET_WORD = regex(
    rb"(?i)secret|pass|pwd|token|key|credential|dsn|_ur[li]|salt|database|db|broker|backend|://|psk"
    rb"|auth|dynaconf|hook|split_settings"
)
# Loads a .env file: python-dotenv, django-environ, environs, envparse.
DOTENV_LOAD = regex(rb"\bload_dotenv\(|\.read_env(?:file)?\(")
# Reads a .env file without loading it: decouple, everett, prettyconf, pydantic, starlette,
# python-dotenv.
DOTENV_READ = regex(
    rb"\b(?:from|import) (?:decouple|everett|prettyconf)\b|\benv_file[\"']?\s{0,4}[=:]"
    rb"|\bdotenv_values\(|\bstarlette\.config\b"
)
# Re-exports another module's names: all of them, or a reader called `config`.
REEXPORT = regex(
    rb"import \*|import\b[^\n]{0,200}\b[Cc]onfig\b|\n[ \t]{1,12}[Cc]onfig\b,?[ \t]*\r?\n"
)


class Markers(NamedTuple):
    """Whether each pattern of `PATTERNS` matches a Python file."""

    env_read: bool
    quoted_name: bool
    computed_read: bool
    secret_api: bool
    literal: bool
    secret_word: bool
    dotenv_load: bool
    dotenv_read: bool
    reexport: bool
    config_read: bool
    config_source: bool

    def may_have_secrets(self, *, in_settings: bool) -> bool:
        """Return whether the file is worth parsing.

        Args:
            in_settings: Whether the file is a settings module.
        """
        if self.env_read and (self.quoted_name or (self.computed_read and self.secret_word)):
            return True
        if self.config_source and self.config_read:  # the second is slow to search for
            return True
        return self.secret_word and (in_settings or self.secret_api or self.literal)

    def may_export_readers(self) -> bool:
        """Return whether a name that is imported from the file may read a secret."""
        return self.env_read or self.secret_api or self.reexport


# The pattern of each field of `Markers`, in the same order.
PATTERNS = {
    "env_read": ENV_READ,
    "quoted_name": QUOTED_NAME,
    "computed_read": COMPUTED_READ,
    "secret_api": SECRET_API,
    "literal": LITERAL,
    "secret_word": SECRET_WORD,
    "dotenv_load": DOTENV_LOAD,
    "dotenv_read": DOTENV_READ,
    "reexport": REEXPORT,
    "config_read": CONFIG_READ,
    "config_source": CONFIG_SOURCE,
}


def find_markers(raw: bytes) -> Markers:
    """Search a Python file for every pattern of `PATTERNS`."""
    return Markers(**{name: bool(pattern.search(raw)) for name, pattern in PATTERNS.items()})
