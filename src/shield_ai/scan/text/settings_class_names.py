"""Recognize settings classes for tests by their names."""

from __future__ import annotations

from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex

CLASS_ENDING = r"(?:App)?(?:Config(?:uration)?|Settings|Environment)?"
_TEST_CLASS = regex(rf"(?:Unit)?Test(?:s|ing)?{CLASS_ENDING}")
_TEST_WORDS = word_set("TESTS PYTEST UNITTEST UNITTESTS CI")  # an A/B "test" is for production


def is_test_class(name: str) -> bool:
    """Return whether a settings class is for tests, such as `TestingConfig`."""
    return _TEST_CLASS.fullmatch(name) is not None or not _TEST_WORDS.isdisjoint(words(name))
