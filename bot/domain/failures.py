"""The reasons a request can fail, as values.

A provider returns a :class:`Failure`; nobody raises one. The words for each reason, and the advice
that goes with it, are in :mod:`messages.texts` under the reason's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from messages import Problem


class Reason(StrEnum):
    """Why there is no picture. The value is the key of the text and the ``reason`` of the API."""

    # What was asked.
    EMPTY_PROMPT = "empty_prompt"
    PROMPT_TOO_LONG = "prompt_too_long"
    UNKNOWN_MODEL = "unknown_model"
    UNSUPPORTED_SIZE = "unsupported_size"
    NO_FURTHER_SIZE = "no_further_size"
    UNSUPPORTED_RATIO = "unsupported_ratio"
    BAD_COUNT = "bad_count"
    CONFIRM_COST = "confirm_cost"
    TOO_MANY_REFERENCES = "too_many_references"
    # The pictures to work from.
    REFERENCE_UNUSABLE = "reference_unusable"
    REFERENCE_TOO_LARGE = "reference_too_large"
    REFERENCE_TOO_SMALL = "reference_too_small"
    REFERENCE_TOO_NARROW = "reference_too_narrow"
    REFERENCE_TOO_COSTLY = "reference_too_costly"
    REFERENCE_DAMAGED = "reference_damaged"
    REFERENCE_HEIC = "reference_heic"
    REFERENCE_FORMAT = "reference_format"
    REFERENCE_NOT_HTTPS = "reference_not_https"
    REFERENCE_PRIVATE = "reference_private"
    REFERENCE_UNREACHABLE = "reference_unreachable"
    REFERENCE_MISSING = "reference_missing"
    NO_PICTURE = "no_picture"
    ATTACHMENT_UNUSABLE = "attachment_unusable"
    NOT_READY = "not_ready"
    NOTHING_TO_CHANGE = "nothing_to_change"
    # What the person may do.
    NOT_YOURS = "not_yours"
    NOT_HERE = "not_here"
    NOT_ALLOWED = "not_allowed"
    AGE_RESTRICTED_ONLY = "age_restricted_only"
    MISSING_PERMISSION = "missing_permission"
    QUEUE_FULL = "queue_full"
    TOO_MUCH_SENT = "too_much_sent"
    NOTHING_TO_REPEAT = "nothing_to_repeat"
    NOTHING_BEFORE = "nothing_before"
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    NOT_FOUND = "not_found"
    UNKNOWN_PICTURE = "unknown_picture"
    OUTDATED = "outdated"
    NOT_YOUR_CARD = "not_your_card"
    # What the provider answered.
    UNAUTHORIZED = "unauthorized"
    OUT_OF_CREDIT = "out_of_credit"
    QUOTA_EXHAUSTED = "quota_exhausted"
    REGION_UNSUPPORTED = "region_unsupported"
    ACCOUNT_SETTINGS = "account_settings"
    SUBSCRIPTION_REQUIRED = "subscription_required"
    BAD_PARAMETERS = "bad_parameters"
    PRICE_MISMATCH = "price_mismatch"
    BELOW_MINIMUM_PIXELS = "below_minimum_pixels"
    REFUSED = "refused"
    TEXT_INSTEAD = "text_instead"
    RATE_LIMITED = "rate_limited"
    PROVIDER_DOWN = "provider_down"
    NETWORK = "network"
    TIMEOUT = "timeout"
    UNUSABLE_ANSWER = "unusable_answer"
    # What happened here.
    TOO_LARGE_FOR_CHAT = "too_large_for_chat"
    PICTURE_NOT_SHOWN = "picture_not_shown"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    CUT_OFF = "cut_off"
    UNANSWERABLE = "unanswerable"
    UNKNOWN = "unknown"


NOT_RETRYABLE = frozenset(
    {
        Reason.EMPTY_PROMPT,
        Reason.PROMPT_TOO_LONG,
        Reason.UNKNOWN_MODEL,
        Reason.UNSUPPORTED_SIZE,
        Reason.NO_FURTHER_SIZE,
        Reason.UNSUPPORTED_RATIO,
        Reason.BAD_COUNT,
        Reason.TOO_MANY_REFERENCES,
        Reason.REFERENCE_UNUSABLE,
        Reason.REFERENCE_TOO_LARGE,
        Reason.REFERENCE_TOO_SMALL,
        Reason.REFERENCE_TOO_NARROW,
        Reason.REFERENCE_TOO_COSTLY,
        Reason.REFERENCE_DAMAGED,
        Reason.REFERENCE_HEIC,
        Reason.REFERENCE_FORMAT,
        Reason.REFERENCE_NOT_HTTPS,
        Reason.REFERENCE_PRIVATE,
        Reason.REFERENCE_MISSING,
        Reason.NO_PICTURE,
        Reason.ATTACHMENT_UNUSABLE,
        Reason.NOT_READY,
        Reason.NOTHING_TO_CHANGE,
        Reason.NOT_YOURS,
        Reason.NOT_HERE,
        Reason.NOT_ALLOWED,
        Reason.AGE_RESTRICTED_ONLY,
        Reason.MISSING_PERMISSION,
        Reason.NOTHING_TO_REPEAT,
        Reason.NOTHING_BEFORE,
        Reason.NOTHING_TO_CANCEL,
        Reason.NOT_FOUND,
        Reason.UNKNOWN_PICTURE,
        Reason.OUTDATED,
        Reason.NOT_YOUR_CARD,
        Reason.UNAUTHORIZED,
        Reason.OUT_OF_CREDIT,
        Reason.QUOTA_EXHAUSTED,
        Reason.REGION_UNSUPPORTED,
        Reason.ACCOUNT_SETTINGS,
        Reason.SUBSCRIPTION_REQUIRED,
        Reason.BELOW_MINIMUM_PIXELS,
        Reason.REFUSED,
        Reason.CANCELLED,
    }
)
"""Asking the same again cannot succeed: something has to change first."""


ELSEWHERE = frozenset(
    {
        Reason.ACCOUNT_SETTINGS,
        Reason.OUT_OF_CREDIT,
        Reason.PROVIDER_DOWN,
        Reason.QUOTA_EXHAUSTED,
        Reason.RATE_LIMITED,
        Reason.REGION_UNSUPPORTED,
        Reason.SUBSCRIPTION_REQUIRED,
        Reason.UNAUTHORIZED,
    }
)
"""It is not about the request: another provider may well make the picture.

