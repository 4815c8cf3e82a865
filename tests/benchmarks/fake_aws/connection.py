"""HTTP/1.1 with keep-alive, a request at a time, each answered after the latency."""

import asyncio
import re

from tests.benchmarks.fake_aws.answers import NoSuchOperationError, RefusedError
from tests.benchmarks.fake_aws.aws import Aws
from tests.benchmarks.fake_aws.protocols import Response, answered, read, refused, unknown

_LENGTH = re.compile(rb"(?i)content-length: (\d+)")
_END_OF_HEAD = b"\r\n\r\n"
_REASONS = {200: b"OK", 400: b"Bad Request", 403: b"Forbidden", 500: b"Internal Server Error"}


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, aws: Aws, latency: float) -> None:
        self._aws = aws
        self._latency = latency
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(_END_OF_HEAD)
        if not found:
            return
        length = _LENGTH.search(head)
        if len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        response = self._answer(head, body)
        if self._latency:
            self._loop.call_later(self._latency, self._send, response)
        else:
            self._send(response)

    def _answer(self, head: bytes, body: bytes) -> Response:
        call = read(head, body)
        try:
            return answered(call, self._aws.answer(call, self._loop.time()))
        except RefusedError as refusal:
            return refused(call, refusal)
        except NoSuchOperationError as error:
            return unknown(call, error)

    def _send(self, response: Response) -> None:
        if self._transport is not None and not self._transport.is_closing():
            start = b"HTTP/1.1 %d %b\r\n" % (response.status, _REASONS[response.status])
            headers = b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n" % (response.kind, len(response.content))
            self._transport.write(start + headers + response.content)
