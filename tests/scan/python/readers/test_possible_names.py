from __future__ import annotations

import pytest
from shield_helpers import reason_of

COMPUTED = {
    "a choice": "import os\nK = 'A_TOKEN' if LIVE else 'B_TOKEN'\nX = os.environ[K]",
    "branches": "import os\nif LIVE:\n    K = 'A_TOKEN'\nelse:\n    K = 'B_TOKEN'\nX = os.getenv(K)",
    "an f-string": "import os\np = 'A' if LIVE else 'B'\nX = os.getenv(f'{p}_TOKEN', '')",
    "the calls of a function": "import os\ndef add(k):\n    KEYS.append(os.environ[k])\nadd('A_TOKEN')\nadd(k='B_TOKEN')",
    "a local name of the caller": "import os\np = 'GLOBAL'\ndef f(k):\n    X = os.environ[k + '_TOKEN']\ndef g():\n    p = 'A' if LIVE else 'B'\n    f(p)",
    "a parameter of the caller": "import os\np = 'GLOBAL'\ndef f(k):\n    X = os.environ[k + '_TOKEN']\ndef g(p):\n    f(p)\ng('A')\ng('B')",
    "a list of local names": "import os\na = 'GLOBAL'\ndef f(keys):\n    for k in keys:\n        X = os.environ[k]\ndef g():\n    a = 'A_TOKEN'\n    f([a, 'B_TOKEN'])",
    "pairs of local names": "import os\na = 'GLOBAL'\ndef f(pairs):\n    for k, v in pairs:\n        X = os.environ[k]\ndef g():\n    a = 'A_TOKEN'\n    f([(a, 1), ('B_TOKEN', 2)])",
    "a count beside local names": "import os\na = 'GLOBAL'\ndef f(keys):\n    for i, k in enumerate(keys):\n        X = os.environ[k]\ndef g(a):\n    f([a, 'B_TOKEN'])\ng('A_TOKEN')",
    "a default that calls the function": "import os\np = 'A_TOKEN' if LIVE else 'B_TOKEN'\ndef f(k):\n    X = os.environ[k]\ndef g(x=f(p)):\n    p = 'LOCAL_TOKEN'",
    "an index that is added up": "import os\nK = 'A_TOKEN' if LIVE else 'B_TOKEN'\nX = os.environ['' + K]",
    "a loop": "import os\nfor k in ['A_TOKEN', 'B_TOKEN']:\n    X = os.environ[k]",
    "one of several loops with one variable": "import os\nN = ['A_TOKEN', 'B_TOKEN']\nfor k in names():\n    print(k)\nfor k in N:\n    if DEBUG:\n        X = os.environ.get(k)",
    "a loop over a constant": "import os\nN = ('A_TOKEN',)\nfor k in [*N, 'B_TOKEN']:\n    X = os.environ[k]",
    "lists that are added": "import os\nN = ['A_TOKEN']\nfor k in N + ['B_TOKEN']:\n    X = os.environ[k]",
    "pairs": "import os\nfor k, d in [('A_TOKEN', 1), ('B_TOKEN', 2)]:\n    X = os.environ.get(k, d)",
    "a count beside": "import os\nfor i, k in enumerate(['A_TOKEN', 'B_TOKEN']):\n    X = os.environ[k]",
    "a mapping": "import os\nN = {'a': 'A_TOKEN', 'b': 'B_TOKEN'}\nfor a, k in N.items():\n    X = os.environ[k]",
    "the keys of a mapping": "import os\nN = {'A_TOKEN': 1, 'B_TOKEN': 2}\nX = [os.environ[k] for k in N]",
    "the values of a mapping": "import os\nX = [os.environ[k] for k in {1: 'A_TOKEN', 2: 'B_TOKEN'}.values()]",
    "a mapping of the class": "import os\nclass C:\n    N = {'A_TOKEN': 1, 'B_TOKEN': 2}\n    def f(self):\n        for k, v in self.N.items():\n            X = os.environ[k]",
    "a list of the class": "import os\nclass C:\n    N = ['A_TOKEN', 'B_TOKEN']\n    @classmethod\n    def f(cls):\n        for k in cls.N:\n            X = os.environ[k]",
    "an attribute of the class by its name": "import os\nclass C:\n    N = ['A_TOKEN', 'B_TOKEN']\n    def f(self):\n        for k in C.N:\n            X = os.environ[k]",
    "a list of a nested class": "import os\nclass C:\n    N = ['OUTER_TOKEN']\n    class D:\n        N = ['A_TOKEN', 'B_TOKEN']\n        def f(self):\n            for k in self.N:\n                X = os.environ[k]",
    "an attribute with two values": "import os\nclass C:\n    N = ['A_TOKEN']\n    if LIVE:\n        N = ['B_TOKEN']\n    def f(self):\n        for k in self.N:\n            X = os.environ[k]",
    "a list with two values": "import os\nif LIVE:\n    N = ['A_TOKEN']\nelse:\n    N = ['B_TOKEN']\nfor k in N:\n    X = os.environ[k]",
    "a mapping with two values": "import os\nif LIVE:\n    N = {1: 'A_TOKEN'}\nelse:\n    N = {1: 'B_TOKEN'}\nfor i, k in N.items():\n    X = os.environ[k]",
    "words": "import os\nfor k in 'A_TOKEN B_TOKEN'.split():\n    X = os.environ[k]",
    "words by comma": "import os\nfor k in sorted('A_TOKEN,B_TOKEN'.split(',')):\n    X = os.environ[k]",
    "ends of names": "import os\nfor p in ['A', 'B']:\n    X = os.environ[f'{p}_TOKEN']",
    "ends of names by str()": "import os\nfor p in ['A', 'B']:\n    X = os.environ[f'{p!s}_TOKEN']",
    "ends of names in capitals": "import os\nfor p in ['a', 'b']:\n    X = os.environ[f'{p.upper()}_TOKEN']",
    "names in capitals": "import os\nX = [os.environ[k.upper()] for k in ('a_token', 'b_token')]",
    "replaced characters": "import os\nfor p in ['a-token', 'b-token']:\n    X = os.environ[p.upper().replace('-', '_')]",
    "an added word": "import os\np = 'A' if LIVE else 'B'\nk = p + '_TOKEN'\nX = os.environ.get(k)",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in COMPUTED.items()])
