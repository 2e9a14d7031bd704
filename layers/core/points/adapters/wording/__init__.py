"""What people read: texts by language, with numbers, dates and plurals as the language has them.

``formats`` writes single values (Babel knows how), ``catalogue`` reads the texts, ``sentences`` puts the one into the
other. Few requests want a sentence: Babel is imported for the first of them, not when a function starts.
"""

from collections.abc import Sequence

from points.application.ports import Phrase


class BabelWording:
    """Implements :class:`points.application.ports.Wording`."""

    @property
    def languages(self) -> Sequence[str]:
        return ("en", "zh-CN")

    def say(self, phrase: Phrase, language: str) -> str:
        from points.adapters.wording.sentences import sentence  # noqa: PLC0415 - see above

        return sentence(phrase, language)
