"""KMS paging: `Limit`, `Marker`, `Truncated`, `NextMarker`. moto 5.2 gives everything at once."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.wire import AwsError


def page(call: Call, name: str, entries: Sequence[tuple[str, Any]], *, most: int, default: int) -> Mapping[str, Any]:
    """One page of `entries`, pairs of a sort key and what is listed: a marker survives what is added and deleted."""
    limit = call.integer("Limit", 1, most, default)
    after = _after(call.parameters.get("Marker"))
    remaining = sorted(((key, value) for key, value in entries if key > after), key=lambda entry: entry[0])
    answer: dict[str, Any] = {name: [value for _, value in remaining[:limit]], "Truncated": len(remaining) > limit}
    if len(remaining) > limit:
        answer["NextMarker"] = urlsafe_b64encode(f"after {remaining[limit - 1][0]}".encode()).decode()
    return answer


def _after(marker: object) -> str:
    if marker is None:
        return ""
    try:
        text = urlsafe_b64decode(str(marker)).decode()
    except (Base64Error, UnicodeDecodeError):
        text = ""
    if not text.startswith("after "):
        raise AwsError("InvalidMarkerException", "Invalid marker")
    return text.removeprefix("after ")
