"""The part of the probe program that limits what the settings of an app can do.

They may read files and create folders in the app, which are removed afterwards. They can't write
files, start processes or connect to a server other than the agent stub.
"""

from __future__ import annotations

GUARD = r"""
FORBIDDEN = (
    "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.chmod",
    "os.chown", "os.truncate", "os.fork", "os.forkpty", "pty.spawn", "socket.bind",
    "socket.sendto", "shutil.rmtree",
)
# Events that run a program, each with the position of its path.
RUNNING = {
    "os.exec": 0, "os.posix_spawn": 0, "os.spawn": 1, "os.system": 0, "subprocess.Popen": 0,
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def is_forbidden(event, arguments):
    if event in FORBIDDEN:
        return True
    if event == "open" and arguments[0] != os.devnull:
        mode, flags = arguments[1] or "", arguments[2] or 0
        return bool(set(mode) & set("wax+") or flags & WRITING)
    if event == "socket.getaddrinfo":
        return arguments[0] != "127.0.0.1"
    if event == "socket.connect":
        return arguments[1] != ("127.0.0.1", request["port"])
    return False

created = []  # folders

def creates_own_folder(event, arguments):
    if event != "os.mkdir" or arguments[2] != -1:  # relative to an open folder
        return False
    path = os.path.realpath(os.fsdecode(arguments[0]))
    if not path.startswith(request["root"] + os.sep) or os.path.dirname(path) == tempfile.tempdir:
        return False
    if not os.path.lexists(path):
        created.append(path)
    return True

def remove_created():
    for path in reversed(created):
        try:
            os.rmdir(path)
        except OSError:  # in use
            pass

def find_program(event, arguments):
    command = os.fsdecode(arguments[RUNNING[event]])
    name = os.path.basename(command)
    if event == "os.system":
        return (command.split() or [""])[0]
    if event == "subprocess.Popen" and name == "sh" and len(arguments[1]) > 2:
        return (os.fsdecode(arguments[1][2]).split() or [""])[0]  # of the shell's command
    return name

# ctypes.util.find_library() reads the cache of the linker: this writes nothing and runs no code of
# the app. Its other ways need a compiler and a temporary file.
LIBRARY_LOOKUP = ("/sbin/ldconfig", ["/sbin/ldconfig", "-p"], {"LC_ALL": "C", "LANG": "C"})
lookups = []  # one element while subprocess.Popen may spawn the lookup

def is_library_lookup(event, arguments):
    if event == "os.posix_spawn" and lookups:
        lookups.clear()
        return tuple(arguments) == LIBRARY_LOOKUP
    if event != "subprocess.Popen":
        return False
    lookups.clear()
    program, command, folder, environ = arguments
    if folder is None and (program, command, environ) == LIBRARY_LOOKUP:
        lookups.append(event)
    return bool(lookups)

def find_no_library(name):
    return None

try:
    import ctypes.util
    ctypes.util._findLib_gcc = ctypes.util._findLib_ld = find_no_library
except ImportError:
    pass

# Settings often read the version of the app from git, which may run programs that the repository
# configures. These queries get an invented commit.
GIT_QUERIES = ("describe", "rev-list", "rev-parse", "symbolic-ref")
INVENTED_COMMIT = [sys.executable, "-I", "-S", "-c", "print('0' * 40)"]
# The current folder and the environment can decide which code Python runs.
UNUSED_OPTIONS = ("shell", "executable", "cwd", "env", "preexec_fn")

def is_git_query(command):
    words = command.split() if isinstance(command, str) else command
    words = [os.fsdecode(word) for word in words] if isinstance(words, (list, tuple)) else []
    return len(words) > 1 and words[0] == "git" and words[1] in GIT_QUERIES

def is_invented_commit(event, arguments):
    if event == "subprocess.Popen":
        return tuple(arguments) == (sys.executable, INVENTED_COMMIT, None, None)
    # Since Python 3.13, subprocess.Popen calls os.posix_spawn.
    started = (sys.executable, INVENTED_COMMIT)
    return event == "os.posix_spawn" and (arguments[0], list(arguments[1])) == started

def replace_git_queries():
    import subprocess

    start = subprocess.Popen.__init__

    def start_or_invent(self, args, *others, **options):
        if not others and is_git_query(args):
            options = {key: options[key] for key in options if key not in UNUSED_OPTIONS}
            args = INVENTED_COMMIT
        start(self, args, *others, **options)

    subprocess.Popen.__init__ = start_or_invent

has_loaded = False
denials = []  # the exceptions of the guard, each with the program

def deny(error, program=""):
    denials.append((error, program))
    raise error

def guard(event, arguments):
    if has_loaded or creates_own_folder(event, arguments) or is_library_lookup(event, arguments):
        return
    if is_invented_commit(event, arguments):
        return
    if event in RUNNING:
        # Settings may cope with a program that is not installed.
        path = arguments[RUNNING[event]]
        error = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        deny(error, find_program(event, arguments) or "?")
    if is_forbidden(event, arguments):
        deny(PermissionError("not allowed while shield loads the settings"))

def find_denial(error):
    for _ in range(20):
        for denied, program in denials:
            if denied is error:
                return denied, program
        error = error and (error.__cause__ or error.__context__)
    return None, ""
"""
