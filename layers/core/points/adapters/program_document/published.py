"""The JSON Schema of a program as a file: ``python -m points.adapters.program_document.published``.

It is committed and a test compares it, so that what operators may write changes only where somebody reviews it.
"""

import json
import sys
from typing import Any

from points.adapters.program_document.schema import json_schema


def text() -> str:
    """One spelling: in the order of the document, two spaces, a newline at the end."""
    return json.dumps(_tidied(json_schema()), indent=2, ensure_ascii=False) + "\n"


def _tidied(value: Any) -> Any:
    """Markdown where docstrings have double ticks."""
    match value:
        case dict():
            return {name: _tidied(item) for name, item in value.items()}
        case list():
            return [_tidied(item) for item in value]
        case str():
            return value.replace("``", "`")
    return value


if __name__ == "__main__":
    sys.stdout.write(text())
