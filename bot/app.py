"""The one place that builds things and wires them."""

from dataclasses import dataclass, replace
from functools import partial

from botocore.exceptions import BotoCoreError
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.clients import SharedClients, client_config
from bot.aws.counting import OnAnswer, Tally, count_answers
from bot.aws.credentials import AccountCredentials, Identity
from bot.aws.discovery import Discovery
from bot.aws.kms import KmsReader
from bot.aws.remediation import Remediator
from bot.cores import usual_processes
from bot.errors import UserError
from bot.log import RUN, set_up_logging
from bot.rules.verdict import Policy
from bot.scan import Branching, Forgetful, KeyMemory, Scanner, ScanRecord, Scans, Sharing
from bot.scan.branch import Equipment
from bot.scan.branches import OnCalls, unheard
from bot.scan.remedies import meaning_of
from bot.scan.scanner import WORKERS
from bot.scan.scans import OnEnd, untold
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.key_facts import KeyFactStore
from bot.store.schema import upgrade


@dataclass(frozen=True, slots=True)
class Aws:
    """The ways into AWS."""

    identity: Identity
    budget: CallBudget
    clients: SharedClients
    discovery: Discovery
    reader: KmsReader
    remediator: Remediator


def open_database(settings: Settings) -> Database:
    """Open the database and bring it to this version's schema. Raises UserError where it cannot be used."""
    database = Database(settings.database_url)
    upgrade(database)
    return database


def connect_aws(settings: Settings, on_answer: OnAnswer | None = None) -> Aws:
    """Prepare the clients; nothing is called yet. Raises UserError for a profile, Region or endpoint of no use.

    `on_answer` is told of every answer.
    """
    try:
        return _connect_aws(settings, on_answer)
    except (BotoCoreError, ValueError) as error:  # botocore says ValueError to an endpoint that is no address
        cause = str(error).rstrip(".")
        remedy = meaning_of(type(error).__name__).remedy or "Correct AWS_… or ~/.aws/config."
        raise UserError(f"The AWS configuration cannot be used: {cause}. {remedy}") from error


def _connect_aws(settings: Settings, on_answer: OnAnswer | None) -> Aws:
    scan = settings.scan
    config = client_config(connections=WORKERS)
    own, shared = Session(), Session()
    if on_answer is not None:
        count_answers(own, on_answer)
        count_answers(shared, on_answer)
    shared.register_component("data_loader", own.get_component("data_loader"))
    region = None if isinstance(scan.regions, str) else scan.regions[0]
    identity, budget = Identity(own, config, region), CallBudget(scan.quota_share)
    credentials = AccountCredentials(identity, scan.audit_role, scan.external_id)
    clients = SharedClients(shared, credentials, config, budget)
    return Aws(
        identity=identity,
        budget=budget,
        clients=clients,
        discovery=Discovery(identity, credentials, clients),
        reader=KmsReader(clients),
        remediator=Remediator(identity, scan.remediation_role, scan.external_id, budget),
    )


def equip(settings: Settings, *, remembers: bool, run: str = RUN) -> Equipment:
    """Connect a process of a scan, which shares nothing with the one that began it."""
    set_up_logging(debug=False, form=settings.log.format, run=run)
    memory = KeyFactStore(Database(settings.database_url)) if remembers else Forgetful()
    tally = Tally()
    aws = connect_aws(settings, tally.note)
    return Equipment(aws.reader, memory, aws.discovery, tally.take, aws.budget.part)


def build_scans(
    settings: Settings,
    aws: Aws,
    record: ScanRecord,
    memory: KeyMemory | None = None,
    *,
    on_calls: OnCalls = unheard,
    on_end: OnEnd = untold,
    sharing: Sharing | None = None,
) -> Scans:
    policy = Policy(settings.policy.max_rotation_period_days)
    scanner = Scanner(
        aws.discovery,
        aws.reader,
        policy,
        accounts=settings.scan.accounts,
        regions=settings.scan.regions,
        selection=settings.scan.selection,
        owners=settings.owner_rules,
        memory=memory,
        branching=Branching(
            settings.scan.processes or usual_processes(),
            partial(equip, replace(settings, slack=None), remembers=bool(memory), run=RUN),
            on_calls=on_calls,
            share_quota=aws.budget.part,
        ),
    )
    return Scans(scanner, record, sharing=sharing, on_end=on_end)
