"""What can be caused a thousand times is logged once a minute."""

import structlog
from structlog.testing import capture_logs

from adapters.web.seldom import Seldom


def test_a_flood_is_one_line_a_minute_with_its_number() -> None:
    now = [0.0]
    seldom = Seldom(structlog.get_logger(), "warning", lambda: now[0])
    with capture_logs() as lines:
        for second in range(120):
            now[0] = float(second)
            for _ in range(100):
                seldom("flood", address="a")
            seldom("flood", about="elsewhere")
        now[0] = 120.0
        seldom("flood", address="b")
    assert [(line["event"], line.get("about"), line.get("not_logged")) for line in lines] == [
        ("flood", None, None),
        ("flood", "elsewhere", None),
        ("flood", None, 5999),
        ("flood", "elsewhere", 59),
        ("flood", None, 5999),
    ]
    assert {line["log_level"] for line in lines} == {"warning"}
