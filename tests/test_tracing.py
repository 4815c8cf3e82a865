"""What a piece of work is about goes with it into threads, and nowhere else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from threading import Thread

import pytest

from bot.tracing import FollowingThreads, about, begun, following, learned, subjects


def told(run: Callable[[Callable[[], None]], None]) -> dict[str, str]:
    """What a thread is about that is started while a request is in hand."""
    heard: list[dict[str, str]] = []
    with about(request="r1"):
        run(lambda: heard.append(dict(subjects())))
    [found] = heard
    return found


def in_a_thread(look: Callable[[], None]) -> None:
    thread = Thread(target=following(look))
    thread.start()
    thread.join()


def submitted(look: Callable[[], None]) -> None:
    with FollowingThreads(1) as threads:
        threads.submit(look).result()


def mapped(look: Callable[[], None]) -> None:
    with FollowingThreads(1) as threads:
        list(threads.map(lambda _: look(), [1]))


def in_a_thread_that_does_not_follow(look: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as threads:
        threads.submit(look).result()


@pytest.mark.parametrize("run", [in_a_thread, submitted, mapped])
def test_a_thread_goes_on_with_what_the_work_is_about(run: Callable[[Callable[[], None]], None]) -> None:
    assert told(run) == {"request": "r1"}


def test_by_itself_a_thread_is_about_nothing() -> None:
    assert told(in_a_thread_that_does_not_follow) == {}


def test_what_a_thread_learns_stays_with_it() -> None:
    with FollowingThreads(1) as threads, about(request="r1"):
        threads.submit(learned, scan="s1").result()
        assert threads.submit(subjects).result() == {"request": "r1"}
        assert subjects() == {"request": "r1"}


def test_what_is_learned_holds_for_the_rest_of_the_work_and_not_after_it() -> None:
    with about(task="asking"):
        with about(account="1"):
            learned(request="r1")
            assert subjects() == {"task": "asking", "account": "1", "request": "r1"}
        learned(request="r2")
        assert subjects() == {"task": "asking", "request": "r2"}
    assert subjects() == {}


def test_where_no_work_is_in_hand_nothing_is_learned() -> None:
    learned(request="r1")
    assert subjects() == {}


def test_a_context_of_its_own_is_about_what_it_was_begun_for_and_nothing_else() -> None:
    def read() -> dict[str, str]:
        begun(scan="s1")
        return dict(subjects())

    with about(task="another scan"):
        assert Context().run(read) == {"scan": "s1"}
        assert following(read)() == {"scan": "s1"}
        assert subjects() == {"task": "another scan"}