def test_enumerates_the_variables_of_a_computed_name(scanned, text):
    [site] = [site for _, site in scanned({"shop/settings.py": text}).sites]
    assert (site.variables, reason_of(site)) == (("A_TOKEN", "B_TOKEN"), "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "import os\nfor k in os.environ:\n    X_TOKEN = os.environ[k]",
            id="a loop over everything",
        ),
        pytest.param(
            "import os\nfor k in names():\n    print(k)\nfor k in ['A_TOKEN']:\n    k = f(k)\n    X_TOKEN = os.environ[k]",
            id="a loop that changes its variable",
        ),
        pytest.param(
            "import os\nfor k in ['A_TOKEN']:\n    for k in names():\n        print(k)\n    X_TOKEN = os.environ[k]",
            id="a loop in the loop",
        ),
        pytest.param(
            "import os\nfor k in ['A_TOKEN']:\n    print(k)\nfor k in names():\n    print(k)\nX_TOKEN = os.environ[k]",
            id="after the loops",
        ),
        pytest.param(
            "import os\nN = ['A_TOKEN']\nN.append(x)\nfor k in N:\n    X_TOKEN = os.environ[k]",
            id="a list that grows",
        ),
        pytest.param(
            "import os\nclass C:\n    N = ['A_TOKEN']\n    def f(self):\n        self.N.append(x)\n        for k in self.N:\n            X_TOKEN = os.environ[k]",
            id="a list of the class that grows",
        ),
        pytest.param(
            "import os\nclass C:\n    N = ['A_TOKEN']\n    def f(self, x):\n        self.N = x\n        for k in self.N:\n            X_TOKEN = os.environ[k]",
            id="an attribute that is set",
        ),
        pytest.param(
            "import os\nclass C:\n    N = ['A_TOKEN']\n    if LIVE:\n        N = f()\n    def f(self):\n        for k in self.N:\n            X_TOKEN = os.environ[k]",
            id="an attribute with a second value that is unknown",
        ),
        pytest.param(
            "import os\nclass C:\n    N = ['A_TOKEN']\n    N.append(x)\n    def f(self):\n        for k in self.N:\n            X_TOKEN = os.environ[k]",
            id="a list of the class that grows in its body",
        ),
        pytest.param(
            "import os\nN = ['A_TOKEN']\nN += x\nfor k in N:\n    X_TOKEN = os.environ[k]",
            id="a list that is added to",
        ),
        pytest.param(
            "import os\nN = {}\nN['A_TOKEN'] = 1\nfor k in N:\n    X_TOKEN = os.environ[k]",
            id="a mapping that is filled",
        ),
        pytest.param(
            "import os\nfor k, *r in [('A_TOKEN', 1)]:\n    X_TOKEN = os.environ[k]",
            id="a starred part",
        ),
        pytest.param(
            "import os\nfor k, v in ['A_TOKEN']:\n    X_TOKEN = os.environ[k]", id="no pairs"
        ),
        pytest.param(
            "import os\nN = {'a': 'A_TOKEN', **other}\nX_TOKEN = os.environ[N['a']]",
            id="a mapping that another can replace",
        ),
        pytest.param(
            "import os\nK = 'A_TOKEN' if LIVE else other()\nX_TOKEN = os.environ[K]",
            id="not all are known",
        ),
        pytest.param(
            "import os\nfor k in ['a_token']:\n    X_TOKEN = os.environ[k.encode()]", id="no text"
        ),
        pytest.param(
            "import os\nfor p in ['ABC']:\n    X_TOKEN = os.environ[f'{p:.1}_TOKEN']",
            id="a format",
        ),
        pytest.param(
            "import os\nP = 'ABC'\nX_TOKEN = os.environ[f'{P:.1}_TOKEN']",
            id="a format of a constant",
        ),
        pytest.param(
            "import os\nfor p in ['A']:\n    X_TOKEN = os.environ[f'{p!r}_TOKEN']",
            id="a conversion",
        ),
        pytest.param(
            "import os\nfor k in ['a_token']:\n    X_TOKEN = os.environ[k.upper(1)]",
            id="a method with a wrong argument",
        ),
        pytest.param(
            "import os\nfor k in ['a_token']:\n    X_TOKEN = os.environ[k.replace('a', f())]",
            id="a method with an unknown argument",
        ),
        pytest.param(
            f"import os\nfor k in ['{'a' * 300}_token']:\n    X_TOKEN = os.environ[k.upper()]",
            id="longer than a name",
        ),
    ],
)
def test_an_unknown_computed_name_cannot_be_migrated(scanned, text):
    sites = [site for _, site in scanned({"shop/settings.py": text}).sites]
    assert [(site.variables, "computed" in reason_of(site)) for site in sites] == [((), True)]


