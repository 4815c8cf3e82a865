"""What a sandbox keeps in a folder: the bot's configuration, its database, its log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from sqlalchemy.engine import URL

from deploy.sandbox.errors import CannotStartError

CONFIG = Path(__file__).parent / "kms-rotation.toml"


@dataclass(frozen=True, slots=True)
class State:
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / CONFIG.name

    @property
    def log(self) -> Path:
        return self.folder / "bot.log"

    def environment(self) -> dict[str, str]:
        """What points a bot here."""
        database = URL.create("sqlite", database=str(self.folder / "kms-rotation.sqlite3"))
        return {"KMS_ROTATION_CONFIG": str(self.config), "DATABASE_URL": database.render_as_string()}


@contextmanager
def state(named: Path | None) -> Iterator[State]:
    """The folder, made where it is missing; unless one is named, a temporary one that is gone in the end.

    Errors: CannotStartError where the folder cannot be written to.
    """
    if named is None:
        with TemporaryDirectory(prefix="kms-rotation-", ignore_cleanup_errors=True) as folder:
            yield _filled(Path(folder))
    else:
        yield _filled(named.resolve())


def _filled(folder: Path) -> State:
    made = State(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not made.config.exists():
            copyfile(CONFIG, made.config)
        made.log.touch()
    except OSError as error:
        raise CannotStartError(
            f"{folder} cannot be used: {error.strerror}. Name another folder: --data FOLDER"
        ) from error
    return made
