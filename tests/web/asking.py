"""Asks a page, with the standard library's own check of what WSGI demands of both sides."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Answer:
    """What a page answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever it holds
        return json.loads(self.body)

    @property
    def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """The samples of the page of metrics, by name and labels."""
        return samples_of(self.body)


def ask(app: WSGIApplication, path: str, method: str = "GET", **environ: str) -> Answer:
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Any:  # noqa: ANN401 - WSGI's
        told[:] = [status, dict(headers)]
        return lambda _: None

    asked: dict[str, Any] = {"REQUEST_METHOD": method, **environ}
    asked["PATH_INFO"], _, asked["QUERY_STRING"] = path.partition("?")
    setup_testing_defaults(asked)
    asked["SCRIPT_NAME"] = ""
    answer: Iterable[bytes] = validator(app)(asked, start_response)
    try:
        body = b"".join(answer)
    finally:
        answer.close()  # type: ignore[attr-defined]  # the validator's own iterator has it
    return Answer(int(told[0].split()[0]), told[1], body)


def samples_of(page: bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(page.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def sample(page: Answer, name: str, **labels: str) -> float | None:
    """One sample; None where there is none."""
    return page.samples.get((name, frozenset(labels.items())))
