"""What things are called, in the caller's language."""

from collections.abc import Mapping

from points.domain.program.program import Program


def text_in(language: str, texts: Mapping[str, str], program: Program) -> str | None:
    """Else in the first of the program's languages that has a text; None where there is none."""
    return next((texts[each] for each in (language, *program.languages) if each in texts), None)


def reward_title(reward: str, program: Program, language: str) -> str | None:
    """None, too, for a reward that is not in the program any more."""
    found = program.rewards.get(reward)
    return None if found is None else text_in(language, found.title, program)
