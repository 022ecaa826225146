"""Why an item was not processed: the ids of the reasons, their texts, and the report entry.

Code compares ids, never texts: a reworded text changes no behavior.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.text_enum import TextEnum

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESTART = "the app reads a rotated password only after a restart: "
_OPT_IN = ": to move it to AWS, add it to shield.toml"
_UNKNOWN_VARIABLES = ": the variables that it sets are not known"


class SkipId(TextEnum):
    """The stable id of a reason, with its text. An id is never reused."""

    # The scan cannot read or parse a file.
    UNREADABLE = "unreadable", "can't be read, or is a symbolic link to a file outside the folder"
    TOO_LARGE = "too-large", "too large"
    LARGER_THAN = "larger-than", "larger than {size} MB"
    INVALID_SOURCE = "invalid-source", "{problem}"
    TOO_DEEP = "too-deep", "nested too deeply"
    SCANNER_BUG = "scanner-bug", "not scanned because of a bug in shield, please report it: {error}"
    NEWER_SYNTAX = "newer-syntax", "in a file for a newer Python than the one that runs shield"
    INVALID_FILE_NAME = "invalid-file-name", "not UTF-8: scanned for credentials only; rename it"
    ARCHIVE = "archive", "an archive: extract it to scan its files"
    BINARY = "binary", "a text file by its name, but its content is binary"
    RULE_STOPPED = (
        "rule-stopped",
        "{rules} stopped after {number:,} matches in this file; use a narrower regex",
    )
    RULE_TIMED_OUT = "rule-timed-out", "{rules} timed out in this file: limit * and + to {{0,200}}"
    RULES_OUT_OF_BUDGET = (
        "rules-out-of-budget",
        "{rules} did not run in this file: custom rules took over {seconds:g} s; limit * and +",
    )
    PARTLY_PARSED = "partly-parsed", "too large to parse: a secret below its name is not found"
    NOTHING_TRACKED = "nothing-tracked", "custom rules scan only tracked files: git tracks none"
    GIT_FAILED = "git-failed", "git can't list the tracked files: run git status for details"
    SHALLOW_CLONE = (
        "shallow-clone",
        "the clone is shallow: fetch its older commits with git fetch --unshallow",
    )
    VERSION_UNREADABLE = (
        "version-unreadable",
        "the version of commit {commit} can't be read, or is larger than {size} MB",
    )

    # The variables that a deployment file sets are not known.
    DEPLOYMENT_UNREADABLE = "deployment-unreadable", "can't be read" + _UNKNOWN_VARIABLES
    DEPLOYMENT_TOO_LARGE = "deployment-too-large", "larger than {size} kB" + _UNKNOWN_VARIABLES
    DEPLOYMENT_INVALID_YAML = "deployment-invalid-yaml", "invalid YAML" + _UNKNOWN_VARIABLES
    DEPLOYMENT_INVALID_NAME = "deployment-invalid-name", "name not UTF-8" + _UNKNOWN_VARIABLES
    DEPLOYMENT_TOO_MANY = (
        "deployment-too-many",
        "sets variables of secrets more than {number:,} times: the others are not known",
    )
    DEPLOYMENT_HIDDEN = (
        "deployment-hidden",
        "writes a variable with escapes or not in UTF-8" + _UNKNOWN_VARIABLES,
    )
    DEPLOYMENT_OUTSIDE = "deployment-outside", "outside the app, names secrets: check its values"
    AROUND_NOT_SEARCHED = "around-not-searched", "git can't search the repository around the app"
    DEPLOYMENT_UNEXPLAINED = (
        "deployment-unexplained",
        "line {line} names {variable} beside a value in a form that shield does not recognize",
    )

    # A read cannot be moved because of the code around it.
    COMPUTED_NAME = (
        "computed-name",
        "the name of the variable is computed; keep all variables set that it can name",
    )
    TESTED_NAME = "tested-name", "tested and read by a computed name: read each secret by its name"
    SEVERAL_VARIABLES = "several-variables", "{reader} can read another variable instead"
    READS_ALL = "reads-all", "{reader} reads {variables}: keep set those of secrets that it needs"
    ALSO_COMPUTED = "also-computed", "{variable} is also read under a computed name"
    SET_UNDER_COMPUTED_NAME = "set-under-computed-name", "set or deleted under a computed name"
    SET_IN_FILE = "set-in-file", "the file also sets or deletes the variable"
    SET_BY_APP = "set-by-app", "{path}, line {line}, sets the variable: AWS would override it"
    DELETED_BY_APP = "deleted-by-app", "{path}, line {line}, deletes the variable: it stays in AWS"
    REPLACES_ENVIRON = "replaces-environ", "the file replaces os.environ: change it in place"
    SETS_VARIABLE = "sets-variable", "written into the environment, where other code reads it"
    ENVIRONMENT_COPY = (
        "environment-copy",
        "read from an earlier copy of the environment: read os.environ instead",
    )
    READS_PARAMETER = "reads-parameter", "read from a parameter: read os.environ instead"
    UNKNOWN_READER = (
        "unknown-reader",
        "{reader} is not in the app, and may read a copy of the environment: use os.environ",
    )
    TESTS_ENVIRONMENT_COPY = (
        "tests-environment-copy",
        "tests an earlier copy of the environment: test os.environ instead",
    )
    UNSUPPORTED_READ = "unsupported-read", "read in an unsupported form: use os.environ.get()"
    READS_DOTENV_FILE = (
        "reads-dotenv-file",
        "{reader} reads the file, not the environment: call load_dotenv() and use os.environ",
    )
    READS_FILE = "reads-file", "{loader} reads it from a file: let the app read a variable first"
    READS_CONFIG = "reads-config", "read from {source}: let the app read a variable there first"
    READS_AWS = "reads-aws", "{reader} already reads {service}"
    OVERRIDDEN = "overridden", "{reader} tries {other} first, which can have another value"
    FALLBACK = "fallback", "read only if {other} is not set, which is moved to AWS"
    NO_READ_MOVED = "no-read-moved", "no read of {variable} can be migrated"
    COMMAND_OPTION = "command-option", "sets an option for only one call of a command"
    ONLY_MASKED = "only-masked", "only masked in texts, and nothing else reads the variable"
    ALSO_NAMED = "also-named", "names {variable}, moved to AWS: keep it set if this code reads it"
    READ_BY_SCRIPT = "read-by-script", "read by a script, not by Python code: keep it set"
    PART_OF_VARIABLE = "part-of-variable", "part of {variable}: keep it equal to its part in AWS"
    INJECTED = "injected", "injected from AWS: remove this entry before its value in AWS"
    IN_INFRASTRUCTURE = "in-infrastructure", "its template can contain the secrets of {module}"
    IN_ANNOTATION = "in-annotation", "inside a type annotation"
    POSITION_UNKNOWN = (
        "position-unknown",
        "its position in the f-string is unknown; assign it to a variable first",
    )
    POSITION_AMBIGUOUS = (
        "position-ambiguous",
        "its position in the f-string is unknown; read the variable outside the f-string",
    )
    NESTED_FSTRING = "nested-fstring", "inside an f-string within an f-string"
    FSTRING_QUOTE = "fstring-quote", "reuses the quote of the f-string, which requires Python 3.12"
    SUSPENDS = "suspends", "awaits or yields, which a lambda cannot do"
    ASSIGNS_INSIDE = "assigns-inside", "assigns with := inside the read"
    DEPENDS_ON_FRAME = "depends-on-frame", "calls {function}(), which differs in a lambda"
    INVALID_VARIABLE = "invalid-variable", "not a valid name of an environment variable"

    # A field of a pydantic settings class.
    NEEDS_SOURCE = (
        "needs-source",
        "pydantic reads it when the settings are created: it needs a settings source",
    )
    FIELD_NAME_COMPUTED = "field-name-computed", "the field computes the name of its variable"
    CLASS_NAMES_COMPUTED = "class-names-computed", "the class computes the names of its variables"
    CLASS_ON_ONE_LINE = "class-on-one-line", "the class is defined on one line"
    HAS_SOURCES = "has-sources", "the class already has {method}(): add the secret to it"
    BASE_HAS_SOURCES = "base-has-sources", "a base class has {method}(): add the secret to it"
    CONFIG_IN_OTHER_FORM = "config-in-other-form", "its configuration is not a class Config"
    ALSO_PYDANTIC_SETTINGS = "also-pydantic-settings", "the file also uses pydantic-settings"
    READ_AS_JSON = "read-as-json", "pydantic reads it as part of the JSON of a settings field"
    SEVERAL_FIELDS = (
        "several-fields",
        "several settings fields have this class as their type: each reads another variable",
    )

    # A literal cannot be moved.
    OUTSIDE_SETTINGS = "outside-settings", "not in settings: read it from an environment variable"
    TEST_VALUE = "test-value", "a value of settings for development or tests"
    EXAMPLE_VALUE = "example-value", "a placeholder in an example that users copy"
    PLACEHOLDER = "placeholder", "a placeholder: to move a real value, read it from a variable"
    SCHEMA_DEFAULT = "schema-default", "default of a pydantic field, which is part of the schema"
    REVIEWED = "reviewed", "a comment says that it is not a secret, such as noqa: S105 or nosec"
    TEST_CLASS = "test-class", "in the class {name}, which is for tests"
    BUILD_CLASS = "build-class", "in the class {name}, which is for builds and has a default"
    DEVELOPMENT_CLASS = "development-class", "in the class {name}, which is for development"
    SEVERAL_VALUES = "several-values", "several values are assigned to this name"
    DEVELOPMENT_VALUE_IN_FILE = (
        "development-value-in-file",
        "the literal for development stays; line {line} reads {variable}",
    )
    DEVELOPMENT_DEFAULT = "development-default", "development value: the default of {variable}"
    DEVELOPMENT_VALUE_ALSO_READ = (
        "development-value-also-read",
        "development value: the app also reads the variable {variable}",
    )
    DEVELOPMENT_VALUE_OVERWRITTEN = (
        "development-value-overwritten",
        "development value: {path} sets {setting} to another value",
    )
    DEVELOPMENT_VALUE_PYDANTIC = (
        "development-value-pydantic",
        "the default of {variable}: move the value to .env, then remove it here",
    )

    # The variable or key stays outside AWS.
    DEVELOPMENT_NAME = "development-name", "named for development or tests" + _OPT_IN
    DEVELOPMENT_FILE = "development-file", "only read by development or test settings" + _OPT_IN
    PUBLIC_KEY = "public-key", "a public key by its example or its use" + _OPT_IN
    IN_BROWSER = "in-browser", "public: {path} gives it to the browser as {name}"
    SEPARATE_LOGIN = "separate-login", "a URL without a login: the app reads {password} separately"
    PLAIN_URL = "plain-url", "a URL without credentials, set by {path}: not moved"
    SQLITE_NAME = "sqlite-name", "the name of an SQLite database in at least one of the settings"
    SET_BY_DEPLOYMENT = "set-by-deployment", "set by {path}, and not a secret"
    IGNORED = "ignored", "ignored in shield.toml"
    ALREADY_INJECTED = "already-injected", "{path} already injects it from AWS: not moved"
    INJECT_INSTEAD = "inject-instead", "{path} injects most secrets from AWS: add it there"
    DEVELOPMENT_STAGE = "development-stage", "read by test settings, which don't read AWS"
    LOCAL_STAGE = "local-stage", "read by settings for local development, where AWS is off"
    READ_BY_BOTO3 = "read-by-boto3", "part of temporary credentials, which boto3 reads itself"
    READ_BY_LIBRARY = (
        "read-by-library",
        "{function}() reads the variable itself: pass the value as an argument first",
    )
    SET_BY_PLATFORM = "set-by-platform", "set by the platform, which changes it with each binding"
    SET_BY_ADDON = "set-by-addon", "set by {addon}" + _OPT_IN
    BUILT_BY_CHART = "built-by-chart", "{path} builds it, maybe for each release: not moved"
    SIGNS_IN = "signs-in", "boto3 signs in with it where the app has no IAM role: not moved"
    FOLDER_NOT_SCANNED = (
        "folder-not-scanned",
        "not rewritten because of its folder: keep the variables set: {variables}",
    )
    LIBRARY_SETTINGS = (
        "library-settings",
        "not in the app: the star import of {modules} probably sets it; not moved",
    )
    KEY_FROM_FILE = "key-from-file", "comes from a file, not from a variable: not moved"
    KEY_GENERATED = "key-generated", "generated by the app, not read from a variable: not moved"
    KEY_IN_EXEC = "key-in-exec", "not found: a file that exec() runs probably sets it: not moved"
    KEY_IN_LOCAL_SETTINGS = (
        "key-in-local-settings",
        "not found: {module}, which is not in the app, probably sets it: not moved",
    )
    LOCAL_SETTINGS = "local-settings", "{module}, which is not in the app, may set another value"

    # A value with a secret-like name is not a secret.
    HARMLESS_NAME = "harmless-name", "not a secret by its name: {word}"
    HARMLESS_BOOLEAN = "harmless-boolean", "read as a boolean, not a secret"
    HARMLESS_NUMBER = "harmless-number", "read as a number, not a secret"
    HARMLESS_PATH = "harmless-path", "used as the path of a file, not a secret"
    TLS_KEY_PATH = "tls-key-path", "a path, like {other}; if it is a key, add it to shield.toml"
    HARMLESS_ENTRY = "harmless-entry", "the name of a database, cache or secret"
    HARMLESS_TEMPLATE = "harmless-template", "a template, not a value"
    HARMLESS_LABEL = "harmless-label", "looks like a name or an address, not a secret"
    HARMLESS_CHOICE = "harmless-choice", "a name to choose, such as that of a model, not a secret"
    HARMLESS_OUTSIDE_SETTINGS = "harmless-outside-settings", "not in settings, and not secret-like"

    # The file cannot import the runtime.
    OTHER_APP = "other-app", "belongs to another app: run shield in {folder}"
    OUTSIDE_APP = "outside-app", "outside the app in {folder}, which has the most secrets"
    OUTSIDE_PACKAGES = "outside-packages", "outside the packages that can import the runtime"
    INSTANCE_FOLDER = "instance-folder", "Flask loads it by path: the runtime may not be importable"
    SCRIPT = "script", "run as a script, so it cannot import the runtime"
    SEPARATE_SCRIPT = "separate-script", "a script beside the app, which is not rewritten"
    IMPORT_RUNS_CODE = (
        "import-runs-code",
        "importing the runtime here would run {path}, which this file does not import",
    )
    LOADED_BY_PATH = "loaded-by-path", "not known whether {function}() in {path} loads this file"

    # The rewrite of a Python file.
    NOT_IN_MANIFEST = "not-in-manifest", "not in shield.toml: run shield draft to add it"
    WOULD_NOT_COMPILE = "would-not-compile", "the rewritten file would not compile"
    WOULD_CHANGE_MEANING = (
        "would-change-meaning",
        "the rewrite would change the meaning of the file; edit it manually",
    )
    VARIABLE_TAKEN = "variable-taken", "the variables {variable} and {other} have another use"
    LITERAL_KEPT = "literal-kept", "the literal stays as a default: {problem}"
    DOTENV_DIFFERS = "dotenv-differs", "{file} has another value of {variable}"
    CODE_DIFFERS = "code-differs", "the code has several values of {variable}"
    AMBIGUOUS_CHARACTER = (
        "ambiguous-character",
        "its value has a character that readers of {file} interpret differently",
    )
    DOTENV_NOT_LOADED = (
        "dotenv-not-loaded",
        "the app does not load {file}; load it with python-dotenv first",
    )
    ENGINE_MISSING = "engine-missing", _RESTART + "ENGINE is not set in the same dict"
    ENGINE_COMPUTED = "engine-computed", _RESTART + "ENGINE is computed"
    ENGINE_UNSUPPORTED = "engine-unsupported", _RESTART + "shield has no backend for {engine}"
    ENGINE_NOT_PLAIN = "engine-not-plain", _RESTART + "ENGINE is not a simple string literal"
    DATABASE_URL = "database-url", _RESTART + "its settings come from a URL"
    DATABASE_NOT_FOUND = (
        "database-not-found",
        "code that reads a login once must restart after a rotation; shield does not edit it",
    )

    # A file other than the app's Python code can't be edited.
    NOT_UTF8 = "not-utf-8", "not valid UTF-8; save it as UTF-8"
    NOT_TEXT = "not-text", "not a text file, or UTF-16; save it as UTF-8"
    EXISTS = "exists", "already exists and was not generated by shield"
    EDITED = "edited", "edited manually; delete the file to generate it again"
    POLICY_EXISTS = (
        "policy-exists",
        "already exists and was not generated by shield; add the secrets in shield.toml to it",
    )
    TEST_EXISTS = "test-exists", "tests not written: a file with this name already exists"
    INVALID_MODULE_NAME = "invalid-module-name", "tests not written: invalid module name {module}"
    RUNTIME_EDITED = "runtime-edited", "was edited: restore it with git checkout, or delete it"
    RUNTIME_PATH_USED = (
        "runtime-path-used",
        "another file has this name; set `runtime` in shield.toml to an unused path",
    )
    MAP_BLOCKED = "map-blocked", "not updated, because {path} can't be updated"
    RUNTIME_NEWER = "runtime-newer", "from the newer version {version}; upgrade shield-ai"
    RUNTIME_SHADOWS = "runtime-shadows", "would hide a module of the standard library"
    MAP_UNKNOWN = (
        "map-unknown",
        "unknown mapping: pass SecretsManagerClient() a dict of literals, or delete the file",
    )
    MAP_COMMENTED = (
        "map-commented",
        "the mapping in it has comments; put each entry and its comma on a separate line",
    )
    SPHINX_DOCS = (
        "sphinx-docs",
        "not written: Sphinx builds the documentation without an index.md",
    )
    HUGO_DOCS = "hugo-docs", "not written: the documentation is a website of Hugo or Zola"
    DOCS_NAVIGATION = "docs-navigation", "not written: can't extend the list of pages in {path}"
    COVERAGE_MINIMUM = (
        "coverage-minimum",
        "the required test coverage may fail: add {pattern} to `omit` in the coverage settings",
    )
    NO_REQUIREMENTS = (
        "no-requirements",
        "no file with the app's dependencies found; install {requirement} where the app runs",
    )
    REQUIREMENTS_ABOVE = "requirements-above", "outside the app's folder: add {requirement} to it"
    LOCKED_REQUIREMENTS = "locked-requirements", "lock file; compile it again to add {requirement}"
    OTHER_REQUIREMENTS = (
        "other-requirements",
        "{path} declares the dependencies; if this file is used, add {requirement}",
    )
    IN_EXTRA = "in-extra", "{requirement} is in an extra: with AWS, `pip install '{target}'`"
    NOT_BUILT = "not-built", "builds only what {keys} lists: add {names}, which the app imports"
    NOT_COPIED = "not-copied", "does not copy {names}, which the copied code imports: add a COPY"
    IMAGE_IGNORES = "image-ignores", "excludes {names}, which the app imports: add {exceptions}"
    OUTDATED_PIN = "outdated-pin", "too old for boto3>=1.26: update {pins}, then add {requirement}"
    OUTDATED_VERSION = "outdated-version", "the runtime needs boto3>=1.26: update {pins}"
    LOCK_FILE = "lock-file", "lock file; run `{command}` to update it from {path}"
    INVALID_TOML = "invalid-toml", "invalid TOML: {problem}"
    NOT_EXTENDABLE = "not-extendable", "can't be extended; add {requirements} manually"

    # The plan.
    OPTIONAL_WITHOUT_VALUE = "optional-without-value", "optional, and has no value"
    SOURCES_DIFFER = "sources-differ", "{path}:{line} has another value: set one with --env-file"
    GIT_IGNORES_FILE = "git-ignores-file", "git ignores this new file; git add --force adds it"
    OLD_PYTHON = "old-python", "names Python {version}; {limit}"
    KEPT_DEFAULT = "kept-default", "for development: with AWS on, production does not use it"
    UNSET_DEFAULT = "unset-default", "set in no deployment file: production may use this default"
    KEPT_LITERAL = "kept-literal", "`shield apply --remove-literals` moves it to .env instead"
    LINE_REMAINS = "line-remains", "{problem}"  # in a deployment file
    LINK_OUT_OF_APP = "link-out-of-app", "a link to a file outside the app: edit it yourself"
    PATCHES_GETENV = "patches-getenv", "patches os.getenv(), but {path} now reads os.environ"
    LINKED_FOLDER = "linked-folder", "a link to a folder outside the app: run shield in that folder"
    NO_VARIABLE = "no-variable", "no variable is read or assigned on this line"

    # A file of a CloudTrail trail.
    TRAIL_INVALID_JSON = "trail-invalid-json", "invalid or incomplete JSON"
    TRAIL_INCOMPLETE_GZIP = "trail-incomplete-gzip", "incomplete gzip file"
    TRAIL_DAMAGED_GZIP = "trail-damaged-gzip", "damaged gzip file"
    TRAIL_INVALID_RECORDS = "trail-invalid-records", "{records}"
    TRAIL_UNREADABLE = "trail-unreadable", "{problem}"

    def reason(self, **parameters: object) -> SkipReason:
        """Return the reason with its parameters in the text."""
        return SkipReason(self, self.text.format(**parameters))


# Values that stay in the code.
KEPT = frozenset({SkipId.KEPT_DEFAULT, SkipId.UNSET_DEFAULT, SkipId.KEPT_LITERAL})


class SkipReason(msgspec.Struct, frozen=True):
    """Why an item was not processed."""

    id: SkipId
    text: str
    kept: tuple[str, ...] = ()  # variables that must stay set

    def keeping(self, variables: Sequence[str]) -> SkipReason:
        """Return the reason with the advice to keep some variables set."""
        noun = "variable" if len(variables) == 1 else "variables"
        advice = f"; keep the {noun} {' and '.join(variables)} set for it"
        return SkipReason(self.id, self.text + advice, tuple(variables))

    def entry(self, path: str, line: int = 0, name: str = "") -> Skipped:
        """Return the report entry of an item.

        Args:
            path: The file.
            line: The line; 0 for the whole file.
            name: The variable, setting, secret or rule.
        """
        return Skipped(path=path, line=line, name=name, reason=self.text, id=self.id)


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """An item that was not processed, with the reason."""

    path: str
    line: int  # 0 for the whole file
    name: str  # of the variable, setting, secret or rule; can be empty
    reason: str
    id: SkipId
