from __future__ import annotations

import ast

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.python.settings_classes.chosen_fields import chosen_fields

SETTINGS = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n"


def chosen(*fields):
    [node] = ast.parse("class S:\n" + "".join(f"    {field}\n" for field in fields)).body
    return chosen_fields(node.body)


@pytest.mark.parametrize(
    ("field", "is_chosen"),
    [
        pytest.param("LLM_KEY: str = 'OPENAI_GPT4O'", True, id="model"),
        pytest.param("LLM_KEY: str = 'GEMINI_2.5_FLASH'", True, id="version with a dot"),
        pytest.param("llm_key: str = Field('gpt-4o-mini')", True, id="lower case"),
        pytest.param("llm_key: str = Field(default='GPT_4')", True, id="call of Field"),
        pytest.param("LLM_KEY: SecretStr = SecretStr('OPENAI_GPT4O')", False, id="type"),
        pytest.param("LLM_API_KEY: str = 'OPENAI_GPT4O'", False, id="API key"),
        pytest.param("TOKEN_KEY: str = 'OPENAI_GPT4O'", False, id="key of tokens"),
        pytest.param("LLM_KEY: str = 'CHANGE_ME'", False, id="placeholder"),
        pytest.param("LLM_KEY: str = 'YOUR_LLM_KEY'", False, id="other placeholder"),
        pytest.param("LLM_KEY: str = 'A1B2_C3D4_E5F6'", False, id="serial number"),
        pytest.param("LLM_KEY: str = 'sk-8f7a6s5d8f76as'", False, id="random text"),
        pytest.param("LLM_KEY: str = ''", False, id="empty"),
    ],
)
def test_a_field_with_the_name_of_a_model(field, is_chosen):
    assert bool(chosen(field)) is is_chosen


def test_fields_with_the_same_ending_name_a_model_too():
    assert chosen(
        "LLM_KEY: str = 'OPENAI_GPT4O'",
        "BACKUP_LLM_KEY: str | None = None",
        "COPILOT_LLM_KEY: str = ''",
        "OTHER_LLM_KEY: str = 'k3y-0f-a-test-8f7a'",
        "LLM_API_KEY: str | None = None",
        "STRIPE_KEY: str | None = None",
    ) == {"LLM_KEY", "BACKUP_LLM_KEY", "COPILOT_LLM_KEY"}


def scan(*fields, reads=""):
    files = {
        "config.py": SETTINGS + "".join(f"    {field}\n" for field in fields),
        "app.py": "import os\n" + reads,
    }
    return scan_files("shop", list(files), {p: t.encode() for p, t in files.items()}.get)


@pytest.mark.parametrize("name", ["llm_key", "LLM_KEY"])
def test_other_reads_of_a_chosen_name_are_no_secrets(name):
    reads = "def f():\n    return os.getenv('LLM_KEY'), os.getenv('STRIPE_KEY')\n"
    found = scan(f"{name}: str = 'OPENAI_GPT4O'", "backup_llm_key: str = ''", reads=reads)
    assert {site.variable for _, site in found.sites} == {"STRIPE_KEY"}
    listed = {skip.name for skip in found.harmless if skip.id is SkipId.HARMLESS_CHOICE}
    assert listed == {"LLM_KEY", "BACKUP_LLM_KEY"}


def test_a_read_with_a_secret_as_its_default_is_reported():
    reads = "A = os.getenv('LLM_KEY', 'k3y-0f-a-test-8f7a')\n"
    found = scan("llm_key: str = 'OPENAI_GPT4O'", reads=reads)
    assert {site.variable for _, site in found.sites} == {"LLM_KEY"}


def test_a_literal_with_the_name_of_a_model_is_no_secret(sites):
    models = "MODELS = {'a': {'llm_key': 'ANTHROPIC_CLAUDE4.5_HAIKU'}, 'b': {'llm_key': '%s'}}"
    assert sites(models % "gpt-4o-mini") == []
    assert len(sites(models % "k3y0f4t3stS8f7a6s5")) == 1
