"""The three pages, whichever server they stand in."""

import gzip

import pytest
from prometheus_client import CollectorRegistry, Counter

from bot.models.watch import Part, Readiness
from bot.web.pages import PATHS, Pages
from tests.web.asking import ask, sample

WELL, SICK = Part("slack", is_well=True, says="It is well."), Part("scan", is_well=False, says="It is late.")


def pages(*parts: Part, alive: bool = True) -> Pages:
    registry = CollectorRegistry()
    calls = Counter("calls", "Calls.", ["account"], registry=registry)
    calls.labels('a "name" \\ with\nlines').inc()
    return Pages(lambda: Part("process", is_well=alive, says="So it is."), lambda: Readiness(parts), registry)


@pytest.mark.parametrize(("alive", "status"), [(True, 200), (False, 503)])
def test_health_says_whether_the_process_is_alive(alive: bool, status: int) -> None:
    answer = ask(pages(alive=alive), "/healthz")
    assert (answer.status, answer.json) == (status, {"alive": alive, "says": "So it is."})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("parts", "status"), [((WELL,), 200), ((WELL, SICK), 503), ((SICK,), 503)])
def test_readiness_says_each_part_and_holds_only_where_all_do(parts: tuple[Part, ...], status: int) -> None:
    answer = ask(pages(*parts), "/readyz")
    told = {part.name: {"ok": part.is_well, "says": part.says} for part in parts}
    assert (answer.status, answer.json) == (status, {"ready": status == 200, "parts": told})


@pytest.mark.parametrize(
    ("query", "status"), [("exclude=scan", 200), ("exclude=slack", 503), ("exclude=slack&exclude=scan", 200)]
)
def test_a_part_can_be_left_out_of_the_readiness(query: str, status: int) -> None:
    answer = ask(pages(WELL, SICK), f"/readyz?{query}")
    assert answer.status == status
    assert not any(name in query for name in answer.json["parts"])


def test_metrics_are_in_the_text_format_with_its_charset_and_whatever_is_in_a_name_is_escaped() -> None:
    answer = ask(pages(), "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.headers["Content-Type"].endswith("charset=utf-8")
    assert sample(answer, "calls_total", account='a "name" \\ with\nlines') == 1


def test_metrics_are_packed_for_those_who_take_that() -> None:
    packed = ask(pages(), "/metrics", HTTP_ACCEPT_ENCODING="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"calls_total" in gzip.decompress(packed.body)


@pytest.mark.parametrize("path", PATHS)
def test_a_head_is_answered_like_a_get_without_its_body(path: str) -> None:
    whole, head = ask(pages(WELL), path), ask(pages(WELL), path, "HEAD")
    assert (head.status, head.headers["Content-Type"]) == (whole.status, whole.headers["Content-Type"])
    assert whole.body
    assert head.body == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_but_reading_is_taken(path: str, method: str) -> None:
    answer = ask(pages(WELL), path, method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path", ["/", "/healthz/", "/metrics/..", "/favicon.ico", "/readyz/slack", "/slack/events", ""]
)
def test_there_are_no_other_pages(path: str) -> None:
    answer = ask(pages(WELL), path)
    assert answer.status == 404
    assert "/healthz, /readyz, /metrics" in answer.json["error"]
