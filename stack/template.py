"""Reads template.yaml, so that the local stack and the tests cannot differ from what is deployed."""

from functools import cache
from typing import Any

import yaml

from stack.paths import TEMPLATE


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as the long ones: `!Ref x` as `{"Ref": "x"}`."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
            if suffix == "GetAtt":
                value = value.split(".", 1)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            assert isinstance(node, yaml.MappingNode)
            value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def load() -> dict[str, Any]:
    """The template as plain data."""
    # A subclass of SafeLoader that makes nothing but dictionaries.
    template = yaml.load(TEMPLATE.read_text("utf-8"), Loader=_Loader)  # noqa: S506
    assert isinstance(template, dict)
    return template


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Logical name → resource, for every resource of a type such as `AWS::SQS::Queue`."""
    return {name: item for name, item in load()["Resources"].items() if item["Type"] == kind}
