"""In which language an answer with sentences is given."""

from points.domain.errors import InvalidRequest
from points.http.edge.problems import language_of
from points.http.edge.security import Call


def chosen_language(call: Call, asked: str | None, accept_language: str | None) -> str:
    """The one asked for, else the one preferred, else the program's first.

    Raises InvalidRequest for one that is asked for and that nothing is written in. What is only preferred cannot be
    wrong.
    """
    known = call.services.wording.languages
    if asked is None:
        return language_of(accept_language, default=call.program.languages[0])
    if asked not in known:
        raise InvalidRequest.at("?language", f"must be one of {', '.join(known)}")
    return asked
