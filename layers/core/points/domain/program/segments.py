"""Segments: members by the value of their core spend (R-TIER-2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """Members whose core spend over the program's segment window is at least ``threshold`` minor units."""

    name: str
    threshold: int


@dataclass(frozen=True, slots=True)
class Segments:
    months: int
    levels: tuple[Segment, ...]
