"""Whose the open keys of a digest are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeysLeft:
    """What is told to a person who snoozed some of an owner's keys: how many others there are, and the first names."""

    person: str
    total: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnedKeys:
    """Open keys of one owner, as the owner is written: how many, and the names of the first."""

    owner: str
    total: int
    names: tuple[str, ...]
    left: tuple[KeysLeft, ...] = ()


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose the open keys are: those who own the most, then how many owners and keys there are besides.

    `ownerless` are the keys that nobody owns; of `unknown` ones the owner could not be read.
    """

    owners: tuple[OwnedKeys, ...] = ()
    other_owners: int = 0
    other_keys: int = 0
    ownerless: int = 0
    ownerless_names: tuple[str, ...] = ()
    unknown: int = 0

    @property
    def tells_nothing(self) -> bool:
        """Say whether there is nobody to tell: no owner is known, and no key is known to have none."""
        return not self.owners and not self.ownerless
