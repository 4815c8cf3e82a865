"""Wires the running bot: what starts, what listens, and what is due when."""

import logging
from functools import partial
from threading import Event

from bot import check
from bot.app import open_database
from bot.inbound.bolt import make_app, make_listeners
from bot.models.scans import SCAN
from bot.models.trail import SYSTEM, Act, Entry
from bot.process import Process
from bot.remarks import Weight
from bot.schedule import Calendar
from bot.settings import Settings, place_of
from bot.slack.client import web_client
from bot.slack.introduction import Introduction, introduce
from bot.slack.people import People
from bot.web.metrics import Metrics
from bot.wiring.agenda import Agenda, inherit
from bot.wiring.channels import channels_of
from bot.wiring.desk import build_desk
from bot.wiring.exempting import declare_exemptions
from bot.wiring.inbound import build_inbound
from bot.wiring.parts import Parts, Timing, Ways
from bot.wiring.presence import build_presence
from handlers import register

log = logging.getLogger(__name__)


def build_process(settings: Settings, stop: Event, timing: Timing | None = None) -> Process:
    """Wire the whole bot, after everything that must hold was found to hold. `stop` is set when it is to end.

    Raises UserError; nothing was started then.
    """
    if settings.slack is None:
        raise ValueError("the settings were read without Slack")
    metrics = Metrics()
    way = partial(
        web_client,
        api_url=settings.slack.api_url,
        on_answer=metrics.slack_answered,
        on_call=metrics.slack_called,
    )
    client = way(settings.slack.bot_token)
    app_client = None if settings.slack.over_http else way(settings.slack.app_token)
    database = open_database(settings)
    place, rules = partial(place_of, settings), settings.visibility.rules
    refused = partial(check.refused, settings.approval.rules, place, People(client), rules)
    us = introduce(client, app_client, channels_of(settings), refused)
    courier = way(settings.slack.bot_token, waits=False)
    ways = Ways(settings.slack, client, courier, app_client, us, metrics)
    return _process(Parts(ways, settings, database, stop, timing or Timing()))


def _process(parts: Parts) -> Process:
    listeners = make_listeners()
    app = make_app(parts.slack.us, parts.slack.client, listeners, parts.slack.settings.signing_secret)
    register(app, build_desk(parts))
    return Process(
        inbound=build_inbound(parts, app),
        calendar=_calendar(parts),
        courier=parts.courier,
        changer=parts.changer,
        deciding=parts.deciding,
        crews=parts.crews,
        stop=parts.stop,
        stop_scan=parts.scans.stop,
        first_scan=lambda: parts.rounds.first_scan(SYSTEM),
        check_rules=partial(_check_rules, parts),
        tokens=parts.tokens,
        watch=parts.watch,
        presence=build_presence(parts.settings, parts.database, parts.clock, app=_app(parts.slack.us)),
        look_for_undone=parts.look_for_undone,
        lapse=parts.exempting.lapse_due,
        wake=parts.snoozing.wake_due,
        end_lost_scans=partial(_end_lost_scans, parts),
        on_start=partial(_note_start, parts),
        closing=(lambda: listeners.shutdown(wait=False, cancel_futures=True), parts.database.close),
    )


def _app(us: Introduction) -> str:
    return f"{us.team_id} {us.bot_user_id}"


def _calendar(parts: Parts) -> Calendar:
    agenda = Agenda(parts.settings.scan.schedule, parts.routing, parts.rounds)
    return Calendar(parts.firings, agenda.plan, parts.clock, parts.names.alone)


def _note_start(parts: Parts) -> None:
    inherit(parts.settings, parts.database)
    declare_exemptions(parts.settings, parts.database, parts.clock())
    _end_lost_scans(parts)
    parts.trail.record(Entry(parts.clock(), SYSTEM, Act.BOT_STARTED, parts.slack.us.bot_user_id))


def _end_lost_scans(parts: Parts) -> None:
    """End the scans of processes that are gone. The name is asked for only where a scan may be lost: whoever asked for
    another one at that moment would hear that one runs.
    """
    if not parts.scan_store.running():
        return
    with parts.names.alone(SCAN) as none_runs:
        if none_runs:
            parts.scans.recover()


def _check_rules(parts: Parts) -> None:
    """Say in the log what is wrong with what the rules name. It keeps nobody waiting, and stops nothing."""
    place = partial(place_of, parts.settings)
    seen_by = parts.settings.visibility.rules
    for remark in check.RuleCheck(parts.house, place, parts.roll_call, parts.aws.discovery, seen_by).run():
        log.log(_LEVELS[remark.weight], "%s", remark)
    for owner in parts.owners.unfound():
        where = place_of(parts.settings, ("owners", "people"))
        log.warning("%s: Nobody is told of the keys of “%s”: %s.", where, owner.text, owner.why_not)


_LEVELS = {
    Weight.REFUSED: logging.ERROR,
    Weight.GRAVE: logging.ERROR,
    Weight.WARNING: logging.WARNING,
    Weight.UNREAD: logging.WARNING,
    Weight.NOTE: logging.INFO,
}