def test_a_function_that_is_also_called_elsewhere_keeps_its_variables(scanned):
    text = "import os\ndef f(k):\n    X_TOKEN = os.environ[k]\nf('A_TOKEN')\ncall(f)"
    sites = [site for _, site in scanned({"shop/settings.py": text}).sites]
    reasons = [(site.variables, site.reason.id if site.reason else "") for site in sites]
    assert reasons == [((), "computed-name"), (("A_TOKEN",), "unsupported-read")]


def test_a_loop_keeps_harmless_variables_in_the_environment(scanned):
    text = (
        "import os\nfor k in ['DB_USER', 'LANG']:\n    globals()[k] = os.environ[k]\n"
        "D = {'USER': os.getenv('DB_USER'), 'PASSWORD': os.getenv('DB_PASSWORD'), 'NAME': 'x'}"
    )
    user, password = (site for _, site in scanned({"shop/settings.py": text}).sites)
    assert (reason_of(user), reason_of(password)) == (
        "DB_USER is also read under a computed name",
        "",
    )


def test_a_loop_is_reported_with_its_first_names(scanned):
    text = "import os\nfor k in 'A_TOKEN B_TOKEN C_TOKEN D_TOKEN LANG'.split():\n    locals()[k] = os.environ[k]"
    [(finding, _)] = scanned({"shop/settings.py": text}).sites
    assert finding.name == "A_TOKEN or B_TOKEN or C_TOKEN or D_TOKEN"
    assert "variable A_TOKEN, B_TOKEN or one of 2 others" in finding.message


