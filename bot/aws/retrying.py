"""How calls to AWS are tried again."""

import sys
from typing import Any

from botocore.retries import standard
from botocore.retries.quota import RetryQuota


def retry_each_call_for_itself(client: Any) -> None:  # noqa: ANN401 - botocore's clients share no type
    """Let each call of a client be tried as often as its configuration says, whatever becomes of the others.

    botocore lets the calls of a client draw on one store of retries, and a hundred throttled ones empty it: one account
    would spend what the others need, since they share the client. How fast calls follow each other is the budget's.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """
    service = client.meta.service_model.service_id.hyphenize()
    attempts = client.meta.config.retries["total_max_attempts"]
    adapter = standard.RetryEventAdapter()
    throttling = standard.ThrottlingErrorDetector(adapter)
    quota: Any = standard.RetryQuotaChecker(
        RetryQuota(sys.maxsize), throttling
    )  # the stubs take a quota for its checker
    backoff = standard.ExponentialBackoff(service_name=service, throttling_detector=throttling)
    handler = standard.RetryHandler(
        retry_policy=standard.RetryPolicy(standard.StandardRetryConditions(attempts), backoff),
        retry_event_adapter=adapter,
        retry_quota=quota,
        service_name=service,
    )
    event, name = f"needs-retry.{service}", f"retry-config-{service}"
    client.meta.events.unregister(event, unique_id=name)
    client.meta.events.register(event, handler.needs_retry, unique_id=name)
