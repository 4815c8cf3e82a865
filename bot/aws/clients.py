"""Clients: one for each service and Region, shared by all accounts and kept within the budget."""

import threading
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.session import Session

from bot.aws.budget import CallBudget
from bot.aws.credentials import AccountCredentials, account_in_hand
from bot.aws.retrying import retry_each_call_for_itself

if TYPE_CHECKING:
    from mypy_boto3_account import AccountClient
    from mypy_boto3_kms import KMSClient

USER_AGENT = "kms-rotation-bot"


def client_config(connections: int) -> Config:
    """Settings of every client. A fixed user agent saves a tenth of each call's cost."""
    return Config(
        user_agent=USER_AGENT,
        parameter_validation=False,
        max_pool_connections=connections,
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 6},
    )


class SharedClients:
    """Makes each client once. Which account a call is for is said with `credentials.acting_in`."""

    def __init__(self, session: Session, credentials: AccountCredentials, config: Config, budget: CallBudget) -> None:
        credentials.sign_for(session)
        self._session = session
        self._config = config
        self._budget = budget
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}

    def kms(self, region: str) -> "KMSClient":
        return cast("KMSClient", self._client("kms", region))

    def account(self, region: str) -> "AccountClient":
        return cast("AccountClient", self._client("account", region))

    def iam(self, region: str) -> Any:  # noqa: ANN401 - one call of the doctor's is not worth another package of types
        return self._client("iam", region)

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - botocore's clients share no type
        with self._lock:
            if (service, region) not in self._clients:
                made: Any = self._session.create_client(service, region_name=region, config=self._config)
                retry_each_call_for_itself(made)
                if service == "kms":
                    self._budget.govern(made, region, account_in_hand.get)
                self._clients[service, region] = made
            return self._clients[service, region]
