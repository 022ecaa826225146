from __future__ import annotations

import re

from exporting import ACCOUNT, MANIFEST, RESOURCES

from shield_ai.aws.desired.description import find_descriptions


def test_each_description_has_its_own_place():
    orders = [description.order for description in find_descriptions()]
    assert orders == sorted(set(orders))


def test_all_descriptions_are_used():
    found = [
        resource
        for description in find_descriptions()
        for resource in description.describe(MANIFEST, ACCOUNT, lambda _: None)
    ]
    assert [resource for resource in RESOURCES if resource.kind != "secret"] == found
    assert len({resource.key for resource in found}) == len(found)


def test_resources_come_after_those_whose_arn_they_contain():
    seen = set()
    for resource in RESOURCES:
        if resource.kind in {"alarm", "event-rule", "rotation", "schedule"}:
            for kind, name in re.findall(
                r"arn:aws:(lambda|sns|sqs):[^\"']*?:([\w-]+)'", str(resource.settings)
            ):
                assert (kind, name) in seen
        service = {"function": "lambda", "topic": "sns", "queue": "sqs"}.get(resource.kind)
        if service:
            seen.add((service, resource.name))
