"""Calls to what sends: one try each, within seconds, and what goes wrong in the words of the port.

botocore must not repeat a call by itself: a letter whose answer was lost would be sent twice without anybody knowing.
The queue repeats, later, what is worth it.
"""

from collections.abc import Callable, Collection
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from points.application.delivery.ports import DeliveryError, NotNow, Refused

CONNECT_SECONDS = 1
READ_SECONDS = 4
SEND_SECONDS = CONNECT_SECONDS + READ_SECONDS

ONE_TRY = Config(
    connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"mode": "standard", "total_max_attempts": 1}
)


def once[Answer](call: Callable[..., Answer], final: Collection[str] = (), **request: Any) -> Answer:
    """Raises Refused for the error codes that are final, NotNow for every other failure.

    What is not known to be final is tried again: a call too many is found in the dead letters, a letter too few by
    nobody. The exceptions raised here are not chained: those of AWS quote addresses.
    """
    try:
        return call(**request)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "") or "unknown"
        failure: DeliveryError = Refused(code) if code in final else NotNow(code)
    except ParamValidationError as error:
        failure = Refused(type(error).__name__)
    except (BotoCoreError, ResponseParserError) as error:
        failure = NotNow(type(error).__name__)
    raise failure
