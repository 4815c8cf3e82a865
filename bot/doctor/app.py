"""How the app is set up in Slack: its command, its Home tab, its events. Slack tells it to a configuration token alone.

https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests#config-tokens
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.doctor.gateways import SlackToExamine
from bot.doctor.lines import Check, Line, Status, not_tested, ok
from bot.models.examined import Introduced
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.views.names import COMMAND

MANIFEST_TOKEN = "SLACK_CONFIG_TOKEN"  # noqa: S105 - the name of a variable
EVENT = "app_home_opened"

_UPDATE = "Paste deploy/slack/manifest.yml into the app's “App Manifest”, and install it again."


def app_lines(slack: SlackToExamine, us: Introduced, *, over_http: bool) -> Iterator[Line]:
    """Compare the app's settings with what the bot answers to."""
    app_id = slack.app_id(us.bot_id)
    if isinstance(app_id, SlackFailure):
        yield _unread("Slack", app_id)
        return
    page = f"https://api.slack.com/apps/{app_id}"
    manifest = slack.manifest(app_id)
    if manifest is None:
        seen = f"Slack tells an app neither its commands nor its events; {COMMAND} and {EVENT} must be among them."
        yield not_tested(Check.APP, app_id, seen, f"Look at {page}/app-manifest, or set {MANIFEST_TOKEN}.")
    elif isinstance(manifest, SlackFailure):
        yield _unread(app_id, manifest)
    else:
        faults = list(_faults(manifest, over_http=over_http))
        yield from (Line(Check.APP, app_id, Status.FAILED, fault, _UPDATE) for fault in faults)
        if not faults:
            yield ok(Check.APP, app_id, f"The app has {COMMAND}, its Home tab and its events.")


def _faults(manifest: Mapping[str, Any], *, over_http: bool) -> Iterator[str]:
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    commands = [each.get("command") for each in features.get("slash_commands", ())]
    if COMMAND not in commands:
        yield f"The app has no command {COMMAND}."
    if not features.get("app_home", {}).get("home_tab_enabled"):
        yield "The app's Home tab is off."
    if EVENT not in settings.get("event_subscriptions", {}).get("bot_events", ()):
        yield f"The app does not subscribe to {EVENT}: the Home tab stays empty."
    if not settings.get("interactivity", {}).get("is_enabled"):
        yield "Interactivity is off: no button reaches the bot."
    if bool(settings.get("socket_mode_enabled")) is over_http:
        yield "Socket Mode is on, and the bot waits for HTTP." if over_http else "Socket Mode is off."


def _unread(subject: str, failure: SlackFailure) -> Line:
    if failure.kind is SlackFailureKind.TOKEN:
        seen = f"Slack does not accept {MANIFEST_TOKEN} ({failure.code}); such tokens last twelve hours."
        what = "Make a new one at https://api.slack.com/apps, or leave the variable out."
        return Line(Check.APP, subject, Status.UNKNOWN, seen, what)
    what = "Try again in a minute, or look at the app's manifest at https://api.slack.com/apps."
    return Line(Check.APP, subject, Status.UNKNOWN, f"How the app is set up is unknown: {failure.sentence}", what)
