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


async def _ask(port: int, requests: list[bytes], until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    while time.monotonic() < until:
        writer.write(requests[answered % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.rpartition(b"Content-Length: ")[2]))
        answered += 1
    writer.close()
    return answered


async def _load(port: int) -> float:
    requests, begun = _requests(), time.monotonic()
    answered = await asyncio.gather(*(_ask(port, requests, begun + SECONDS) for _ in range(CONNECTIONS)))
    return sum(answered) / (time.monotonic() - begun)


if __name__ == "__main__":
    print(json.dumps({"calls_a_second": asyncio.run(_load(int(sys.argv[1])))}))  # noqa: T201 - for the parent
