"""Two gateways and three workers while processes die, or one process alone; ``python -m bench
machines`` is longer."""

from pathlib import Path

import pytest

from tests.chaos.machine_storm import storm, violations
from tests.emulators.process import launch
from tests.support import postgres

REQUESTS, SECONDS, TROUBLES = 40, 20.0, 6


@pytest.mark.parametrize("on", ["postgres", "sqlite"])
async def test_every_request_ends_in_one_message(
    tmp_path: Path, request: pytest.FixtureRequest, on: str
) -> None:
    cluster: postgres.Cluster | None = None
    if on == "postgres":
        cluster = request.getfixturevalue("own_cluster")
    with launch("discord") as discord, launch("feishu") as feishu, launch("ima") as ima:
        async with storm(tmp_path, cluster, discord, feishu, ima) as made:
            await made.build(10)
            verdict = await made.run(REQUESTS, SECONDS, TROUBLES)
        print(verdict.table())  # noqa: T201 - it goes into the closing note
        assert verdict.wrong == {}
        assert sum(verdict.ends.values()) == REQUESTS
        assert verdict.ends["❌"] <= TROUBLES
        assert violations(await discord.ask("violations")) == []
        assert violations(await feishu.ask("violations")) == []
