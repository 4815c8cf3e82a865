"""Reads the environment and the file, and tells everything that is wrong with them at once."""

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bot.errors import ConfigurationError, Problem
from bot.settings.environment import Environment
from bot.settings.places import Location, spell
from bot.settings.problems import document_problems, harmless_repetitions, syntax_problem
from bot.settings.spreading import problem_with
from bot.settings.tree import Document, Settings, Slack, SlackSection
from bot.settings.web import HTTP, Web

DEFAULT_FILE = "kms-rotation.toml"
_VARIABLE = "KMS_ROTATION_CONFIG"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the file gave. The document is None where there was one and it is unsound."""

    path: Path | None
    document: Document | None
    problems: tuple[Problem, ...] = ()


def load(environ: Mapping[str, str], *, with_slack: bool | None) -> Settings:
    """Read all settings; `with_slack` demands what is needed to run in Slack.

    None means Slack as far as it is set: where there is a bot token, people can be looked up with it.

    Raises ConfigurationError with every problem of the environment and of the file.
    """
    environment = Environment(environ)
    named = environment.get(_VARIABLE)
    reading = _read(Path(named or DEFAULT_FILE), is_named=named is not None)
    document = reading.document or Document()
    folder = reading.path.resolve().parent if reading.path else Path.cwd()
    settings = Settings(
        slack=_slack(environment, document.slack, with_slack),
        database_url=environment.database_url(folder),
        scan=document.scan,
        policy=document.policy,
        digest=document.digest,
        approval=document.approval,
        exemption=document.exemption,
        owners=document.owners,
        visibility=document.visibility,
        web=_web(environment, document, is_running=bool(with_slack)),
        log=document.log,
        path=reading.path,
    )
    problems = [*environment.problems, *reading.problems]
    if with_slack and reading.document is not None and document.slack.channel is None:
        place = f"{named or DEFAULT_FILE}: slack.channel"
        problems.append(Problem(place, "It is missing.", "Write the id (C… or G…) of the channel for the digest."))
    unshared = problem_with(document.scan.spread, settings.database_url, f"{named or DEFAULT_FILE}: scan.spread")
    if unshared is not None:
        problems.append(unshared)
    if problems:
        raise ConfigurationError(problems)
    return settings


def place_of(settings: Settings, path: Location) -> str:
    """Say where in the file a setting stands: `kms-rotation.toml: approval.rule[2].approvers[1]`."""
    return f"{settings.path or DEFAULT_FILE}: {spell(path)}"


def _slack(environment: Environment, section: SlackSection, with_slack: bool | None) -> Slack | None:  # noqa: FBT001 - passed on
    if with_slack is None:
        return environment.slack_to_look(section)
    return environment.slack(section) if with_slack else None


def _web(environment: Environment, document: Document, *, is_running: bool) -> Web:
    over_http = is_running and document.slack.mode == HTTP
    return environment.listen_over_http(document.web) if over_http else document.web


def _read(path: Path, *, is_named: bool) -> _Reading:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if not is_named:
            return _Reading(None, Document())
        remedy = f"Write the path of the file, or leave the variable out for {DEFAULT_FILE}."
        return _Reading(None, None, (Problem(f"environment: {_VARIABLE}", f"There is no file {path}.", remedy),))
    except OSError as error:
        problem = Problem(str(path), f"It cannot be read: {error.strerror}.", "Let the bot's user read this file.")
        return _Reading(None, None, (problem,))
    except UnicodeDecodeError as error:
        problem = Problem(str(path), f"Byte {error.start + 1} is not UTF-8.", "Save the file as UTF-8.")
        return _Reading(None, None, (problem,))
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _Reading(path, None, (syntax_problem(str(path), error),))
    document, invalid = None, None
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        invalid = error
    for remark in harmless_repetitions(str(path), text, raw):
        log.warning("%s", remark)
    problems = document_problems(str(path), text, raw, invalid)
    return _Reading(path, document, tuple(problems))
