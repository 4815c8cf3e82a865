"""Calls any operation of any service with the least that its model asks for."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape
from botocore.session import Session

KEYS = frozenset({"KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId"})
"""The parameters by which KMS's operations name keys."""

DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
VALUES: Mapping[str, object] = {
    "integer": 1,
    "long": 1,
    "boolean": True,
    "blob": b"blob",
    "timestamp": 0,
    "map": {},
    "double": 1.0,
    "float": 1.0,
}


@lru_cache
def operations(service: str) -> tuple[str, ...]:
    return tuple(Session().get_service_model(service).operation_names)


def call(client: Any, operation: str, key: str = "") -> ClientError | None:  # noqa: ANN401 - any service's client
    """Call an operation over the wire, and answer with the error that AWS answered with; `key` names every key."""
    model: OperationModel = client.meta.service_model.operation_model(operation)
    asked = {} if model.input_shape is None else _structure(model.input_shape)
    if key and model.input_shape is not None:
        asked |= dict.fromkeys(KEYS & model.input_shape.members.keys(), key)
    try:
        client._make_api_call(operation, asked)
    except ClientError as error:
        return error
    return None


def is_denied(error: ClientError | None) -> bool:
    return error is not None and error.response["Error"]["Code"] in DENIED


def _structure(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - a StructureShape; botocore's stubs know no members
    return {name: _least(shape.members[name]) for name in shape.required_members}


def _least(shape: Shape) -> Any:  # noqa: ANN401 - whatever the shape is of
    if shape.type_name == "structure":
        return _structure(shape)
    if shape.type_name == "list":
        return [_least(shape.member)]  # type: ignore[attr-defined]  # a ListShape
    if shape.type_name == "string":
        chosen = [*getattr(shape, "enum", ()), "x" * max(8, shape.metadata.get("min", 0))]
        return chosen[0]
    return VALUES[shape.type_name]
