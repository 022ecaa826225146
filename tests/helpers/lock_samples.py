"""Small lock files without boto3, and the files from which they were made."""

PROJECT = '[project]\nname = "Shop"\ndependencies = [\n    "Django>=5",\n    "zipp",\n]\n'
SOURCE = 'source = { registry = "https://pypi.org/simple" }\n'
DJANGO = f'[[package]]\nname = "django"\nversion = "5.2"\n{SOURCE}'
URLLIB3 = f'[[package]]\nname = "urllib3"\nversion = "2.6.1"\n{SOURCE}'
ZIPP = f'[[package]]\nname = "zipp"\nversion = "3.23.0"\n{SOURCE}'
SHOP = """\
[[package]]
name = "shop"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "django" },
    { name = "zipp" },
]

[package.metadata]
requires-dist = [
    { name = "django", specifier = ">=5" },
    { name = "zipp" },
]
"""
HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
UV_LOCK = f"{HEAD}\n{DJANGO}\n{SHOP}\n{ZIPP}"
