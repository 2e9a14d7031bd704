"""Where a resource can be read again: the ``Location`` of what was made."""

from aws_lambda_powertools.event_handler.request import Request


def location_of(request: Request, path: str | None = None) -> str:
    """``path`` (the request's own unless given) as the caller reaches it: below the stage or the custom domain.

    ``requestContext.path`` is the path as it was called; what stands in front of our part of it belongs in front of
    every other path, too.
    """
    event = request.resolved_event
    called = str((event.get("requestContext") or {}).get("path") or event.path)
    base = called.removesuffix(event.path) if called.endswith(event.path) else ""
    return base + (event.path if path is None else path)
