"""Whose credentials sign a call: the bot's own, or those of a role in the account of the call in hand."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

from bot.aws.retrying import retry_each_call_for_itself
from bot.aws.role_session import RoleSession, SessionKeys

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

account_in_hand: ContextVar[str] = ContextVar("account_in_hand")

DEFAULT_STS_REGION = "us-east-1"
SESSION_NAME = "kms-rotation-audit"

_UNKNOWN_SESSION = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)
"""How AWS answers to a session that is over, or whose role is gone. https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html"""


@contextmanager
def acting_in(account: str) -> Iterator[None]:
    """Sign the calls of this thread, until the block ends, with the credentials for one account."""
    token = account_in_hand.set(account)
    try:
        yield
    finally:
        account_in_hand.reset(token)


class Identity:
    """Who the bot is: its own session, account and partition.

    `region` is where it asks AWS STS if boto3's configuration names no Region. It asks a Region's own STS, whatever
    else is configured: sessions of the global one do not open Regions that an account has to enable, and hang on
    us-east-1. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
    """

    def __init__(self, session: Session, config: Config, region: str | None = None) -> None:
        session.set_config_variable("sts_regional_endpoints", "regional")
        self.session = session
        self._config = config
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._arn: str | None = None
        self.region: str = session.get_config_variable("region") or region or DEFAULT_STS_REGION
        self._sts = cast("STSClient", self.client("sts", self.region))
        retry_each_call_for_itself(self._sts)

    def client(self, service: str, region: str, keys: SessionKeys | None = None, config: Config | None = None) -> Any:  # noqa: ANN401 - botocore's clients share no type
        """Make a client that signs with the bot's own credentials, or with those of a role's session."""
        with self._lock:  # a botocore session is not made for many threads
            return self.session.create_client(
                service,
                region_name=region,
                config=self._config if config is None else self._config.merge(config),
                aws_access_key_id=keys.access_key if keys else None,
                aws_secret_access_key=keys.secret_key if keys else None,
                aws_session_token=keys.token if keys else None,
            )

    def credentials(self) -> Credentials | None:
        """Find the bot's own credentials, where boto3 looks for them; once."""
        with self._lock:
            return self.session.get_credentials()

    @property
    def arn(self) -> str:
        """The caller's ARN, asked for once. Raises what botocore raises."""
        if self._arn is None:
            with self._asking:
                if self._arn is None:
                    self._arn = self._sts.get_caller_identity()["Arn"]
        return self._arn

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    def assume(self, request: "AssumeRoleRequestTypeDef", external_id: str | None) -> SessionKeys:
        """Assume a role. Raises what botocore raises."""
        if external_id is not None:
            request["ExternalId"] = external_id
        given = self._sts.assume_role(**request)["Credentials"]
        return SessionKeys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], given["Expiration"])


class AccountCredentials(Credentials):
    """One credentials object for clients that all accounts share: it answers for the account of the call in hand.

    Each account's role is assumed once, for all its Regions, and again before the session ends. Where no role is
    configured the bot's own credentials answer.
    """

    def __init__(
        self, identity: Identity, role: str | None, external_id: str | None, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(access_key="", secret_key="")
        self._identity = identity
        self._role = role
        self._external_id = external_id
        self._clock = clock
        self._sessions: dict[str, RoleSession] = {}
        self._signed_with = threading.local()

    def sign_for(self, session: Session) -> None:
        """Sign for all clients that a botocore session makes from now on."""
        session.register_component("credential_provider", _Provider(self))
        session.register("needs-retry", self._retry_with_another_session)  # type: ignore[arg-type]  # the stubs know no answer

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Raises AssumeRoleError, and NoCredentialsError where the bot has none itself."""
        account = account_in_hand.get()
        keys = self._own() if self._role is None else self._session_in(account, self._role).keys()
        self._signed_with.access_key = keys.access_key
        return keys

    def check(self, account: str) -> None:
        """Obtain credentials for an account. Raises what botocore raises, so that a missing role costs one call."""
        if self._role is None:
            self._own()
            return
        session = self._session_in(account, self._role)
        session.forget_hindrance()
        session.keys()

    def _own(self) -> ReadOnlyCredentials:
        own = self._identity.credentials()
        if own is None:
            raise NoCredentialsError
        return own.get_frozen_credentials()

    def _session_in(self, account: str, role: str) -> RoleSession:
        session = self._sessions.get(account)
        if session is None:  # no lock: of two that are made at once, `setdefault` keeps one
            assume = partial(self._assume, account, role)
            session = self._sessions.setdefault(account, RoleSession(assume, self._clock))
        return session

    def _assume(self, account: str, role: str) -> SessionKeys:
        role_arn = f"arn:{self._identity.partition}:iam::{account}:role/{role}"
        return self._identity.assume({"RoleArn": role_arn, "RoleSessionName": SESSION_NAME}, self._external_id)

    def _retry_with_another_session(self, response: tuple[object, dict[str, Any]] | None, **_: object) -> float | None:
        """Answer botocore's question whether to make a call again, and after how many seconds; None is no opinion."""
        if self._role is None or response is None:
            return None
        if response[1].get("Error", {}).get("Code") not in _UNKNOWN_SESSION:
            return None
        session = self._session_in(account_in_hand.get(), self._role)
        return 0.0 if session.doubt(self._signed_with.access_key) else None


class _Provider:
    """Hands a credentials object of our own to a botocore session."""

    def __init__(self, credentials: AccountCredentials) -> None:
        self._credentials = credentials

    def load_credentials(self) -> AccountCredentials:
        return self._credentials
