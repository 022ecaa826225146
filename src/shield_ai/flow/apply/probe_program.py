"""The program that loads the settings of an app in a process of the app's Python."""

from __future__ import annotations

from shield_ai.flow.apply.probe_guard import GUARD

# Runs with any version of the app's Python, so it uses only the standard library. A setting is
# hashed by its repr, without addresses and with sets sorted; attributes of objects are included
# to a limited depth.
_TEXT = r"""
import sys

# With -c, the first entry is the current folder: no module of the app may replace one of these.
sys.path[:] = [entry for entry in sys.path if entry]
import errno, hashlib, hmac, importlib, importlib.util, io, json, os, re, tempfile, types

request = json.load(sys.stdin)
out, sys.stdout = sys.stdout, io.StringIO()
os.environ.update(request["environ"])

# A read of a variable after an iteration over the environment belongs to a copy, such as
# dict(os.environ): the settings use only some of its variables.
names_read, names_listed, names_copied = set(), set(), set()
ENVIRON_TYPE = type(os.environ)
get_variable, iterate_names = ENVIRON_TYPE.__getitem__, ENVIRON_TYPE.__iter__

def record_read(self, name):
    value = get_variable(self, name)
    if name in names_listed:
        names_listed.discard(name)
        names_copied.add(name)
    else:
        names_read.add(name)
    return value

def record_names(self):
    for name in iterate_names(self):
        names_listed.add(name)
        yield name

# tempfile finds its folder by writing a file to it, which the settings can't do.
folders = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
folders += ["/tmp", "/var/tmp", "/usr/tmp", os.getcwd()]
usable = [f for f in folders if f and os.path.isdir(f) and os.access(f, os.W_OK | os.X_OK)]
tempfile.tempdir = os.path.abspath(usable[0]) if usable else None

@GUARD@
sys.addaudithook(guard)
replace_git_queries()
sys.path.insert(0, request["folder"])

# A database backend of shield, which reads its password from SECRET, equals Django's own.
BACKENDS = re.compile(
    r"(?:django\.db\.backends\.|[\w.]*shield_(?:ai|runtime)\.django\.|[\w.]*_)"
    r"(postgresql|mysql)(?:_psycopg2)?"
)

def show_dict(value, depth):
    engine = BACKENDS.fullmatch(str(value.get("ENGINE")))
    if engine:
        value = {k: v for k, v in value.items() if k not in ("SECRET", "SECRET_FIELDS")}
        value["ENGINE"] = engine[1]
    items = [show(k, depth) + ":" + show(v, depth) for k, v in value.items()]
    return "{" + ",".join(items) + "}"

# Classes that read the environment or an env file, which differ with AWS on.
READERS = {
    ("decouple", "AutoConfig"), ("decouple", "Config"), ("dynaconf", "LazySettings"),
    ("dynaconf", "Settings"), ("environ", "Env"), ("environs", "Env"), ("starlette", "Config"),
}

def is_environment(value):
    if isinstance(value, types.MethodType):
        return is_environment(value.__self__)
    if isinstance(value, ENVIRON_TYPE):
        return True
    for base in type(value).__mro__:
        if (str(base.__module__).partition(".")[0], base.__name__) in READERS:
            return True
    return False

def holds_environment(value):
    for held in vars(value).values():
        elements = held if isinstance(held, (list, tuple)) else [held]
        if any(is_environment(element) for element in elements):
            return True
    return False

def show_object(value, depth):
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
    if type(value).__module__ != "builtins" and hasattr(value, "__dict__") and depth < 3:
        if holds_environment(value):
            text = ""  # the repr of a dataclass includes that of its fields
        text += show(vars(value), depth + 1)
    return type(value).__name__ + ":" + text

def show(value, depth=0):
    if depth > 6:
        return "..."
    if is_environment(value):
        return "environment"
    if isinstance(value, dict):
        return show_dict(value, depth + 1)
    name = type(value).__name__
    if isinstance(value, (list, tuple)):
        return name + "[" + ",".join(show(v, depth + 1) for v in value) + "]"
    if isinstance(value, (set, frozenset)):
        return name + "{" + ",".join(sorted(show(v, depth + 1) for v in value)) + "}"
    return show_object(value, depth)

def digest(value):
    try:
        text = show(value)
    except Exception as error:
        text = "unprintable " + type(error).__name__
    for name, sample in request["samples"].items():
        if name in names_copied and len(sample) >= 8 and sample in text:
            names_read.add(name)
    raw = text.encode("utf-8", "backslashreplace")
    return hmac.new(request["key"].encode(), raw, hashlib.sha256).hexdigest()

def is_settings_class(value):
    bases = getattr(value, "__mro__", ())
    modules = [base.__module__ for base in bases if base.__name__ == "BaseSettings"]
    return any(name.partition(".")[0] in ("pydantic", "pydantic_settings") for name in modules)

def show_fields(name, settings):
    kind = type(settings)
    fields = getattr(kind, "model_fields", None) or getattr(kind, "__fields__", {})
    return {name + "." + field: digest(getattr(settings, field)) for field in fields}

def describe_class_error(name, error):
    answer["class_error"] = name + "() " + type(error).__name__
    answer["is_import_error"] = isinstance(error, ImportError)
    missing = find_missing_module(error)
    if missing:
        answer["class_error"] += " " + missing
        answer["missing_module"] = missing
    answer["fields"] = find_fields(error)

def create_settings(name, kind):
    try:
        return show_fields(name, kind())
    except Exception as error:
        if not answer.get("class_error"):
            describe_class_error(name, error)
        return {name: digest(type(error).__name__)}

def find_fields(error):
    try:
        locations = [item["loc"] for item in error.errors()[:100]]  # of pydantic
        return [".".join(map(str, location)) for location in locations]
    except Exception:
        return []

# The settings in a plain class, as in the configuration of Flask.
def show_attributes(name, kind):
    items = vars(kind).items()
    return {name + "." + key: digest(value) for key, value in items if key.isupper()}

# Settings in capitals, in a module or a class, and pydantic's settings, which a function may create
# later. If a module has none of them, its other values are compared.
def collect(module):
    values = vars(module)
    found = {name: digest(value) for name, value in values.items() if name.isupper()}
    created = {type(value) for value in values.values()}
    for name, value in sorted(values.items()):
        if is_settings_class(type(value)) and not name.isupper():
            found.update(show_fields(name, value))
        elif is_settings_class(value) and value.__module__ == module.__name__:
            if value not in created:
                found.update(create_settings(name, value))
    if not found:
        found = {name: digest(value) for name, value in values.items() if is_data(name, value)}
    for name, value in values.items():
        if type(value) is type and value.__module__ == module.__name__:
            found.update(show_attributes(name, value))
    return found

def is_data(name, value):
    return not (name.startswith("_") or callable(value) or isinstance(value, type(sys)))

def find_missing_module(error):
    try:
        name = error.name if isinstance(error, ModuleNotFoundError) else None
    except Exception:  # a property of PackageNotFoundError
        return None
    return name if isinstance(name, str) else None

def has_configurations():
    names = ("DJANGO_CONFIGURATION", "DJANGO_SETTINGS_MODULE")
    return all(map(os.environ.get, names)) and importlib.util.find_spec("configurations")

def import_plain(name):
    try:
        return importlib.import_module(name)
    except Exception as error:
        is_of_django = type(error).__name__ == "ImproperlyConfigured"
        if is_of_django and "django-configurations" in str(error):
            error.args = ("DJANGO_CONFIGURATION must be set",)
        raise

def import_settings(name):
    if not has_configurations():
        return import_plain(name)
    # As in manage.py: it puts the settings of the selected class into the module.
    from configurations import importer
    importer.install()
    try:
        return importlib.import_module(name)
    except AttributeError as error:
        if "find configuration" not in str(error):
            raise
    del os.environ["DJANGO_SETTINGS_MODULE"]
    sys.modules.pop(name, None)
    return importlib.import_module(name)  # a module without the class

def find_identifiers(error):
    names = set()
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        names.update(code.co_names, code.co_varnames)
        trace = trace.tb_next
    return sorted(names)

answer = {}
try:
    ENVIRON_TYPE.__getitem__, ENVIRON_TYPE.__iter__ = record_read, record_names
    module = import_settings(request["module"])
    answer["settings"] = collect(module)
except BaseException as error:
    answer["error"] = type(error).__name__
    answer["is_import_error"] = isinstance(error, ImportError)
    denied, answer["program"] = find_denial(error)
    answer["is_denied"] = denied is not None
    missing = find_missing_module(error)
    if missing:
        answer["error"] += " " + missing
        answer["missing_module"] = missing
    else:
        try:
            if denied is not error or not answer["program"]:
                answer["message"] = str(error)[:2000]
                answer["identifiers"] = find_identifiers(error)
            answer["fields"] = find_fields(error)
        except Exception:
            pass
has_loaded = True
answer["samples"] = sorted(names_read.intersection(request["samples"]))
remove_created()
answer["has_boto3"] = importlib.util.find_spec("boto3") is not None
out.write(json.dumps(answer) + "\n")
out.flush()
os._exit(0)
"""

PROGRAM = _TEXT.replace("@GUARD@\n", GUARD)
