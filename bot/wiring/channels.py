"""Every channel that digests and requests go to: those that the settings name, and those that were set in Slack."""

from contextlib import closing

from bot.errors import UserError
from bot.models.examined import SchemaAge
from bot.rules.sight import hidden_from
from bot.settings import Settings
from bot.settings.load import DEFAULT_FILE
from bot.store.engine import Database
from bot.store.examination import DatabaseExamination
from bot.store.route_edits import RouteEdits
from bot.wiring.audiences import declared


def channels_of(settings: Settings) -> dict[str, str]:
    """Name every channel, by the place where the settings do; of the fallback, a person as well."""
    name = settings.path or DEFAULT_FILE
    channels = {f"{name}: slack.channel": settings.slack.channel} if settings.slack is not None else {}
    if settings.slack is not None and settings.slack.fallback is not None:
        channels[f"{name}: slack.fallback"] = settings.slack.fallback
    for number, route in enumerate(settings.digest.routes, start=1):
        channels[f"{name}: digest.route[{number}].channel"] = route.channel
    return channels


def edited_channels(settings: Settings) -> dict[str, str]:
    """Name every channel that a digest was given in Slack, by that digest. Raises UserError where the database, which
    keeps them, cannot be read.
    """
    if settings.slack is None or settings.slack.channel is None:
        return {}
    with closing(Database(settings.database_url)) as database:
        age = DatabaseExamination(database).schema().age
        if age is SchemaAge.ABSENT:
            return {}
        if age is not SchemaAge.CURRENT:
            raise UserError("The database's schema is not the one of this version.")
        edits = RouteEdits(database).all()
    audiences = declared(settings.digest, settings.slack.channel, hidden_from(settings.visibility.rules))
    found = ((each.title, edits[each.name].terms.channel) for each in audiences if each.name in edits)
    return {f"“Edit a digest …”, {title}": channel for title, channel in found if channel is not None}
