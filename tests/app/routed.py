"""A house whose digests go to two channels, each by a schedule of its own."""

from datetime import timedelta

from bot.models.trail import Act
from bot.process import Process
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually

ROOM = "C0PAYMENTS"
ROUTE = f'[[digest.route]]\nname = "payments"\nmatch = {{ team = "payments" }}\nchannel = "{ROOM}"\n'
ROUTED = f"{CONFIGURATION}\n{ROUTE}"
AT_NINE = CONFIGURATION.replace('[digest]\nschedule = "0 0 1 1 *"', '[digest]\nschedule = "0 9 * * *"')
STAGGERED = f'{AT_NINE}\n{ROUTE}schedule = "0 10 * * *"\n'
"""Everything at nine, the team's keys at ten."""

PAYMENTS_TEAM = {"team": "payments"}


def digests(house: House, channel: str = CHANNEL) -> list[Message]:
    return [each for each in house.slack.channel(channel).roots if each.text.startswith("KMS key rotation")]


def acts(house: House, act: Act) -> int:
    return [entry.act for entry in house.trail.newest(200)].count(act)


def looked(house: House, process: Process) -> None:
    eventually(lambda: process.calendar.firings.ever("digest"), "the first look at the calendar")
    eventually(lambda: process.calendar.firings.ever(process.calendar.jobs[-1].name), "the look at the last job")


def until(house: House, hour: int, minute: int = 1) -> None:
    """Let it be a time of day, tomorrow if that is over."""
    now = house.clock()
    wanted = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    house.clock.ahead += wanted - now + (timedelta(days=1) if wanted <= now else timedelta(0))


def tell_everybody_at_nine(house: House, process: Process) -> None:
    """Let it be nine, and have the digest of everything go out."""
    looked(house, process)
    until(house, 9)
    process.calendar.try_again()
    house.slack.wait_for(lambda: digests(house), what="the digest of everything")
