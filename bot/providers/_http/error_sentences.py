"""What services say in plain sentences and codes, whatever status it comes with.

A gateway passes on what the service behind it said, with a status of its own: a refusal comes as
500 or 502, a country that is not served as 400 or 403, a model that is gone as 503. Each line below
is from a report of somebody who was told so, or from the documents:

* Google: https://ai.google.dev/gemini-api/docs/troubleshooting, /rate-limits, /available-regions;
  ``finishReason`` and ``blockReason`` of https://ai.google.dev/api/generate-content
* OpenRouter: https://openrouter.ai/docs/api/reference/errors-and-debugging
* new-api, which many gateways run: https://github.com/QuantumNous/new-api (``types/error.go``)
* OpenAI: https://platform.openai.com/docs/guides/error-codes
"""

import re

from bot.domain.failures import Reason

_IN_CAPITALS = re.compile(
    r"\b(?:IMAGE_SAFETY|IMAGE_PROHIBITED_CONTENT|IMAGE_RECITATION|PROHIBITED_CONTENT|RECITATION"
    r"|SAFETY|BLOCKLIST|SPII|MODEL_ARMOR|PUBLIC_ERROR_UNSAFE_GENERATION)\b"
)
"""Google's own words for a refusal, which are not words of a language."""

_TABLE = (
    (
        Reason.REFUSED,
        r"moderation[_ ]blocked|content_policy|content_filter|sensitive[_ ]words|prompt_blocked"
        r"|data_inspection_failed|safety (?:system|filter|polic|reasons)|content polic"
        r"|(?:input|prompt) was flagged|responsible ai|prohibited (?:content|use)"
        r"|violat\w+ (?:\S+ ){0,6}(?:polic\w+|guidelines|terms|practices)"
        r"|敏感词|敏感内容|违规|内容审核",
    ),
    (
        Reason.SUBSCRIPTION_REQUIRED,
        r"limit: 0\b|enable billing|billing is not|billed users|free tier is not available"
        r"|requires a subscription",
    ),
    (
        Reason.REGION_UNSUPPORTED,
        r"location is not supported|(?:country|region)\S*(?: \S+){0,3} (?:is )?not supported"
        r"|not (?:available|supported) in (?:your|this) (?:country|region|location)"
        r"|unsupported_country|region_restricted",
    ),
    (
        Reason.QUOTA_EXHAUSTED,
        r"per[-_ ]?day|daily (?:\S+ )?(?:limit|quota)|quota (?:for|of) today|每日|当日|今日",
    ),
    (
        Reason.OUT_OF_CREDIT,
        r"insufficient[_ ](?:user[_ ])?(?:credit|balance|quota|funds|points)|spending cap"
        r"|credits? (?:are|is) depleted|(?:balance|quota) is (?:insufficient|not enough)"
        r"|requires more credits|billing_hard_limit"
        r"|余额不足|额度不足|预扣费额度失败|额度已用尽|积分不足|欠费",
    ),
    (Reason.ACCOUNT_SETTINGS, r"data policy|privacy settings|privacy_restricted"),
    (
        Reason.UNAUTHORIZED,
        r"api key (?:not valid|expired|is invalid)|(?:invalid|incorrect)[_ ]api[_ ]key"
        r"|invalid token|invalid_key|无效的令牌|令牌已过期",
    ),
    (
        Reason.UNKNOWN_MODEL,
        r"model[_ ]not[_ ]found|not a valid model id|incorrect model id|no endpoints found for"
        r"|no available channel|无可用渠道|model\S* (?:\S+ )?(?:is not found|does not exist)"
        r"|models?/\S+ is not found",
    ),
)
_PATTERNS = tuple((reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _TABLE)

LONGEST = 4000
"""Characters that are looked at; a gateway may put a whole page into its message."""


def meaning(*said: object) -> Reason | None:
    """What a service says, by its message, its codes and whatever it passes on.

    ``None`` where only the status can tell. A refusal comes first: asking again, or elsewhere, does
    not help then, whatever else is said.
    """
    text = "\n".join(str(part)[:LONGEST] for part in said if part)
    if _IN_CAPITALS.search(text):
        return Reason.REFUSED
    return next((reason for reason, pattern in _PATTERNS if pattern.search(text)), None)
