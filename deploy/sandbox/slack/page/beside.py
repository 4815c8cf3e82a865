"""Room on the page for something that is not Slack."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from deploy.sandbox.slack.page.html import Html
from deploy.sandbox.slack.page.reader import Reader


class Beside(Protocol):
    """Whoever starts the server may put something beside it: `SlackServer.beside`. Without it there is no panel."""

    def frame(self) -> Html:
        """What does not change: the inside of the panel."""

    def label(self) -> str:
        """What the button says that opens it."""

    def regions(self, asked: Mapping[str, str], reader: Reader) -> dict[str, Html]:
        """The parts that change, by the id of the element that holds them, as far as the browser asks for them."""

    def act(self, asked: Mapping[str, Any]) -> str:
        """Do what was asked, and say in a sentence what was done.

        Errors: ValueError, with a sentence, for what cannot be done.
        """

    def watch(self, listener: Callable[[], None]) -> None:
        """Call the listener, from any thread, whenever something has changed."""

    def unwatch(self, listener: Callable[[], None]) -> None: ...