def test_a_presence_test_for_several_variables_migrates_the_read_ones(scanned):
    text = "import os\nlacking = [k for k in ('A_TOKEN', 'B_TOKEN') if k not in os.environ]\n"
    one, two = (
        [site for _, site in scanned({"shop/settings.py": t}).sites]
        for t in (text + "X = os.environ['B_TOKEN']", text)
    )
    assert [(site.variables, site.other_variables, reason_of(site)) for site in one] == [
        (("B_TOKEN",), ("A_TOKEN",), ""),
        (("B_TOKEN",), (), ""),
    ]
    assert [reason_of(site) for site in two] == ["no read of A_TOKEN can be migrated"]


def test_a_loop_inside_get_secret_keeps_the_other_variables(scanned):
    text = (
        "import os\nfrom shop.utils.secrets import get_secret\nX = os.environ['B_TOKEN']\n"
        "for k in ['A_TOKEN', 'B_TOKEN']:\n    get_secret({'A_TOKEN': 'a'}, lambda: os.environ[k], env=k)"
    )
    [site] = (site for _, site in scanned({"shop/settings.py": text}).sites)
    assert (site.variable, reason_of(site)) == (
        "B_TOKEN",
        "B_TOKEN is also read under a computed name",
    )


LIST = "import os\nREQUIRED = ['A_TOKEN', 'B_TOKEN']\n"
ALSO_READ = "A_TOKEN is also read under a computed name"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param(
            "for line in open('.env'):\n    key, _, value = line.partition('=')\n"
            "    if key not in os.environ:\n        os.environ[key] = value\n",
            "",
            id="load of a file",
        ),
        pytest.param(
            "for key in load():\n    os.environ[key] = os.environ[key].strip()\n", "", id="strip"
        ),
        pytest.param(
            "for key in load(REQUIRED):\n    print(os.environ[key])\n", ALSO_READ, id="list"
        ),
        pytest.param(
            "def f():\n    return REQUIRED\nfor key in f():\n    print(os.environ[key])\n",
            ALSO_READ,
            id="function",
        ),
        pytest.param(
            "class C:\n    NAMES = REQUIRED\nfor key in C.NAMES:\n    print(os.environ[key])\n",
            ALSO_READ,
            id="class",
        ),
        pytest.param(
            "names = []\nnames.append('x')\nfor key in names:\n    print(os.environ[key])\n",
            ALSO_READ,
            id="list that changes",
        ),
    ],
)
def test_a_computed_name_in_one_file_limits_other_files(scanned, code, reason):
    found = scanned(
        {
            "shop/__init__.py": "",
            "shop/settings.py": "import os\nA = os.environ['A_TOKEN']\n",
            "shop/boot.py": LIST + code,
        }
    )
    [site] = [site for finding, site in found.sites if finding.path == "shop/settings.py"]
    assert reason_of(site) == reason


def test_lists_that_grow_exponentially(scanned):
    lists = "".join(f"A{level + 1} = [{f'*A{level}, ' * 400}]\n" for level in range(3))
    text = f"import os\nA0 = ['A_TOKEN']\n{lists}for k in A3:\n    X_TOKEN = os.environ[k]\n"
    [(_, site)] = scanned({"shop/settings.py": text}).sites
    assert site.possible_variables == ()
