"""What one browser looks at, and with whose eyes."""

from dataclasses import dataclass

from deploy.sandbox.slack.page.reader import Reader
from deploy.sandbox.slack.people import Person
from deploy.sandbox.slack.state import State

HOME = "home"


@dataclass(frozen=True)
class Place:
    """What one browser looks at."""

    reader: Reader
    channel: str
    thread: str | None

    @property
    def is_home(self) -> bool:
        return self.channel == HOME


def place(state: State, person: str | None, channel: str | None, thread: str | None) -> Place:
    """What the address asks for; where there is no such person or channel, the first one that there is."""
    everybody = people(state)
    chosen = next((p for p in everybody if p.id == person), everybody[0])
    mine = [c.id for c in state.channels.values() if chosen.id in c.members]
    may_open = {*mine, HOME}
    where = channel if channel in may_open else (mine or [HOME])[0]
    return Place(Reader(state, chosen), str(where), thread if thread in state.messages.get(str(where), {}) else None)


def people(state: State) -> list[Person]:
    """Whose eyes can be chosen: all who can still sign in."""
    return [person for person in state.people.values() if not (person.is_bot or person.deleted)]
