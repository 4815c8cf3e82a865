"""The sandbox's own HTTP: `/sandbox/faults` and `/sandbox/calls`, in JSON."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from deploy.sandbox.aws.calls import Calls
from deploy.sandbox.aws.faults import LEVERS, Faults

Answer = tuple[int, Mapping[str, str], bytes]


class Control:
    def __init__(self, faults: Faults, calls: Calls) -> None:
        self._faults = faults
        self._calls = calls

    def answer(self, environ: Mapping[str, Any], body: bytes) -> Answer:
        match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
            case "GET", "/sandbox/calls":
                return _json(200, self._listed(parse_qs(environ.get("QUERY_STRING", ""))))
            case "DELETE", "/sandbox/calls":
                self._calls.clear()
                return _json(200, [])
            case "GET", "/sandbox/faults":
                return _json(200, self._faults.as_json())
            case "POST", "/sandbox/faults":
                return self._pull(body)
            case "DELETE", "/sandbox/faults":
                self._faults.clear()
                return _json(200, self._faults.as_json())
            case _:
                return _json(404, {"error": "there are /sandbox/faults and /sandbox/calls", "levers": LEVERS})

    def _listed(self, query: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        """Newest first; `?action=EnableKeyRotation` and `?limit=20` narrow it."""
        newest_first = reversed(self._calls.all())
        wanted = set(query.get("action", []))
        found = [call.as_json() for call in newest_first if not wanted or call.action in wanted]
        return found[: int(query.get("limit", ["1000"])[0])]

    def _pull(self, body: bytes) -> Answer:
        """`{"lever": "throttle", "account": "111111111111", "times": 3}`."""
        try:
            asked = json.loads(body)
            self._faults.apply(str(asked.pop("lever", "")), asked)
        except (ValueError, TypeError, AttributeError) as error:
            return _json(400, {"error": str(error), "levers": LEVERS})
        return _json(200, self._faults.as_json())


def _json(status: int, value: object) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()
