"""Questions that wait for their answer; in one conversation a person has one at a time."""

from dataclasses import asdict

import sqlalchemy as sa

from bot.domain.questions import Question
from bot.domain.requests import Options
from bot.storage.database import Database, metadata

QUESTION_SECONDS = 24 * 3600.0
"""How long a question can be answered by its buttons."""

_questions = sa.Table(
    "questions",
    metadata,
    sa.Column("platform", sa.String(32), primary_key=True),
    sa.Column("requester", sa.String(128), primary_key=True),
    sa.Column("conversation", sa.String(128), primary_key=True),
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("action", sa.String(32)),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("pictures", sa.JSON, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("job", sa.String(64)),
    sa.Column("answers", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("questions_by_id", "id"),
    sa.Index("questions_by_age", "at"),
)

_BY_ID = sa.select(_questions).where(
    _questions.c.platform == sa.bindparam("platform"),
    _questions.c.id == sa.bindparam("id"),
    _questions.c.at > sa.bindparam("since"),
)
_OF = sa.select(_questions).where(
    _questions.c.platform == sa.bindparam("platform"),
    _questions.c.requester == sa.bindparam("requester"),
    _questions.c.conversation == sa.bindparam("conversation"),
    _questions.c.at > sa.bindparam("since"),
)


class QuestionStore:
    """The table ``questions``; one row per person and conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, question: Question) -> None:
        """Keep a question, in the place of the person's last one there."""
        row = self._database.insert(_questions).values(asdict(question))
        keys = ["platform", "requester", "conversation"]
        changed = {name: row.excluded[name] for name in asdict(question) if name not in keys}
        await self._database.write(row.on_conflict_do_update(index_elements=keys, set_=changed))

    async def question(self, platform: str, question_id: str, now: float) -> Question | None:
        """The question of that id, if it can still be answered."""
        since = now - QUESTION_SECONDS
        found = await self._database.read(_BY_ID, platform=platform, id=question_id, since=since)
        return _question(found[0]) if found else None

    async def of(
        self, platform: str, requester: str, conversation: str, since: float
    ) -> Question | None:
        """The person's question there, if it was asked after ``since``."""
        who = {"platform": platform, "requester": requester, "conversation": conversation}
        found = await self._database.read(_OF, **who, since=since)
        return _question(found[0]) if found else None

    async def close(self, platform: str, requester: str, conversation: str) -> None:
        """Forget the person's question there: they have said no."""
        await self._database.write(
            sa.delete(_questions).where(
                _questions.c.platform == platform,
                _questions.c.requester == requester,
                _questions.c.conversation == conversation,
            )
        )

    async def erase(self, platform: str, requester: str) -> None:
        """Forget what one person was asked, everywhere."""
        gone = sa.delete(_questions).where(
            _questions.c.platform == platform, _questions.c.requester == requester
        )
        await self._database.write(*self._database.unclean, gone)

    async def forget(self, now: float) -> None:
        """Forget what can be answered no more."""
        await self._database.write(
            sa.delete(_questions).where(_questions.c.at <= now - QUESTION_SECONDS)
        )


def _question(row: sa.RowMapping) -> Question:
    values = dict(row)
    values["options"] = Options(**values["options"])
    values["pictures"] = tuple(values["pictures"])
    values["answers"] = tuple(values["answers"])
    return Question(**values)
