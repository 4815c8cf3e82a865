"""A fake AWS that answers after a fixed latency, as far as an audit of KMS keys asks it.

    python -m tests.benchmarks.fake_aws --accounts 1 --regions 1 --keys 2000 --latency 0.02

It prints its port, serves until standard input ends, and then prints how often each operation was called. A process of
its own with nothing but asyncio in it, so that it is not what is measured: see its share of CPU in the results.
"""

import argparse
import asyncio
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from urllib.parse import parse_qs

KEYS_A_PAGE, ALIASES_A_PAGE, ACCOUNTS_A_PAGE = 1000, 100, 20
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2")
TOOLING = 123456789012
ROLE_PREFIX = "ASIA"
_CREDENTIAL = re.compile(rb"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
_TARGET = re.compile(rb"(?i)x-amz-target: \w+\.(\w+)")
_LENGTH = re.compile(rb"(?i)content-length: (\d+)")
_KEY_NUMBER = re.compile(r"(\d{12})$")
_ACCOUNT_OF_ROLE = re.compile(r"iam::(\d{12}):")


@dataclass(frozen=True)
class Organisation:
    """So many keys, spread evenly over accounts and Regions."""

    accounts: int
    regions: int
    keys: int

    def keys_of(self, account: int, region: str) -> range:
        """Number the keys of one target."""
        targets = self.accounts * self.regions
        position = (account - TOOLING) * self.regions + REGIONS.index(region)
        return range(self.keys * position // targets, self.keys * (position + 1) // targets)


def is_aws_managed(number: int) -> bool:
    return number % 10 == 0


def is_asymmetric(number: int) -> bool:
    return number % 10 == 1


def rotates(number: int) -> bool:
    return number % 4 != 2


def key_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


class Answers:
    """What each operation answers, as a JSON or XML document."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self.calls: Counter[str] = Counter()

    def answer(self, account: int, region: str, operation: str, asked: dict[str, str]) -> bytes:
        self.calls[operation] += 1
        made: dict[str, object] = getattr(self, f"_{operation}")(account, region, asked)
        return json.dumps(made).encode()

    def sts(self, body: bytes) -> bytes:
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.calls[asked["Action"]] += 1
        if asked["Action"] == "GetCallerIdentity":
            inner = f"<Arn>arn:aws:iam::{TOOLING}:user/bench</Arn><UserId>U</UserId><Account>{TOOLING}</Account>"
        else:
            found = _ACCOUNT_OF_ROLE.search(asked["RoleArn"])
            if found is None:
                raise ValueError(asked["RoleArn"])
            inner = (
                f"<Credentials><AccessKeyId>{ROLE_PREFIX}{found[1]}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                "<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
            )
        action = asked["Action"]
        return f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>".encode()

    def list_regions(self) -> bytes:
        self.calls["ListRegions"] += 1
        regions = REGIONS[: self._organisation.regions]
        return json.dumps(
            {"Regions": [{"RegionName": each, "RegionOptStatus": "ENABLED_BY_DEFAULT"} for each in regions]}
        ).encode()

    def _ListAccounts(self, _account: int, _region: str, asked: dict[str, str]) -> dict[str, object]:  # noqa: N802 - AWS's name
        every = range(TOOLING, TOOLING + self._organisation.accounts)
        start = int(asked.get("NextToken", 0))
        page = [
            {"Id": str(each), "Name": f"account-{each}", "State": "ACTIVE"}
            for each in every[start : start + ACCOUNTS_A_PAGE]
        ]
        more = start + ACCOUNTS_A_PAGE < len(every)
        return {"Accounts": page} | ({"NextToken": str(start + ACCOUNTS_A_PAGE)} if more else {})

    def _ListKeys(self, account: int, region: str, asked: dict[str, str]) -> dict[str, object]:  # noqa: N802 - AWS's name
        numbers = self._organisation.keys_of(account, region)
        entries = [{"KeyId": key_id(each), "KeyArn": _arn(account, region, each)} for each in numbers]
        return _page("Keys", entries, asked, KEYS_A_PAGE)

    def _ListAliases(self, account: int, region: str, asked: dict[str, str]) -> dict[str, object]:  # noqa: N802 - AWS's name
        entries = [
            {
                "AliasName": f"alias/aws/service-{each}" if is_aws_managed(each) else f"alias/team/key-{each}",
                "TargetKeyId": key_id(each),
            }
            for each in self._organisation.keys_of(account, region)
        ]
        return _page("Aliases", entries, asked, ALIASES_A_PAGE)

    def _DescribeKey(self, account: int, region: str, asked: dict[str, str]) -> dict[str, object]:  # noqa: N802 - AWS's name
        number = _number(asked)
        asymmetric = is_asymmetric(number)
        return {
            "KeyMetadata": {
                "AWSAccountId": str(account),
                "KeyId": key_id(number),
                "Arn": _arn(account, region, number),
                "CreationDate": 1_700_000_000.0,
                "Enabled": True,
                "Description": f"the key of team {number % 40}",
                "KeyUsage": "SIGN_VERIFY" if asymmetric else "ENCRYPT_DECRYPT",
                "KeyState": "Enabled",
                "Origin": "AWS_KMS",
                "KeyManager": "AWS" if is_aws_managed(number) else "CUSTOMER",
                "CustomerMasterKeySpec": "RSA_2048" if asymmetric else "SYMMETRIC_DEFAULT",
                "KeySpec": "RSA_2048" if asymmetric else "SYMMETRIC_DEFAULT",
                "MultiRegion": False,
            }
        }

    def _GetKeyRotationStatus(self, _account: int, _region: str, asked: dict[str, str]) -> dict[str, object]:  # noqa: N802 - AWS's name
        number = _number(asked)
        if not rotates(number):
            return {"KeyId": key_id(number), "KeyRotationEnabled": False}
        return {
            "KeyId": key_id(number),
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": 365,
            "NextRotationDate": 1_900_000_000.0,
        }

    def _ListResourceTags(self, _account: int, _region: str, asked: dict[str, str]) -> dict[str, object]:  # noqa: N802 - AWS's name
        return {"Tags": [{"TagKey": "team", "TagValue": f"team-{_number(asked) % 40}"}], "Truncated": False}


def _page(name: str, entries: list[dict[str, str]], asked: dict[str, str], most: int) -> dict[str, object]:
    start, limit = int(asked.get("Marker", 0)), min(int(asked.get("Limit", 50)), most)
    more = start + limit < len(entries)
    answer: dict[str, object] = {name: entries[start : start + limit], "Truncated": more}
    return answer | ({"NextMarker": str(start + limit)} if more else {})


def _arn(account: int, region: str, number: int) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{key_id(number)}"


def _number(asked: dict[str, str]) -> int:
    found = _KEY_NUMBER.search(asked["KeyId"])
    if found is None:
        raise ValueError(asked["KeyId"])
    return int(found[1])


class Connection(asyncio.Protocol):
    """One keep-alive connection: HTTP/1.1, a request at a time."""

    def __init__(self, answers: Answers, latency: float) -> None:
        self._answers = answers
        self._latency = latency
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = _LENGTH.search(head)
        if len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        asyncio.get_running_loop().call_later(self._latency, self._send, *self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        credential = _CREDENTIAL.search(head)
        if credential is None:
            raise ValueError("an unsigned request")
        key, region, service = (part.decode() for part in credential.groups())
        if service == "sts":
            return b"text/xml", self._answers.sts(body)
        if service == "account":
            return b"application/json", self._answers.list_regions()
        target = _TARGET.search(head)
        if target is None:
            raise ValueError("a request without a target")
        account = int(key.removeprefix(ROLE_PREFIX)) if key.startswith(ROLE_PREFIX) else TOOLING
        return b"application/x-amz-json-1.1", self._answers.answer(
            account, region, target[1].decode(), json.loads(body)
        )

    def _send(self, kind: bytes, content: bytes) -> None:
        if self._transport is not None:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (kind, len(content))
            self._transport.write(head + content)


async def _serve(answers: Answers, latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how the parent learns the port
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps(answers.calls), flush=True)  # noqa: T201 - how the parent learns the counts


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, kind in (("accounts", int), ("regions", int), ("keys", int), ("latency", float)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    asked = parser.parse_args()
    answers = Answers(Organisation(asked.accounts, asked.regions, asked.keys))
    asyncio.run(_serve(answers, asked.latency))


if __name__ == "__main__":
    main()
