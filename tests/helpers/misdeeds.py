"""Code that does what no command may do, to show that it is found."""

from __future__ import annotations

# Name -> the invariant, and the code. It runs in the folder of an app.
MISDEEDS = {
    "subprocess": ("process", "import subprocess; subprocess.run(['true'])"),
    "git without the launcher": (
        "process",
        "import subprocess; subprocess.run(['git', 'version'])",
    ),
    "os.system": ("process", "os.system('true')"),
    "os.fork": ("process", "os.fork() or os._exit(0)"),
    "os.posix_spawn": ("process", "os.posix_spawn('/bin/true', ['true'], {})"),
    "os.exec": ("process", "os.execv('/bin/true', ['true'])"),
    "open": ("write", "open('../outside', 'w')"),
    "open below a descriptor": ("write", "os.open('a', os.O_CREAT, dir_fd=os.open('..', 0))"),
    "open through a link": ("write", "os.symlink('../out', 'l'); open('l/a', 'w')"),
    "open a link": ("write", "os.symlink('../out/a', 'l'); open('l', 'w')"),
    "open in .git": ("write", "open('.git/a', 'w')"),
    "pathlib": ("write", "import pathlib; pathlib.Path('../a').write_text('')"),
    "rename": ("write", "os.rename('manage.py', '../a')"),
    "replace": ("write", "os.replace('../repository', 'a')"),
    "remove": ("write", "os.remove('../repository')"),
    "mkdir": ("write", "os.mkdir('../a')"),
    "rmdir": ("write", "os.rmdir('../out')"),
    "symlink": ("write", "os.symlink('/', '../a')"),
    "link": ("write", "os.link('manage.py', '../a')"),
    "chmod": ("write", "os.chmod('../out', 0o777)"),
    "truncate": ("write", "os.truncate('../a', 0)"),
    "shutil": ("write", "import shutil; shutil.copyfile('manage.py', '../a')"),
    "connect": ("network", "import socket; socket.create_connection(('127.0.0.1', 9))"),
    "getaddrinfo": ("network", "import socket; socket.getaddrinfo('localhost', 80)"),
    "bind": ("network", "import socket; socket.socket().bind(('127.0.0.1', 0))"),
    "socket": ("network", "import socket; socket.socket()"),
    "import": ("code", "sys.path.insert(0, ''); import click"),
    "exec": ("code", "exec(compile(open('manage.py').read(), 'manage.py', 'exec'))"),
}


# Some of it is done by a child process, which an audit hook does not see.
TRACED_MISDEEDS = """
import os, socket, subprocess
subprocess.run(["/bin/sh", "-c", ": > ../by-a-child"])
os.rename("setup.py", "../renamed")
os.mkdir("../made")
os.symlink("/", "../linked")
os.link("click.py", "../hard")
open(".git/x", "w")
os.open("written", os.O_CREAT | os.O_WRONLY, dir_fd=os.open("..", os.O_RDONLY))
os.remove("../markers/settings check")
os.symlink("../markers", "link")
open("link/a", "w")
socket.socket().connect_ex(("127.0.0.1", 9))
"""
# What it changes, relative to the parent of the app's folder.
TRACED_FILES = ("by-a-child", "renamed", "made", "linked", "hard", "app/.git/x", "written",
                "markers/settings check", "markers/a")  # fmt: skip
