"""The contract's messages in the form that the JSON doors show: fields under their names, 64-bit integers as numbers,
durations as seconds, enumerations in small letters without their prefix. Payloads travel as bytes, in base64, so that
they stay as they are, whoever carries them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message as WireMessage

from ...errors import MalformedMessage

M = TypeVar("M", bound=WireMessage)

_PAYLOAD = "payload"
_BASE64 = "payload_base64"
_NANOS = 1_000_000_000


def to_json(message: WireMessage) -> Any:
    """What `json.dumps` writes of a message."""
    if isinstance(message, Duration):
        return message.seconds + message.nanos / _NANOS if message.nanos else message.seconds
    shown: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_BYTES:
            shown[_BASE64] = base64.b64encode(value).decode("ascii")
        elif _is_map(field):
            shown[field.name] = dict(value)
        elif _is_list(field):
            shown[field.name] = [_one_to_json(field, each) for each in value]
        else:
            shown[field.name] = _one_to_json(field, value)
    return shown


def from_json(kind: type[M], shown: object) -> M:
    """Reads what a gateway showed; fields that this release does not know are passed over. Raises MalformedMessage."""
    message = kind()
    try:
        _fill(message, shown)
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise MalformedMessage(f"the gateway's {kind.__name__} cannot be read: {error}") from None
    return message


def _one_to_json(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None:
        return to_json(value)
    if field.enum_type is not None:
        name = field.enum_type.values_by_number[value].name
        return name[len(_prefix(field.enum_type)) :].lower()
    return value


def _fill(message: WireMessage, shown: Any) -> None:
    if isinstance(message, Duration):
        nanos = round(float(shown) * _NANOS)
        message.seconds, message.nanos = nanos // _NANOS, nanos % _NANOS
        return
    for name, value in shown.items():
        if name == _BASE64:
            setattr(message, _PAYLOAD, base64.b64decode(value, validate=True))
            continue
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is not None and value is not None:
            _fill_field(message, field, value)


def _fill_field(message: WireMessage, field: Any, value: Any) -> None:
    holder = getattr(message, field.name)
    if _is_map(field):
        holder.update(value)
    elif _is_list(field):
        for each in value:
            if field.message_type is not None:
                _fill(holder.add(), each)
            else:
                holder.append(_scalar(field, each))
    elif field.message_type is not None:
        holder.SetInParent()
        _fill(holder, value)
    else:
        setattr(message, field.name, _scalar(field, value))


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is None:
        return value
    return field.enum_type.values_by_name[_prefix(field.enum_type) + str(value).upper()].number


def _prefix(enum: EnumDescriptor) -> str:
    """`POLICY_` of `POLICY_UNSPECIFIED`."""
    return enum.values[0].name.removesuffix("UNSPECIFIED")


def _is_list(field: FieldDescriptor) -> bool:
    # `label` goes away, and protobuf 4 has nothing else.
    repeated: object = getattr(field, "is_repeated", None)
    return getattr(field, "label", None) == FieldDescriptor.LABEL_REPEATED if repeated is None else bool(repeated)


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def settings(request: Mapping[str, Any], *names: str) -> dict[str, str]:
    """Some fields of a request as a query writes them."""
    return {name: _query(request[name]) for name in names if name in request}


def _query(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
