"""Findings to report on."""

from __future__ import annotations

from shield_ai.model.finding import Confidence, Finding, Severity, fingerprint
from shield_ai.scan.rules.pattern import csec34_rules


def finding(rule="CSEC34.environ-read", path="app/settings.py", line=1, name="SECRET_KEY", **more):
    env = more.pop("env", None)
    fields = {
        "column": 1,
        "end_line": line,
        "end_column": 9,
        "severity": csec34_rules()[rule].severity,
        "confidence": Confidence.HIGH,
        "message": csec34_rules()[rule].text(name, env),
        "fixable": True,
        "fingerprint": fingerprint(rule, path, name, 0),
        **more,
    }
    return Finding(rule=rule, path=path, line=line, name=name, env=env, **fields)


__all__ = ["Severity", "finding"]
