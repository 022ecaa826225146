"""Classify files by path: code, configuration, tests, documentation, archives, generated files."""

from __future__ import annotations

import functools
import re

from shield_ai.model.words import word_set
from shield_ai.project.layout import is_env_example
from shield_ai.project.perf.lazy_regex import regex

TESTS = regex(
    r"(^|/)(tests?|testing|__tests__|spec|specs|e2e|fixtures?|mocks?|cassettes|__snapshots__|testdata|test[_-][\w-]+"
    r"|[\w-]+[_-](tests?|fixtures?|mocks?)|suites|(unit|e2e|reg|smoke|func|functional|integration|load|perf|stress)tests?"
    r"|molecule)/"
    r"|(^|/)\w*tests?/(unit|integration|functional|acceptance|regression|e2e)/"
    r"|(^|/)(test(ing)?[_-][\w.-]+|([\w.-]+[._-])?(e2e|test[_-]?data)([_-][\w-]+)?\.\w+|[\w.-]+[_.-](test|tests|testing|spec)\.\w+|conftest\.py|(tests?|mocks?|fixtures?)\.\w+"
    r"|dockerfile[_.-]tests?|pytest\.ini|tox\.ini)$"
    r"|(^|[/_.-])(fake|dummy|mock)[_.-][^/]*$"
    r"|(^|/)\.env[._-]([\w.-]*[._-])?(tests?|testing|e2e|unit)([._-][\w.-]*)?$",
    re.IGNORECASE,
)
DOCUMENTS = regex(
    r"(^|/)(docs?|documentation|man|wiki|tutorials?)/|\.(md|rst|adoc|txt|html?|tex|ipynb)$"
    # but not the folder news and the module history.py
    r"|(^|/)(README([._-][^/]*)?|(CHANGES|CHANGELOG|NEWS|HISTORY)([._-][\d._x-]*)?|METADATA|PKG-INFO)$"
    # configuration of documentation tools, with examples of requests
    r"|(^|/)\.?(antora|docusaurus|jsdoc|mkdocs|readthedocs|redocly?|spectaql|typedoc|vitepress"
    r"|vuepress)([./_-]|$)",
    re.IGNORECASE,
)
EXAMPLES = regex(
    r"(^|/)(examples?|samples?|demos?|quickstarts?)/"
    # but not template.yaml, the default name of AWS SAM and Azure
    r"|(^|[./_-])(?!(?<![._-])template\.(ya?ml|json)$)(example|sample|template|dist|tmpl|tpl)([./_-]|$)"
    # but not default_settings.py, which apps use unchanged
    r"|((^|[/_-])default(?!(_\w+)?\.py$)|\.default)([./_-]|$)",
    re.IGNORECASE,
)
# Files for development and continuous integration, where weak passwords are common.
DEVELOPMENT = regex(
    r"(^|[/._-])((run|start)?dev|devel|development|devstack|local|ci|docker|compose|vagrant|devcontainer|regtest|sandbox)"
    r"([/._-]|$)"
    r"|(^|/)(\.github|\.circleci|\.gitlab|\.buildkite|\.semaphore)/"
    r"|(^|/)(helm|charts?)/(.*/)?values\.ya?ml$"  # the defaults of a chart
    r"|(^|/)(docker-?compose|dockerfile|containerfile|makefile|taskfile|justfile|jenkinsfile"
    r"|vagrantfile|\.gitlab-ci|\.travis|azure-pipelines|bitbucket-pipelines|appveyor"
    r"|\.?(cirrus|cirun|drone|woodpecker|wercker|codeship)[.-])[^/]*$",
    re.IGNORECASE,
)
# Configuration that only developers use.
DEVELOPMENT_CONFIG = regex(
    r"(^|[/._-])(dev|devel|development|local|localdev|devcontainer|override)[/._-]([\w./-]*\.)?"
    r"(ya?ml|ini|toml|conf|cfg|json)$"
    # settings/local.py and settings_dev.py, but not local_settings.py, which servers have, too
    r"|(^|/)(settings?|configs?|conf)[/._]([\w/]+/)?(dev|devel|development|local|localdev)\.py$"
    r"|(^|/)(dev|devel|development)[._](settings|config)\.py$"
    r"|(^|/)([\w-]+[_-])?local[_-]?dev(elopment)?([_-][\w-]+)?(\.(ba|z)?sh)?$",
    re.IGNORECASE,
)
# The defaults of a chart, in which comments are examples of other values:
# https://helm.sh/docs/chart_best_practices/values/
CHART_DEFAULTS = regex(r"(^|/)(helm|charts?)/(.*/)?values(-[\w-]+)?\.ya?ml$", re.IGNORECASE)
# Copies of JavaScript libraries and Yarn, and OpenAPI descriptions, which contain example values.
THIRD_PARTY = regex(
    r"(^|/)(vendors?|vendored|third[_-]?party|bower_components|node_modules|jspm_packages)/(.*/)?"
    r"[^/]+\.[cm]?js$"
    r"|(^|/)(swagger-ui|jquery|bootstrap|angular|qunit|lodash|moment|tinymce|ckeditor|d3|vue|react)"
    r"(ui)?(v?\d[\w.-]*|[._-][\w.-]*)?(?<!\.config)\.js$"
    r"|[._-]bundle\.js$|\.min\.json$"
    r"|(^|/)\.yarn/(releases|plugins|sdks)/|(^|/)\.pnp\.[cm]?js$"
    r"|(^|/)([\w.-]*[_.-])?(openapi|swagger)([_.-][\w.-]*)?\.(json|ya?ml)$"
    r"|(^|/)(openapi|swagger)/[^/]+\.(json|ya?ml)$",
    re.IGNORECASE,
)
# Translation files: a value under "password" is the word for it in another language.
TRANSLATIONS = regex(
    r"(^|/)(i18n|l10n|locales?|langs?|languages?|([\w-]+[_-])?translations?)/"
    r"|(^|/)(\w+[_.-])?[a-z]{2}[_-][A-Z]{2}\.(json|ya?ml|properties|ts|js|php|xml)$"
    r"|(^|/)(translations?|i18n|locales?)\.(json|ya?ml|properties|tsx?|m?js|php|xml)$"
    r"|(^|/)((messages|strings|translations?|locale|lang)[_.-])?"
    r"(ar|bg|ca|cs|da|de|el|en|es|et|fa|fi|fr|he|hi|hr|hu|id|it|ja|ko|lt|lv|nb|nl|pl|pt|ro|ru"
    r"|sk|sl|sr|sv|th|tr|uk|vi|zh)"
    r"\.(json|ya?ml|properties|ts|js|php|xml)$"
)


