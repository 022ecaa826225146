"""Undo the changes of an apply in the settings of a secret, and keep later changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from shield_ai.model.resource import Settings

# Settings by (name, key). Each tag and each replica has an entry; otherwise, the key is empty.
_Flat: TypeAlias = dict[tuple[str, str], object]


def restore_settings(was: Settings, applied: Settings, live: Settings) -> tuple[Settings, bool]:
    """Return the settings to restore, and whether a setting of the apply was changed since.

    Settings that the apply did not change, or that were changed since, keep their current value.

    Args:
        was: The settings before the apply.
        applied: The settings that the apply set.
        live: The current settings.
    """
    before, after, now = _flatten(was), _flatten(applied), _flatten(live)
    restored = dict(now)
    is_changed = False
    for key in before.keys() | after.keys():
        old, new, current = before.get(key), after.get(key), now.get(key)
        if old in (new, current):  # not changed by the apply, or already restored
            continue
        if current != new:
            is_changed = True
        elif old is None:
            restored.pop(key, None)
        else:
            restored[key] = old
    return _nest(restored, live), is_changed


def _flatten(settings: Settings) -> _Flat:
    flat: _Flat = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat |= {(name, key): text for key, text in value.items()}
        elif isinstance(value, list):
            flat |= {(name, item): True for item in value}
        else:
            flat[name, ""] = value
    return flat


def _nest(flat: _Flat, live: Settings) -> Settings:
    settings: Settings = {}
    for name, value in live.items():
        if isinstance(value, dict):
            settings[name] = {key: text for (parent, key), text in flat.items() if parent == name}
        elif isinstance(value, list):
            settings[name] = sorted(item for parent, item in flat if parent == name)
        else:
            settings[name] = flat[name, ""]
    return settings
