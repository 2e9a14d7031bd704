"""What members can do (行为)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a member can do (行为). ``core`` behaviours are the reason the product exists. ``title`` is by
    language."""

    name: str
    core: bool = False
    title: Mapping[str, str] = field(default_factory=dict, compare=False)
