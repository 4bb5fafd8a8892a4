"""What there is, pure: actions, jobs, failures, the protocol's arithmetic, image models."""

from bot.domain import catalog
from bot.domain.actions import COMMANDS, MENUS, PRESSED, Action, ActionSpec, Style, named
from bot.domain.catalog import SIZES, Model
from bot.domain.failures import Failure, Reason
from bot.domain.image_models import NEWEST
from bot.domain.jobs import Job, job_id
from bot.domain.pictures import IMAGE_ID, StoredPicture
from bot.domain.preferences import AUTOMATIC, SWITCHES, Preference
from bot.domain.requests import (
    HIDDEN,
    JSON,
    Accepted,
    Address,
    Attachment,
    Incoming,
    Options,
    Quoted,
    Viewer,
)

__all__ = [
    "AUTOMATIC",
    "COMMANDS",
    "HIDDEN",
    "IMAGE_ID",
    "JSON",
    "MENUS",
    "NEWEST",
    "PRESSED",
    "SIZES",
    "SWITCHES",
    "Accepted",
    "Action",
    "ActionSpec",
    "Address",
    "Attachment",
    "Failure",
    "Incoming",
    "Job",
    "Model",
    "Options",
    "Preference",
    "Quoted",
    "Reason",
    "StoredPicture",
    "Style",
    "Viewer",
    "catalog",
    "job_id",
    "named",
]
