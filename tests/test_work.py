"""Work on threads: who asked hears of it, whatever becomes of their task."""

from threading import Event

import pytest

from bot.work import STOPPING, Crews, Work


class Ear:
    """Hears what one person is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.told = Event()

    def __call__(self, sentence: str) -> None:
        self.heard.append(sentence)
        self.told.set()


def crews_of_one() -> Crews:
    return Crews(*(Work(name, workers=1) for name in ("looking", "deciding", "changing")))


def fail() -> None:
    raise ValueError("nobody is to read this in Slack")


def test_who_asked_is_told_the_reference_of_what_failed(caplog: pytest.LogCaptureFixture) -> None:
    crews, ear = crews_of_one(), Ear()
    crews.looking.submit("a task", fail, ear)
    assert ear.told.wait(30)
    assert crews.drain(30)
    (sentence,) = ear.heard
    reference = sentence.partition("reference ")[2].partition(".")[0]
    assert f"a task failed (reference {reference})" in caplog.text
    assert "nobody is to read this" not in sentence


def test_a_word_that_cannot_be_said_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    crews = crews_of_one()
    crews.looking.submit("a task", fail, lambda _sentence: fail())
    assert crews.drain(30)
    assert "Nobody could be told" in caplog.text


def test_crews_do_not_wait_for_each_other() -> None:
    crews, release, decided = crews_of_one(), Event(), Event()
    for _ in range(20):
        crews.looking.submit("a slow look", release.wait)
    crews.deciding.submit("a decision", decided.set)
    assert decided.wait(30)
    release.set()
    assert crews.drain(30)


def test_tasks_that_were_not_begun_are_left_undone_and_that_is_told() -> None:
    crews, begun, release, ear = crews_of_one(), Event(), Event(), Ear()

    def slow() -> None:
        begun.set()
        release.wait()

    done: list[str] = []
    crews.deciding.submit("one that runs", slow)
    crews.deciding.submit("one that waits", lambda: done.append("it"), ear)
    assert begun.wait(30)
    assert not crews.drain(0.1)
    release.set()
    assert ear.told.wait(30)
    assert (ear.heard, done) == ([STOPPING], [])


def test_a_task_that_comes_too_late_is_left_undone_and_that_is_told() -> None:
    crews, ear = crews_of_one(), Ear()
    assert crews.drain(30)
    crews.deciding.submit("a late one", fail, ear)
    assert ear.heard == [STOPPING]
