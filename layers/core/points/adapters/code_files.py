"""Files of codes in S3: each program has a folder of its own, and none can name another's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from points.adapters.dynamodb.client import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS
from points.adapters.dynamodb.failures import code_of
from points.application.coupons.ports import FileFound, FileGone
from points.application.ports import Deadline
from points.domain.errors import LedgerUnavailable

_NOT_THERE: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED: Final = frozenset({"412", "PreconditionFailed", "416", "InvalidRange"})
_SERVER_FAULT: Final = 500
_SLOW_DOWN: Final = "SlowDown"


class S3Client(Protocol):
    """What is needed of botocore's."""

    def head_object(self, *, Bucket: str, Key: str) -> Any: ...  # noqa: N803 - as S3 calls them

    def get_object(self, *, Bucket: str, Key: str, IfMatch: str, Range: str) -> Any: ...  # noqa: N803


def files_client() -> S3Client:
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
    )
    return cast("S3Client", botocore.session.get_session().create_client("s3", config=config))


class S3CodeFiles:
    """Implements :class:`points.application.coupons.ports.CodeFiles`."""

    def __init__(self, client: S3Client, bucket: str, deadline: Deadline) -> None:
        self._client = client
        self._bucket = bucket
        self._deadline = deadline

    def find(self, program: str, name: str) -> FileFound:
        with self._called():
            answer = self._client.head_object(Bucket=self._bucket, Key=_key(program, name))
        return FileFound(answer["ETag"], answer["ContentLength"])

    def part(self, program: str, name: str, found: FileFound, *, start: int, length: int) -> bytes:
        with self._called():
            answer = self._client.get_object(
                Bucket=self._bucket,
                Key=_key(program, name),
                IfMatch=found.etag,
                Range=f"bytes={start}-{start + length - 1}",
            )
            content: bytes = answer["Body"].read()
            return content

    @contextmanager
    def _called(self) -> Iterator[None]:
        if not self._deadline.leaves_time():
            raise LedgerUnavailable("there was no time left to ask for the file")
        try:
            yield
        except ClientError as error:
            if code_of(error) in _NOT_THERE:
                raise FileGone("no_such_file") from error
            if code_of(error) in _CHANGED:
                raise FileGone("changed") from error
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status >= _SERVER_FAULT or code_of(error) == _SLOW_DOWN:
                raise LedgerUnavailable("the store of files failed to answer") from error
            raise
        except (HTTPClientError, NoConnectionError, IncompleteReadError, ResponseParserError) as error:
            raise LedgerUnavailable("the store of files gave no answer") from error


def _key(program: str, name: str) -> str:
    return f"{program}/{name}"