# Files in which a value may be unquoted, by name, prefix, part of the name, and extension.
CONFIG_NAMES = word_set("jenkinsfile vagrantfile makefile .netrc .pgpass .npmrc .pypirc")
CONFIG_PREFIXES = (".env", "dockerfile")
CONFIG_PARTS = (".properties.", ".env.", ".conf.")  # shop.properties.oracle, prod.env.old
CONFIG_EXTENSIONS = word_set(
    """
    yaml yml ini cfg conf cnf config toml properties sh bash zsh fish ksh csh env envrc tfvars hcl
    tf example sample template tmpl gotmpl tpl j2 jinja jinja2 dist default service plist desktop
    dockerfile local development production staging testing ps1 bat cmd reg txt md rst log sql
    http rest curlrc mk erb ldif rsp cf bats adoc sls
    """
)
TEXT_EXTENSIONS = word_set("py json json5 jsonc xml js mjs cjs jsx tsx php rb java cs go html")
BINARY_EXTENSIONS = word_set(
    """
    png jpg jpeg gif ico ai eps webp bmp tif tiff avif mp3 mp4 m4a m4v wav ogg flac avi mov mkv
    webm woff woff2 ttf otf eot so dylib dll exe a o obj lib pyc pyo pyd class wasm mo npy npz pkl
    pickle parquet h5 hdf5 pt onnx bin dat db sqlite sqlite3 pdf psd doc docx xls xlsx ppt pptx odt
    svgz gpg kdbx node pack idx
    """
)
ARCHIVE_EXTENSIONS = word_set(
    "zip tar tgz gz bz2 xz zst 7z rar whl egg jar war ear deb rpm apk ipa dmg iso nupkg"
)
# Lock files, which contain many digests.
LOCK_FILES = frozenset(
    {"package-lock.json", "pnpm-lock.yaml", "go.sum", "conda-lock.yml", "RECORD"}
)
# Text files that rarely contain secrets: translations, images, styles, source maps, lock files.
GENERATED_EXTENSIONS = word_set("po pot xlf xliff svg css map lock sum")
UNSCANNABLE_EXTENSIONS = BINARY_EXTENSIONS | ARCHIVE_EXTENSIONS | GENERATED_EXTENSIONS
ALL_TEXT_EXTENSIONS = CONFIG_EXTENSIONS | TEXT_EXTENSIONS


