"""Whose credentials sign a call: the bot's own, or those of a role in the account of the call in hand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.credentials import Credentials, DeferredRefreshableCredentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

account_in_hand: ContextVar[str] = ContextVar("account_in_hand")

DEFAULT_STS_REGION = "us-east-1"
SESSION_NAME = "kms-rotation-audit"


@contextmanager
def acting_in(account: str) -> Iterator[None]:
    """Sign the calls of this thread, until the block ends, with the credentials for one account."""
    token = account_in_hand.set(account)
    try:
        yield
    finally:
        account_in_hand.reset(token)


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What AssumeRole gives out; `expiry` is as in ISO 8601."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    expiry: str


class Identity:
    """Who the bot is: its own session, account and partition."""

    def __init__(self, session: Session, config: Config) -> None:
        self.session = session
        self._config = config
        self._lock = threading.Lock()
        self._arn: str | None = None
        region = session.get_config_variable("region") or DEFAULT_STS_REGION
        self._sts = cast("STSClient", self.client("sts", region))

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

    @property
    def arn(self) -> str:
        """The caller's ARN, asked for once. Raises what botocore raises."""
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
        return SessionKeys(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], given["Expiration"].isoformat()
        )


class AccountCredentials(Credentials):
    """One credentials object for clients that all accounts share: it answers for the account of the call in hand.

    Each account's role is assumed once, for all its Regions, and again shortly before the session ends. Where no role
    is configured the bot's own credentials answer.
    """

    def __init__(self, identity: Identity, role: str | None, external_id: str | None) -> None:
        super().__init__(access_key="", secret_key="")
        self._identity = identity
        self._role = role
        self._external_id = external_id
        self._lock = threading.Lock()
        self._by_account: dict[str, Credentials] = {}

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return self._of(account_in_hand.get()).get_frozen_credentials()

    def check(self, account: str) -> None:
        """Obtain credentials for an account. Raises what botocore raises, so that a missing role costs one call."""
        self._of(account).get_frozen_credentials()

    def _of(self, account: str) -> Credentials:
        with self._lock:
            if account not in self._by_account:
                self._by_account[account] = self._make(account)
            return self._by_account[account]

    def _make(self, account: str) -> Credentials:
        if self._role is None:
            own = self._identity.session.get_credentials()
            if own is None:
                raise NoCredentialsError
            return own

        def assume() -> dict[str, str]:
            role_arn = f"arn:{self._identity.partition}:iam::{account}:role/{self._role}"
            keys = self._identity.assume({"RoleArn": role_arn, "RoleSessionName": SESSION_NAME}, self._external_id)
            return {
                "access_key": keys.access_key,
                "secret_key": keys.secret_key,
                "token": keys.token,
                "expiry_time": keys.expiry,
            }

        return DeferredRefreshableCredentials(refresh_using=assume, method="assume-role")
