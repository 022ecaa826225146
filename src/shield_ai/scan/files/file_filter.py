"""Which Python files are worth parsing: parsing costs a hundred times what a look for a few words does."""

from __future__ import annotations

from shield_ai.project.perf.lazy_regex import regex

SECRET = (
    rb"SECRET|PASS|PWD|TOKEN|KEY|CRED|DSN|UR[LI]|SALT|DATABASE|DB|PG|SQL|POSTGRES|BROKER|AUTH|BACKEND|REDIS"
    rb"|CONN|API_HASH|HOOK|_PAT\b|MNEMONIC|SEED_PHRASE|ACCOUNT|SERVICES|CLIENT_ID|APP_ID|(?:MAIL|SMTP|SENDGRID)[A-Z_]{0,12}(?:USER|LOGIN)"
)
# The words of what reads the environment, in whatever library's way, or through a helper or an object of the app.
# A `config` counts where it is called, or asked by its own name: Flask's `app.config["NAME"]` is a dict of the app's.
READS = regex(
    rb"environ|getenv|dotenv_values|decouple|_url\.config|[Cc]onfig\(|(?:^|[^.\w])[Cc]onfig(?:\.\w+\(|\[)|\benvs?\b|configurations"
    rb"|starlette"
)
# A secret's name in quotes, where a read or a question has it: in a call, an index, `in`, a constant.
NAMES = regex(
    rb"[\[(,]\s{0,20}[bf]?[\"'][A-Za-z0-9_]*(?:" + SECRET + rb")[A-Z0-9_]*[\"']"
    rb"|[\"'][A-Z0-9_]*(?:" + SECRET + rb")[A-Z0-9_]*[\"']\s{1,20}(?:not )?in\b"
    rb"|=\s?[\"'][A-Z0-9_]*(?:" + SECRET + rb")[A-Z0-9_]*[\"']"
    rb"|(?:getenv\(|environ(?:\[|\.get\())[\"'][A-Za-z0-9_]*(?i:" + SECRET + rb")[A-Za-z0-9_]*[\"']"
)
# These hold secrets without naming them in quotes, or are ours.
OWN = regex(rb"BaseSettings|_url\.config|configurations|get_secret|Settings\)|EnvSettingsSource")
# A value of twelve characters under a telling name, or in a URL.
LITERALS = regex(
    rb"(?i)(?:secret|passw|pwd|token|_key|apikey|credential|salt|dsn|webhook)\w{0,30}[\"']?\]?\s{0,4}"
    rb"(?::\s?[\w .|]+\s?)?[=:]\s{0,4}\(?\s{0,9}[bru]?[\"'][^\n\"'\s]{12,}[\"']|://[^/\s\"'@]{0,60}:[^/\s\"'@]{1,80}@"
)
# In a settings file, any of these is enough.
WORDS = regex(
    rb"(?i)secret|pass|pwd|token|key|credential|dsn|_ur[li]|salt|database|db|broker|backend|://|auth"
)
# Reads a .env file: python-dotenv, django-environ, environs, envparse.
LOADS = regex(rb"\bload_dotenv\(|\.read_env(?:file)?\(")
# Hands on what another module has: a reader called `config`, or everything.
PASSES = regex(
    rb"import \*|import\b[^\n]{0,200}\b[Cc]onfig\b|\n[ \t]{1,12}[Cc]onfig\b,?[ \t]*\r?\n"
)
ALL = (READS, NAMES, OWN, LITERALS, WORDS, LOADS, PASSES)


def is_worth(found: tuple[bool, ...] | list[bool], *, settings: bool) -> bool:
    """Whether a file can have something to find.

    Args:
        found: Which of `ALL` match it.
        settings: Whether it holds settings.
    """
    reads, names, own, literals, words, *_ = found
    return (reads and names) or (words and (settings or own or literals))


def is_dull(found: tuple[bool, ...]) -> bool:
    """Whether nothing that is imported from a file can read a secret: it reads nothing and hands nothing on.

    Args:
        found: Which of `ALL` match it.
    """
    reads, _, own, _, _, _, passes = found
    return not (reads or own or passes)


def worth_parsing(raw: bytes, *, settings: bool) -> bool:
    """Whether a file can have something to find, by its bytes."""
    return is_worth([bool(pattern.search(raw)) for pattern in ALL], settings=settings)
