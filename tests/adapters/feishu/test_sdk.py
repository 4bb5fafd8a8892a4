"""What the installed lark-oapi must have, although it is private."""

import inspect
from pathlib import Path
from typing import Any

import pytest

import adapters.feishu
from adapters.feishu.api import sdk
from tests.support.private_names import private_names


@pytest.fixture
async def module() -> Any:
    """Its client wants a running loop."""
    return sdk.socket()


def _parameters(function: Any) -> list[str]:
    return [*inspect.signature(function).parameters]


async def test_the_client_of_the_long_connection_has_what_is_used_of_it(module: Any) -> None:
    client = module.Client("a", "b", domain="http://127.0.0.1:9", auto_reconnect=False)
    for method in ("_receive_message_loop", "_ping_loop", "_connect", "_disconnect"):
        assert inspect.iscoroutinefunction(getattr(client, method)), method
        assert _parameters(getattr(client, method)) == [], method
    for method in ("_handle_control_frame", "_handle_data_frame"):
        assert _parameters(getattr(client, method)) == ["frame"], method
    assert len(_parameters(client._write_message)) == 1
    assert len(_parameters(client._combine)) == 4
    assert _parameters(client._get_conn_url) == []
    assert not inspect.iscoroutinefunction(client._get_conn_url)
    assert client._conn is None
    assert hasattr(client._cache, "_cron")
    assert float(client._reconnect_interval) > 0
    assert float(client._ping_interval) > 0


async def test_what_is_replaced_is_what_is_called(module: Any) -> None:
    source = inspect.getsource(module.Client)
    for call in (
        "self._receive_message_loop()",
        "self._handle_control_frame(",
        "self._handle_data_frame(",
        "self._get_conn_url",
    ):
        assert call in source, call


async def test_the_module_has_what_is_replaced_in_it(module: Any) -> None:
    assert "loop" in vars(module)
    assert "requests.post(" in inspect.getsource(module)
    assert module.requests.post is sdk.post
    assert "_ws_connect_kwargs(" in inspect.getsource(module)
    assert isinstance(module._ws_connect_kwargs({}), dict)
    assert issubclass(module.ClientException, Exception)


def test_nothing_else_uses_private_names() -> None:
    folder = Path(adapters.feishu.__path__[0])
    assert private_names(folder, other_than={"api/sdk.py"}) == []
