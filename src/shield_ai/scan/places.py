"""What kind of place a path is: code, configuration, tests, documentation, or somebody else's code."""

from __future__ import annotations

import functools
import re

from shield_ai.lazy import regex

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
# In these a value may stand without quotes.
CONFIGURATION = regex(
    r"(^|/)(\.env[^/]*|[^/]+\.env|Procfile|Dockerfile[^/]*|Containerfile|Jenkinsfile|Vagrantfile|Makefile|\.netrc|\.pgpass"
    r"|\.npmrc|\.pypirc|credentials|config|[^/.]+)$"
    r"|\.(ya?ml|ini|cfg|conf|cnf|config|toml|properties|sh|bash|zsh|fish|ksh|env|envrc|tfvars|hcl|tf|example|sample|template"
    r"|tmpl|tpl|j2|jinja2?|dist|default|service|plist|desktop|dockerfile|local|development|production|staging|testing"
    r"|ps1|bat|cmd|reg|txt|md|rst|log|sql|http|rest|curlrc|mk|erb)$",
    re.IGNORECASE,
)
# Whole languages in which a bare word is a name and never a value.
BINARY = regex(
    r"\.(png|jpe?g|gif|ico|webp|bmp|tiff?|avif|mp[34]|m4[av]|wav|ogg|flac|avi|mov|mkv|webm|woff2?|ttf|otf|eot|so|dylib|dll"
    r"|exe|a|o|obj|lib|pyc|pyo|pyd|class|wasm|mo|npy|npz|pkl|pickle|parquet|h5|hdf5|pt|onnx|bin|dat|db|sqlite3?|pdf|psd"
    r"|docx?|xlsx?|pptx?|odt|svgz|gpg|kdbx|node|pack|idx)$",
    re.IGNORECASE,
)
ARCHIVES = regex(r"\.(zip|tar|tgz|gz|bz2|xz|zst|7z|rar|whl|egg|jar|war|ear|deb|rpm|apk|dmg|iso|nupkg)$", re.IGNORECASE)
# Written by tools, full of digests, never of secrets.
LOCKS = regex(
    r"(^|/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|Pipfile\.lock|uv\.lock|pdm\.lock|composer\.lock"
    r"|Cargo\.lock|Gemfile\.lock|go\.sum|flake\.lock|conda-lock\.yml|RECORD|[\w.-]+\.lock)$"
    r"|\.(po|pot|svg|css|map|min\.js|min\.css|lock|sum|ipa)$"
)


@functools.lru_cache(maxsize=4096)
def graded(path: str) -> bool:
    """Whether what stands here is likely only for show: tests, documentation, examples."""
    return bool(TESTS.search(path) or DOCUMENTS.search(path) or EXAMPLES.search(path))


def unquoted(path: str) -> bool:
    """Whether a value may stand here without quotes."""
    return bool(CONFIGURATION.search(path))


def worth_reading(path: str) -> bool:
    """Whether a file can hold text that a person wrote."""
    return not (BINARY.search(path) or ARCHIVES.search(path) or LOCKS.search(path))
