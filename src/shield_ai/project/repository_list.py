"""Parse the repositories that `shield scan --repos` lists, and separate credentials from URLs.

https://git-scm.com/docs/git-clone#_git_urls
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from shield_ai.model.errors import SourceError
from shield_ai.project.perf.lazy_regex import regex

_URL = regex(r"([a-z][a-z\d+.-]*)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_SSH_SHORT_FORM = regex(r"[\w.-]+@[\w.-]+:[^@?#]*")  # user@host:path
_SCHEMES = {"file", "git", "http", "https", "ssh"}
_CREDENTIALS_HINT = (
    "write credentials as https://USER:TOKEN@HOST/PATH, and in them and in the path / as %2F, "
    "@ as %40, ? as %3F and # as %23"
)


@dataclass(frozen=True)
class Repository:
    """A folder, or a repository that git clones."""

    name: str  # the folder, or the URL without credentials
    url: str = ""  # what git clones; empty for a folder
    credentials: str = field(default="", repr=False)  # `user:token` for HTTP


def parse_repository(text: str) -> Repository:
    """Parse a folder, a bare repository or a URL.

    Raises:
        SourceError: The text is a URL that git does not support, or part of it could be a
            credential in the wrong place. The message does not quote it.
    """
    if _is_bare(text):
        return Repository(text, Path(text).absolute().as_uri())
    if _SSH_SHORT_FORM.fullmatch(text):
        return Repository(text, text)
    url = _URL.fullmatch(text)
    if url is not None:
        return _parse_url(url[1].lower(), url[2], url[3])
    if re.search("[@?#]", text) and not os.path.lexists(text):
        raise SourceError("neither a folder nor a URL that git supports", _CREDENTIALS_HINT)
    return Repository(text)


def _parse_url(scheme: str, authority: str, path: str) -> Repository:
    if scheme not in _SCHEMES:
        raise SourceError("the URL's scheme is not supported", "use https, http, ssh, git or file")
    # a password with an unescaped slash ends the authority, and its rest is in the path
    is_local = scheme == "file" and not authority
    if re.search("[?#]" if is_local else "[@?#]", path):
        raise SourceError("the path of the URL contains @, ? or #", _CREDENTIALS_HINT)
    user, _, host = authority.rpartition("@")
    name = f"{scheme}://{host}{path}"
    if scheme in {"http", "https"}:
        return Repository(name, name, user)
    login = re.split(":|%3a", user, maxsplit=1, flags=re.IGNORECASE)[0]
    if scheme == "ssh" and login:
        return Repository(name, f"ssh://{login}@{host}{path}")
    return Repository(name, name)


def _is_bare(text: str) -> bool:
    """Return whether a path is a bare repository, which must be cloned to get its files."""
    return all(os.path.lexists(f"{text}/{name}") for name in ("HEAD", "objects", "refs"))
