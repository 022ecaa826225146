"""Recognize the names of configuration objects and of secrets in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection

CONFIG_WORDS = word_set("CONFIG CONFIGS CONF CFG CONFIGURATION SETTING SETTINGS CONFIGPARSER")
# The settings of a connection in Django, which come from the settings module.
CONSUMERS = word_set("settings_dict get_connection_params")
# The first word of a method or function that returns a value.
GETTERS = word_set("GET READ FETCH LOOKUP REQUIRE POP VALUE OPTION")
# After LOAD in the name of a method that returns a value: load_option(), or load() alone.
LOADED = word_set("VALUE OPTION SETTING SECRET KEY PARAM PARAMETER")
# At the end of a function's name: the argument is the name of a file, not of a value.
FILE_ENDINGS = word_set("FILE PATH DIR")
KEY = regex(r"[A-Za-z_][\w.:/-]{0,79}")
FILE_NAME = regex(r".+[./](?:json|ya?ml|toml|ini|cfg|conf|txt|pem|key|env|py|crt|csv|asc|gpg|p12)")
# A key and what it is for: mail_key_to_send_alerts
KEY_USE = regex(r"\A([a-z]\w{1,40}_key)_to_\w{1,40}\Z", re.IGNORECASE)
# A section and its key, as in openai.key; server.key is a file.
SECTION_KEY = regex(r"\w{1,40}\.key")
KEY_FILES = word_set("SERVER CLIENT PRIVATE PUBLIC SSL TLS CERT CERTIFICATE CA HOST RSA DOMAIN")
# The end of a function that returns several secrets: get_login_info().
SECRET_COLLECTIONS = (("LOGIN", "INFO"), ("CREDENTIALS",), ("CREDS",), ("SECRETS",))
# Sections, not values.
COLLECTIONS = word_set("TOKENS SECRETS CREDENTIALS CREDS PASSWORDS")
# Before TOKEN at the end: a token of a text, or the position in a list.
OTHER_TOKENS = word_set("""
    PAD BOS EOS SOS EOT UNK MASK CLS SEP SPECIAL START END STOP IMAGE AUDIO VIDEO DECODER EXTRA
    ADDED NEXT PREV PREVIOUS PAGE CONTINUATION CURSOR SYNC BASE QUOTE FIRST LAST PROMPT
""")
# In the names of the two parts with which an app identifies itself; the access key is a secret.
CONSUMER_WORDS = word_set("OAUTH OAUTH2 CONSUMER CLIENT")
AMBIGUOUS = frozenset({("TOKEN",), ("PASS",), ("SALT",), ("PW",), ("PAT",)})
# In the name of an object: the file contains configuration, not other data.
SOURCE_WORDS = CONFIG_WORDS | word_set("SECRET SECRETS CRED CREDS CREDENTIALS AUTH ENV INI TOML")


def is_config_name(name: str) -> bool:
    """Return whether a name is probably that of a configuration object: `db_config`."""
    return name not in CONSUMERS and not CONFIG_WORDS.isdisjoint(words(name))


def is_getter(name: str) -> bool:
    """Return whether a method of a configuration object probably returns a value: `get_option`."""
    parts = words(name)
    return bool(parts) and parts[0] in GETTERS


def is_getter_method(name: str) -> bool:
    """Return whether a method probably returns a value for a key: `get_option`, `load`."""
    parts = words(name)
    return is_getter(name) or (parts[:1] == ("LOAD",) and LOADED.issuperset(parts[1:]))


def returns_number(name: str) -> bool:
    """Return whether a method returns a number or a flag: `getint`, `get_config_bool`."""
    return name.lower().endswith(("int", "float", "bool", "boolean")) and is_getter(name)


def is_config_function(name: str) -> bool:
    """Return whether a function probably returns a configuration, or a value: `get_config`."""
    parts = words(name)
    is_config = is_config_name(name) or any(
        parts[-len(phrase) :] == phrase for phrase in SECRET_COLLECTIONS
    )
    return is_getter(name) and is_config and not FILE_ENDINGS.intersection(parts[-1:])


def key_meaning(key: str) -> Meaning:
    """Return the meaning of a key of a configuration, such as `services.smtp.password`."""
    if SECTION_KEY.fullmatch(key) and KEY_FILES.isdisjoint(words(key)):
        key = key.replace(".", "_")
    key = KEY_USE.sub(r"\1", key)
    parts = words(key)
    if not KEY.fullmatch(key) or FILE_NAME.fullmatch(key) or not parts:
        return Meaning.HARMLESS
    if parts[-1] == "TOKENS" or (parts[-1] in COLLECTIONS and _is_one_word(key)):
        return Meaning.HARMLESS
    if parts[-1] == "TOKEN" and OTHER_TOKENS.intersection(parts[-2:-1]):
        return Meaning.HARMLESS
    return Meaning.SECRET if parts == ("PAT",) else meaning(key)  # a personal access token


def is_consumer_key(key: str, others: Collection[str]) -> bool:
    """Return whether a key such as OAUTH_CHAT_KEY is the public part of a pair with a secret.

    Args:
        key: The key.
        others: The other keys, such as OAUTH_CHAT_SECRET.
    """
    head, word = key[:-3], key[-3:]
    parts = words(head)
    if word not in {"KEY", "key"} or "ACCESS" in parts or CONSUMER_WORDS.isdisjoint(parts):
        return False
    return head + ("SECRET" if word.isupper() else "secret") in others


def _is_one_word(key: str) -> bool:
    return len(words(key.rpartition(".")[2])) == 1


def is_ambiguous(key: str, container: str) -> bool:
    """Return whether a key such as "token" can also occur in a file with other data.

    Args:
        key: The key.
        container: The name of the object that has the key.
    """
    return words(key) in AMBIGUOUS and SOURCE_WORDS.isdisjoint(words(container))
