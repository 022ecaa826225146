"""What kind of place a path is: code, configuration, tests, documentation, or somebody else's code."""

from __future__ import annotations

import functools
import re

from shield_ai.project.perf.lazy_regex import regex

TESTS = regex(
    r"(^|/)(tests?|testing|__tests__|spec|specs|e2e|fixtures?|mocks?|testdata|test[_-][\w-]+|[\w-]+[_-]tests?|suites)/"
    r"|(^|/)(test_[\w.-]+|[\w.-]+[_.-](test|tests|spec)\.\w+|conftest\.py|tests?\.\w+)$",
    re.IGNORECASE,
)
DOCUMENTS = regex(
    r"(^|/)(docs?|documentation|man|wiki|tutorials?)/|\.(md|rst|adoc|txt|html?|tex|ipynb)$|(^|/)(README|CHANGE|NEWS|HISTORY|METADATA$|PKG-INFO$)",
    re.IGNORECASE,
)
EXAMPLES = regex(
    r"(^|/)(examples?|samples?|demos?|quickstarts?)/|(^|[./_-])(example|sample|template|dist|tmpl|tpl|default)([./_-]|$)",
    re.IGNORECASE,
)


# Texts for people, in which a password is the word for one, in some language.
TRANSLATIONS = regex(
    r"(^|/)(i18n|l10n|locales?|langs?|languages?|translations?)/"
    r"|(^|/)(\w+[_.-])?[a-z]{2}[_-][A-Z]{2}\.(json|ya?ml|properties|ts|js|php|xml)$"
    r"|(^|/)((messages|strings|translations?|locale|lang)[_.-])?"
    r"(ar|bg|ca|cs|da|de|el|en|es|et|fa|fi|fr|he|hi|hr|hu|id|it|ja|ko|lt|lv|nb|nl|pl|pt|ro|ru|sk|sl|sr|sv|th|tr|uk|vi|zh)"
    r"\.(json|ya?ml|properties|ts|js|php|xml)$"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# In these a value may stand without quotes: by the whole name, or by its ending.
CONFIGURATION_NAMES = _words("jenkinsfile vagrantfile makefile .netrc .pgpass .npmrc .pypirc")
CONFIGURATION_PREFIXES = (".env", "dockerfile")
CONFIGURATION_PARTS = (".properties.", ".env.", ".conf.")  # shop.properties.oracle, prod.env.old
CONFIGURATION = _words(
    """yaml yml ini cfg conf cnf config toml properties sh bash zsh fish ksh csh env envrc tfvars hcl tf example sample
    template tmpl tpl j2 jinja jinja2 dist default service plist desktop dockerfile local development production staging
    testing ps1 bat cmd reg txt md rst log sql http rest curlrc mk erb ldif rsp cf bats adoc sls"""
)
BINARY = _words(
    """png jpg jpeg gif ico ai eps webp bmp tif tiff avif mp3 mp4 m4a m4v wav ogg flac avi mov mkv webm woff woff2 ttf
    otf eot so dylib dll exe a o obj lib pyc pyo pyd class wasm mo npy npz pkl pickle parquet h5 hdf5 pt onnx bin dat db
    sqlite sqlite3 pdf psd doc docx xls xlsx ppt pptx odt svgz gpg kdbx node pack idx"""
)
ARCHIVES = _words("zip tar tgz gz bz2 xz zst 7z rar whl egg jar war ear deb rpm apk dmg iso nupkg")
# Written by tools, full of digests, never of secrets.
LOCKS = frozenset({"package-lock.json", "pnpm-lock.yaml", "go.sum", "conda-lock.yml", "RECORD"})
GENERATED = _words("po pot svg css map lock sum ipa")
NEVER = BINARY | ARCHIVES | GENERATED


def graded(path: str) -> bool:
    """Whether what stands here is likely only for show: tests, documentation, examples."""
    folder, slash, name = path.rpartition("/")
    return _for_show(folder + slash) or _names_show(name)


def _names_show(part: str) -> bool:
    return bool(TESTS.search(part) or DOCUMENTS.search(part) or EXAMPLES.search(part))


_for_show = functools.lru_cache(maxsize=4096)(_names_show)  # of folders, which many files share


def translated(path: str) -> bool:
    """Whether a file holds the texts of an interface, in one language or several."""
    return bool(TRANSLATIONS.search(path))


@functools.lru_cache(maxsize=8)  # a few places ask of one file
def unquoted(path: str) -> bool:
    """Whether a value may stand here without quotes."""
    name = path[path.rfind("/") + 1 :].lower()
    stem, _, ending = name.rpartition(".")
    if (
        not stem
        or ending in CONFIGURATION
        or name.startswith(CONFIGURATION_PREFIXES)
        or name in CONFIGURATION_NAMES
    ):
        return True
    return any(part in name for part in CONFIGURATION_PARTS)


def is_archive(path: str) -> bool:
    """Whether a file has to be unpacked to be looked into."""
    return _ending(path) in ARCHIVES


def worth_reading(path: str) -> bool:
    """Whether a file can hold text that a person wrote."""
    return not (
        _ending(path) in NEVER
        or path.endswith((".min.js", ".min.css"))
        or path.rpartition("/")[2] in LOCKS
    )


def _ending(path: str) -> str:
    _, dot, ending = path.rpartition(".")
    return ending.lower() if dot else ""
