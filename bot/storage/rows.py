"""A job's fields as columns of its row, and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from bot.domain.actions import Action
from bot.domain.jobs import Job, Parent
from bot.domain.requests import Address, Attachment
from messages import Cost, Note, Problem, Status


def row_of(job: Job) -> dict[str, Any]:
    """A job as a row of the table ``jobs``."""
    return columns_of({f.name: getattr(job, f.name) for f in fields(job)})


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """A job's fields as columns."""
    row = dict(values)
    if "seconds" in row:
        row["seconds_min"], row["seconds_max"] = row.pop("seconds")
    if "address" in row:
        address: Address = row["address"]
        row["address"] = dict(address.data)
        row["message_ref"] = address.message
    if "notify" in row:
        row |= notify_columns(row["notify"])
    for name in ("attachments", "notes"):
        if name in row:
            row[name] = [asdict(item) for item in row[name]]
    for name in ("references", "chain"):
        if name in row:
            row[name] = list(row[name])
    for name in ("cost", "problem", "parent"):
        if row.get(name) is not None:
            row[name] = asdict(row[name])
    return row


def job_of(row: Mapping[Any, Any]) -> Job:
    """The job of a row of the table ``jobs``."""
    values = dict(row)
    values["status"] = Status(values["status"])
    values["seconds"] = (values.pop("seconds_min"), values.pop("seconds_max"))
    values["address"] = Address(values["platform"], values["address"], values.pop("message_ref"))
    values["attachments"] = tuple(Attachment(**item) for item in values["attachments"])
    values["notes"] = tuple(Note(**item) for item in values["notes"])
    values["references"] = tuple(values["references"])
    values["chain"] = tuple(values["chain"])
    values["cost"] = Cost(**values["cost"]) if values["cost"] else None
    values["problem"] = Problem(**values["problem"]) if values["problem"] else None
    values["notify"] = notify_of(values["notify"], values.pop("silent"))
    values["parent"] = _parent(values["parent"]) if values["parent"] else None
    return Job(**values)


def notify_columns(notify: bool | None) -> dict[str, bool]:
    """Whether a person is to be called, as the columns ``notify`` and ``silent``."""
    return {"notify": notify is True, "silent": notify is False}


def notify_of(notify: bool, silent: bool) -> bool | None:
    """What :func:`notify_columns` has stored."""
    return notify if notify or silent else None


def _parent(stored: Mapping[str, Any]) -> Parent:
    return Parent(**{**stored, "by": Action(stored["by"])})
