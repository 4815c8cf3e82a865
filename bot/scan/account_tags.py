"""The tags that the organisation gave accounts, for keys whose own tags do not tell whose they are."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Lock

from bot.models.keys import ReadFailure
from bot.models.scans import Account

Answer = Mapping[str, str] | ReadFailure


class AccountTags:
    """Reads an account's tags when its first open key is found, and once. It may be asked from many threads."""

    def __init__(self, read: Callable[[Account], Answer]) -> None:
        self._read = read
        self._lock = Lock()
        self._answers: dict[str, Future[Answer]] = {}

    def of(self, account: Account) -> Answer:
        with self._lock:
            answer = self._answers.get(account.id)
            is_first = answer is None
            if answer is None:
                answer = self._answers[account.id] = Future()
        if is_first:
            try:
                answer.set_result(self._read(account))
            except BaseException as error:
                answer.set_exception(error)
                raise
        return answer.result()
