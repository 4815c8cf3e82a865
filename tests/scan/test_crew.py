"""The crew does all that is to be done, at most so much at once, and ends when it is told to."""

import threading
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from threading import Barrier, Event, Lock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.scan.crew import BACKLOG, Crew, Lane, StoppedError, Task

Tree = tuple[int, list["Tree"]]
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.just((0, [])), lambda inner: st.tuples(st.just(0), st.lists(inner, max_size=4)), max_leaves=40
)


def crew_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("scan")}


def count(tree: Tree) -> int:
    return 1 + sum(count(inner) for inner in tree[1])


@settings(max_examples=50, deadline=None)
@given(tree=TREES, workers=st.integers(1, 8), lanes=st.integers(0, 3), first=st.booleans())
def test_every_task_that_a_task_adds_is_done_once(tree: Tree, workers: int, lanes: int, first: bool) -> None:
    crew: Crew[int] = Crew(workers, Event())
    ways = cycle([None, *(Lane() for _ in range(lanes))])

    def work(node: Tree) -> None:
        crew.emit(1)
        crew.add((partial(work, inner) for inner in node[1]), next(ways), first=first)

    crew.add([partial(work, tree)])
    assert sum(crew.results()) == count(tree)


def test_without_tasks_there_are_no_results() -> None:
    assert list(Crew[int](4, Event()).results()) == []


def test_all_workers_work_on_one_large_target_at_once() -> None:
    crew: Crew[str] = Crew(8, Event())
    together = Barrier(8)

    def key() -> None:
        together.wait(20)
        crew.emit("key")

    crew.add([lambda: crew.add([key] * 8, Lane())])
    assert list(crew.results()) == ["key"] * 8


def test_no_more_than_the_workers_are_at_work() -> None:
    crew: Crew[int] = Crew(3, Event())
    lock, together = Lock(), Barrier(3)
    at_work = 0

    def task() -> None:
        nonlocal at_work
        with lock:
            at_work += 1
            crew.emit(at_work)
        together.wait(20)
        with lock:
            at_work -= 1
        together.wait(20)

    crew.add([task] * 30)
    assert max(crew.results()) == 3


def test_what_was_begun_is_finished_before_more_is_begun() -> None:
    crew: Crew[str] = Crew(1, Event())

    def target(name: str) -> None:
        crew.emit(name)
        crew.add((partial(crew.emit, f"{name}.{key}") for key in range(2)), Lane())

    crew.add(partial(target, name) for name in "ab")
    assert list(crew.results()) == ["a", "a.0", "a.1", "b", "b.0", "b.1"]


def test_what_is_to_come_first_in_a_lane_does() -> None:
    crew: Crew[str] = Crew(1, Event())
    lane = Lane()

    def page() -> None:
        crew.add([partial(crew.emit, "a name")], lane, first=True)

    crew.add([page, partial(crew.emit, "a key"), partial(crew.emit, "another key")], lane)
    assert list(crew.results()) == ["a name", "a key", "another key"]


@pytest.mark.parametrize("others", ["a lane", "behind all lanes"])
def test_a_lane_that_is_slow_leaves_half_of_the_workers_to_whatever_else_there_is(others: str) -> None:
    crew: Crew[str] = Crew(6, Event())
    release, last_begun = Event(), Barrier(2)

    def slow() -> None:
        release.wait(20)
        crew.emit("slow")

    def quick(number: int) -> None:
        crew.emit("quick")
        if number == 99:
            last_begun.wait(20)

    crew.add([slow] * 50, Lane())
    crew.add((partial(quick, number) for number in range(100)), Lane() if others == "a lane" else None)
    results = crew.results()
    first = [next(results) for _ in range(100)]
    last_begun.wait(20)
    release.set()
    assert first == ["quick"] * 100
    assert list(results) == ["slow"] * 50


def test_a_slow_lane_gets_all_workers_where_nothing_else_is_to_do() -> None:
    crew: Crew[str] = Crew(6, Event())
    together = Barrier(6)

    def key() -> None:
        together.wait(20)
        crew.emit("key")

    crew.add([key] * 12, Lane())
    assert list(crew.results()) == ["key"] * 12


def test_lanes_share_the_workers_evenly() -> None:
    crew: Crew[str] = Crew(4, Event())
    together = Barrier(4)
    at_work: list[str] = []

    def task(name: str) -> None:
        at_work.append(name)
        together.wait(20)
        crew.emit(name)

    for name in "ab":
        crew.add([partial(task, name)] * 8, Lane())
    list(crew.results())
    assert sorted(at_work[:4]) == ["a", "a", "b", "b"]


def test_tasks_are_made_when_they_are_taken_and_the_crew_waits_for_its_reader() -> None:
    crew: Crew[int] = Crew(2, Event())
    made = 0

    def tasks() -> Iterator[Task]:
        nonlocal made
        for number in range(3 * BACKLOG):
            made += 1
            yield partial(crew.emit, number)

    crew.add(tasks())
    results = crew.results()
    next(results)
    assert made <= BACKLOG + 1 + 2 + 1
    assert len(list(results)) == 3 * BACKLOG - 1


def test_what_a_task_raises_is_raised_at_the_reader() -> None:
    crew: Crew[int] = Crew(4, Event())

    def fail() -> None:
        raise LookupError("what no task foresaw")

    crew.add([partial(crew.emit, 1), fail])
    with pytest.raises(LookupError, match="what no task foresaw"):
        list(crew.results())


def test_a_crew_that_is_told_to_stop_leaves_the_rest_undone() -> None:
    stop = Event()
    crew: Crew[int] = Crew(4, stop)
    crew.add(partial(crew.emit, number) for number in range(100 * BACKLOG))
    results = crew.results()
    next(results)
    stop.set()
    with pytest.raises(StoppedError):
        list(results)
    for thread in crew_threads():
        thread.join(20)
        assert not thread.is_alive()


def test_workers_keep_no_process_from_ending() -> None:
    crew: Crew[bool] = Crew(2, Event())
    crew.add([lambda: crew.emit(threading.current_thread().daemon)])
    assert list(crew.results()) == [True]


def test_stopping_does_not_wait_for_a_call_that_hangs() -> None:
    stop, hanging, release = Event(), Event(), Event()
    crew: Crew[int] = Crew(2, stop)

    def hang() -> None:
        hanging.set()
        release.wait(60)

    crew.add([hang])

    def stop_once_it_hangs() -> None:
        assert hanging.wait(20)
        stop.set()

    threading.Thread(target=stop_once_it_hangs).start()
    with pytest.raises(StoppedError):
        list(crew.results())
    release.set()


def test_a_reader_that_goes_away_dismisses_the_crew() -> None:
    crew: Crew[int] = Crew(4, Event())
    crew.add(partial(crew.emit, number) for number in range(100 * BACKLOG))
    results = crew.results()
    next(results)
    results.close()
    for thread in crew_threads():
        thread.join(20)
        assert not thread.is_alive()


def test_what_was_done_before_a_stop_is_not_lost() -> None:
    stop, done = Event(), Event()
    crew: Crew[int] = Crew(1, stop)

    def hang() -> None:
        done.set()
        stop.wait(60)

    crew.add([*(partial(crew.emit, number) for number in range(100)), hang])
    results = crew.results()
    told = [next(results)]
    assert done.wait(60)
    stop.set()
    with pytest.raises(StoppedError):
        told.extend(results)
    assert told == list(range(100))
