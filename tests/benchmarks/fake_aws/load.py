"""How many calls a second the fake AWS answers: a raw load without latency, from a process of its own.

    python -m tests.benchmarks.fake_aws.load PORT

The load is DescribeKey and GetKeyRotationStatus of one account's keys in turn, over keep-alive connections.
"""

import asyncio
import json
import sys
import time

CONNECTIONS = 32
SECONDS = 3.0
KEYS = 2000
_HEAD = (
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: TrentService.{operation}\r\n"
    "Content-Type: application/x-amz-json-1.1\r\nUser-Agent: load\r\nX-Amz-Date: 20260101T000000Z\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/eu-central-1/kms/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={signature}\r\n"
    "Content-Length: {length}\r\n\r\n"
)


def _requests() -> list[bytes]:
    return [
        (_HEAD.format(operation=operation, signature="0" * 64, length=len(body)) + body).encode()
        for number in range(KEYS)
        for body in (json.dumps({"KeyId": f"00000000-0000-4000-8000-{number:012}"}),)
        for operation in ("DescribeKey", "GetKeyRotationStatus")
    ]


class _Caller(asyncio.Protocol):
    """Sends one request after the other over one connection, until it is told to stop."""

    def __init__(self, requests: list[bytes]) -> None:
        self.answered = 0
        self._requests = requests
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport
            transport.write(self._requests[0])

    def data_received(self, data: bytes) -> None:
        """An answer is a single piece of data: it is short, and the way is short."""
        if self._transport is None or not data.endswith(b"}"):
            raise RuntimeError("the fake AWS answered in pieces")
        self.answered += 1
        self._transport.write(self._requests[self.answered % len(self._requests)])

    def stop(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def _load(port: int) -> float:
    loop, requests = asyncio.get_running_loop(), _requests()
    callers = [
        (await loop.create_connection(lambda: _Caller(requests), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    begun, before = time.monotonic(), sum(caller.answered for caller in callers)
    await asyncio.sleep(SECONDS)
    pace = (sum(caller.answered for caller in callers) - before) / (time.monotonic() - begun)
    for caller in callers:
        caller.stop()
    return pace


if __name__ == "__main__":
    print(json.dumps({"calls_a_second": asyncio.run(_load(int(sys.argv[1])))}))  # noqa: T201 - for the parent
