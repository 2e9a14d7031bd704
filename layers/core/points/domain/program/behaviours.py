"""What members can do (行为)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a member can do (行为). ``core`` behaviours are the reason the product exists."""

    name: str
    core: bool = False
