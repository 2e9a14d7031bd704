"""What has been sent, by Powertools' idempotency: a record per notice and channel, put before and completed after.

While it says "in progress" nobody else sends. It stops saying so when the invocation that put it must have ended, so
that what was cut off is tried again: that is the one case, with a lost answer, in which a letter may go out twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aws_lambda_powertools.utilities.idempotency import (
    BasePersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
)
from botocore.config import Config

from points.adapters.delivery.calls import SEND_SECONDS
from points.application.delivery.ports import Delivery, DeliveryError, NotNow, Sending
from points.domain.reminding.notices import name_of

_RECORD_ATTEMPTS = 2
_RECORD_SECONDS = 5
"""What noting something takes at most: two tries of a second to connect and one to read, and a pause between."""

RECORD_CALL: Final = Config(
    connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": _RECORD_ATTEMPTS}
)
"""botocore may repeat them: whoever notes a second time that somebody is at it finds their own note, and comes back
later."""

ONCE_SECONDS: Final = _RECORD_SECONDS + SEND_SECONDS + _RECORD_SECONDS
"""Nothing is sent where there may be no time left to note that it was."""

KEPT_SECONDS = 90 * 24 * 3600
"""A message lies in its queue and among the dead letters for 14 days at most, and as long again each time it is moved
back: this outlives six such rounds, and the dates most notices are about."""

_ABOUT_ONE_INVOCATION = 900.0


@dataclass(frozen=True, slots=True)
class _Remaining:
    """What Powertools wants to know of Lambda's context."""

    seconds_left: Callable[[], float]

    def get_remaining_time_in_millis(self) -> int:
        return int(1_000 * max(0.0, min(self.seconds_left(), _ABOUT_ONE_INVOCATION)))


class PowertoolsSentRecords:
    """Implements :class:`points.application.delivery.ports.SentRecords`."""

    def __init__(self, store: BasePersistenceLayer, seconds_left: Callable[[], float]) -> None:
        self._store = store
        self._seconds_left = seconds_left
        self._config = IdempotencyConfig(
            expires_after_seconds=KEPT_SECONDS,
            hash_function="sha256",
            raise_on_no_idempotency_key=True,
            lambda_context=_Remaining(seconds_left),  # type: ignore[arg-type]
        )

    def once(self, delivery: Delivery, send: Callable[[], str]) -> Sending:
        if self._seconds_left() < ONCE_SECONDS:
            raise NotNow("no_time_left")
        sent = False
        failure: DeliveryError | None = None

        def sending(*, delivery: dict[str, str]) -> str:  # noqa: ARG001 - its hash is the key of the record
            nonlocal sent, failure
            try:
                answer = send()
            except DeliveryError as error:
                failure = error
                raise
            sent = True
            return answer

        attempt = idempotent_function(
            sending,
            data_keyword_argument="delivery",
            persistence_store=self._store,
            config=self._config,
            key_prefix="sent",
        )
        try:
            attempt(delivery=_key(delivery))
        except IdempotencyPersistenceLayerError as error:
            # The letter is out, or was refused, whatever became of its record.
            if sent:
                return Sending.UNRECORDED
            raise failure or NotNow(type(error).__name__) from None
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            raise NotNow(type(error).__name__) from None
        return Sending.NOW if sent else Sending.BEFORE


def _key(delivery: Delivery) -> dict[str, str]:
    return {
        "program": delivery.program,
        "member": delivery.member,
        "notice": name_of(delivery.about),
        "channel": delivery.channel,
    }