def is_non_production(path: str) -> bool:
    """Return whether a file belongs to the tests, the documentation or the examples."""
    folder, slash, name = path.rpartition("/")
    return _is_non_production_folder(folder + slash) or _has_non_production_name(name)


def _has_non_production_name(part: str) -> bool:
    if TESTS.search(part) or DOCUMENTS.search(part) or EXAMPLES.search(part):
        return True
    return is_env_example(part)


# Cached, because many files share a folder.
_is_non_production_folder = functools.lru_cache(maxsize=4096)(_has_non_production_name)


def is_test(path: str) -> bool:
    """Return whether a file belongs to the tests."""
    return bool(TESTS.search(path))


def is_development_file(path: str) -> bool:
    """Return whether a file configures development, containers or continuous integration."""
    return bool(DEVELOPMENT.search(path))


def is_development_config(path: str) -> bool:
    """Return whether a file has the name of a configuration that only developers use."""
    return bool(DEVELOPMENT_CONFIG.search(path))


def is_chart_defaults(path: str) -> bool:
    """Return whether a file has the default values of a Helm chart."""
    return bool(CHART_DEFAULTS.search(path))


def is_third_party(path: str) -> bool:
    """Return whether a file is a copy of a JavaScript library, or an OpenAPI description."""
    return bool(THIRD_PARTY.search(path))


@functools.lru_cache(maxsize=8)  # called for each value in a file
def is_translation(path: str) -> bool:
    """Return whether a file contains translated texts of a user interface."""
    return bool(TRANSLATIONS.search(path))


@functools.lru_cache(maxsize=8)  # called a few times for each file
def allows_unquoted(path: str) -> bool:
    """Return whether a file may contain values without quotes."""
    name = path[path.rfind("/") + 1 :].lower()
    stem, _, extension = name.rpartition(".")
    if not stem or extension in CONFIG_EXTENSIONS:
        return True
    if name.startswith(CONFIG_PREFIXES):
        return True
    return any(part in name for part in CONFIG_PARTS)


def is_text_by_name(path: str) -> bool:
    """Return whether the programs that read a file expect text, by its extension or name."""
    name = path.rpartition("/")[2].lower()
    if _extension(name) in ALL_TEXT_EXTENSIONS:
        return True
    return name.startswith(CONFIG_PREFIXES) or name in CONFIG_NAMES


def is_archive(path: str) -> bool:
    """Return whether a file must be unpacked before it can be scanned."""
    return _extension(path) in ARCHIVE_EXTENSIONS


def is_scannable(path: str) -> bool:
    """Return whether a file is worth scanning: not binary, an archive, generated or minified."""
    if _extension(path) in UNSCANNABLE_EXTENSIONS or path.endswith((".min.js", ".min.css")):
        return False
    return path.rpartition("/")[2] not in LOCK_FILES


def _extension(path: str) -> str:
    _, dot, extension = path.rpartition(".")
    return extension.lower() if dot else ""