A broken connection is not among them, as the picture may be made, and paid for, all the same; and a
failure with ``maybe_paid`` never is (:attr:`Failure.elsewhere`).
"""


DESCRIBED_OTHERWISE = frozenset(
    {
        Reason.EMPTY_PROMPT,
        Reason.PROMPT_TOO_LONG,
        Reason.REFUSED,
        Reason.TEXT_INSTEAD,
    }
)
"""What helps is to say it differently."""


MENDABLE = frozenset({Reason.UNKNOWN_MODEL, Reason.UNSUPPORTED_SIZE})
"""Nothing was begun: with what a service offers now in its place the picture may well be made."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request failed.

    ``facts`` fill the placeholders of the reason's text. ``explanation`` is the provider's own
    sentence for the person. ``detail`` is for the log and never shown. ``retry_after`` is in
    seconds. ``provider_code`` is the provider's own code, kept for the log. ``maybe_paid`` says
    that the service may have made the picture, and charge for it, all the same; the person reads
    that, and no other provider is asked.
    """

    reason: Reason
    facts: Mapping[str, object] = field(default_factory=dict)
    explanation: str | None = None
    detail: str = ""
    retry_after: float | None = None
    provider_code: str | None = None
    maybe_paid: bool = False

    @property
    def elsewhere(self) -> bool:
        """Whether another provider may be asked for the same picture."""
        return self.reason in ELSEWHERE and not self.maybe_paid

    @property
    def retryable(self) -> bool:
        return self.reason not in NOT_RETRYABLE

    @property
    def problem(self) -> Problem:
        """The part of it that a person is shown."""
        return Problem(
            self.reason.value,
            self.facts,
            self.explanation,
            self.retry_after if self.retryable else None,
            self.retryable,
            self.maybe_paid,
        )
