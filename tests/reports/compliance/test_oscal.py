from __future__ import annotations

import json

import msgspec
import pytest
from report_samples import CLEAN, EMPTY, HOSTILE, NOW, report_data
from trestle.oscal.assessment_results import Model

from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState
from shield_ai.reports.compliance.oscal import nist_ids, oscal

STATES = {ControlState.SHOWN: "satisfied", ControlState.NOT_SHOWN: "not-satisfied"}


def load(data):
    """Load the document with the classes that compliance-trestle generates from NIST's schema."""
    return Model.model_validate(json.loads(oscal(data))).assessment_results


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(CLEAN, id="all shown"),
        pytest.param(EMPTY, id="nothing checked"),
        pytest.param(report_data(), id="mixed"),
        pytest.param(report_data(HOSTILE), id="hostile names"),
        pytest.param(report_data("\ud800 \n key"), id="a lone surrogate"),
    ],
)
def test_trestle_loads_each_state(data):
    document = load(data)
    (result,) = document.results
    states = {item.target.target_id: item.target.status.state for item in result.findings or ()}
    assert {name: state.value for name, state in states.items()} == {
        f"shield_{control.id}": STATES[control.result.state]
        for control in controls(data)
        if control.result.state in STATES
    }
    objectives = document.local_definitions.objectives_and_methods
    defined = {part.id for objective in objectives for part in objective.parts}
    assert states.keys() <= defined
    assert len(defined) == 9


def test_a_control_that_was_not_checked_has_an_observation_and_no_finding():
    (result,) = load(EMPTY).results
    assert result.findings is None
    first = result.observations[0]
    assert first.title == "No hardcoded secrets in code or configuration files"
    assert first.description == "not checked: the app was not scanned"
    assert first.methods == ["NONE"]


def test_findings_refer_to_the_evidence():
    (result,) = load(CLEAN).results
    observations = {item.uuid: item for item in result.observations}
    for finding in result.findings:
        assert all(item.observation_uuid in observations for item in finding.related_observations)
    least = next(item for item in result.findings if "least" in item.title)
    sources = [
        {prop.name: prop.value for prop in observations[item.observation_uuid].props}
        for item in least.related_observations
    ]
    assert sources[0] == {
        "source": "role-reads-own",
        "commit": "c0ffee",
        "account": "123456789012",
    }
    (component,) = result.local_definitions.components
    subjects = {item.subjects[0].subject_uuid for item in result.observations}
    assert subjects == {component.uuid}


def test_names_controls_as_the_catalog_of_nist():
    names = {control.id: nist_ids(control) for control in controls(CLEAN)}
    assert names["no-hardcoded-secrets"] == ["ia-5.7"]
    assert names["secrets-rotated"] == ["ia-5", "ac-2.1", "ac-3.15"]


def test_markup_is_escaped():
    (result,) = load(report_data("[x](javascript:y) <b>_z_")).results
    assert result.local_definitions.components[0].title == (r"\[x\](javascript:y) \<b\>\_z\_")


def test_only_times_differ_between_two_reports():
    later = msgspec.structs.replace(CLEAN, created=NOW.replace(hour=13))
    assert oscal(later) == (
        oscal(CLEAN).replace("T12:00", "T13:00").replace("2026-11-24 12", "2026-11-24 13")
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"account": "210987654321"}, id="account"),
        pytest.param({"app": "shop (staging)"}, id="environment"),
    ],
)
def test_uuids_depend_on_the_account_and_the_app(other):
    here = {item.uuid for item in load(CLEAN).results[0].findings}
    there = {
        item.uuid for item in load(msgspec.structs.replace(CLEAN, **other)).results[0].findings
    }
    assert len(here) == len(there) == 9
    assert not here & there
