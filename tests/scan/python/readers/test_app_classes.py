from __future__ import annotations

import pytest

METHOD = "import os\nclass C:\n    def read(self, name, d=None):\n        return os.environ.get(name, d)\n"

MOVED = {
    "an instance": f"{METHOD}conf = C()\nX = conf.read('API_KEY')",
    "a new instance": f"{METHOD}X = C().read('API_KEY')",
    "a subclass": f"{METHOD}class D(C):\n    pass\nX = D().read('API_KEY')",
    "an attribute of self": f"{METHOD}class A:\n    def __init__(self):\n        self.conf = C()\n        self.x = self.conf.read('API_KEY')",
    "self": f"{METHOD}    def x(self):\n        return self.read('API_KEY')",
    "a static method": "import os\nclass C:\n    @staticmethod\n    def read(name):\n        return os.environ[name]\nX = C.read('API_KEY')",
    "a class method": "import os\nclass C:\n    @classmethod\n    def read(cls, name):\n        return os.environ[name]\nX = C.read('API_KEY')",
    "an item": "import os\nclass C:\n    def __getitem__(self, name):\n        return os.environ[name]\nX = C()['API_KEY']",
    "a call": "import os\nclass C:\n    def __call__(self, name):\n        return os.environ[name]\nX = C()('API_KEY')",
    "the environment of self": "import os\nclass C:\n    def __init__(self):\n        self.env = os.environ\n    def x(self):\n        return self.env['API_KEY']",
    "the second base": f"{METHOD}class B:\n    def x(self):\n        return os.getenv('X')\nclass D(B, C):\n    pass\nX = D().read('API_KEY')",
    "self in a nested function": f"{METHOD}    def x(self):\n        def y():\n            return self.read('API_KEY')\n        return y",
    "a cached property": "import os\nfrom functools import cached_property\nclass C:\n    @cached_property\n    def env(self):\n        return os.environ\nX = C().env['API_KEY']",
    "a property": "import os\nclass C:\n    @property\n    def env(self):\n        return os.environ\nX = C().env['API_KEY']",
}  # fmt: skip


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in MOVED.items()])
def test_follows_the_members_of_a_class(sites, text):
    assert sites(text) == [("read", "API_KEY", "")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "class C:\n    def read(self, name):\n        return self.data.get(name) or os.environ[name]\nX = C().read('API_KEY')",
            "read() tries self.data.get first, which can have another value",
            id="another source",
        ),
        pytest.param(
            "class C:\n    def __init__(self, env=os.environ):\n        self.env = env\n    def read(self, name):\n        return self.env[name]\nX = C().read('API_KEY')",
            "read from an earlier copy of the environment: read os.environ instead",
            id="a parameter",
        ),
        pytest.param(
            "class C:\n    @property\n    def env(self):\n        if self.x:\n            return {'API_KEY': 'x'}\n        return os.environ\nX = C().env['API_KEY']",
            "read from an earlier copy of the environment: read os.environ instead",
            id="a property with two values",
        ),
        pytest.param(
            f"{METHOD}    def x(self):\n        def y(self):\n            return self.read('API_KEY')\n        return y",
            "read in an unsupported form: use os.environ.get()",
            id="another self",
        ),
        pytest.param(
            f"{METHOD}class B:\n    def x(self):\n        return os.getenv('X')\n    def read(self, name):\n        return name\nclass D(B, C):\n    pass\nX = D().read('API_KEY')",
            "read in an unsupported form: use os.environ.get()",
            id="a method of the first base",
        ),
        pytest.param(
            "class C:\n    @staticmethod\n    def of(env):\n        key = env.str('API_KEY')\n        return C(key)",
            "read from a parameter: read os.environ instead",
            id="a parameter of a static method",
        ),
    ],
)  # fmt: skip
def test_explains_methods_that_may_read_something_else(sites, text, reason):
    assert sites(f"import os\n{text}") == [("read", "API_KEY", reason)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{METHOD}X = C.other('API_KEY')", id="another method"),
        pytest.param("class C:\n    def f(self, app):\n        app.env = os.environ\n    def g(self):\n        return self.env['API_KEY']", id="an attribute of another object"),
        pytest.param("class C:\n    def read(self, n):\n        return n\nX = C().read('API_KEY')", id="no read"),
    ],
)  # fmt: skip
def test_reports_no_other_members(sites, text):
    assert sites(f"import os\n{text}") == []


def test_lists_the_read_of_a_class_with_computed_attributes(scanned):
    text = "import os\nclass C(dict):\n    def __getattr__(self, name):\n        return os.environ[name]\nKEY = C()"
    [skip] = scanned({"shop/conf/__init__.py": text}).unresolved
    assert (skip.line, skip.id) == (4, "computed-name")
