"""What the installed DBOS must have, although its documentation does not promise it."""

import inspect
import re
from pathlib import Path

from dbos import _context, _core, _dbos, _event_loop, _sys_db, _utils

import bot.runtime
from bot.runtime.workflow_queue import THREADS
from bot.runtime.workflows import DBOS
from tests.support.private_names import private_names

System = _sys_db.SystemDatabase


def _parameters(function: object) -> list[str]:
    assert callable(function)
    return [*inspect.signature(function).parameters]


def test_its_threads_are_functions_that_can_be_replaced() -> None:
    launch = inspect.getsource(DBOS._launch)
    for name in THREADS:
        assert callable(getattr(_dbos, name))
        assert name in launch
    assert launch.count("target=") == 6  # the others end by themselves, or have nothing to do
    assert "_run_background_processes" in inspect.getsource(System._notification_listener_polling)


def test_an_outage_is_told_and_a_result_is_recorded() -> None:
    assert "_retry_connection_errors" in inspect.getsource(_sys_db.db_retry)
    assert _parameters(System.record_operation_result)[1] == "result"
    assert "error" in _sys_db.OperationResultInternal.__annotations__


def test_a_workflow_is_stored_in_a_transaction_of_ours() -> None:
    assert _parameters(_core.prepare_enqueued_workflow) == [
        *("dbos", "func", "args", "kwargs"),
        *("queue_name", "workflow_id", "queue_partition_key"),
    ]
    assert _parameters(System._apply_caller_schema) == ["self", "conn"]
    added = ["self", "status", "conn", "creator_xid", "reuse_policy"]
    assert _parameters(System.init_workflow_with_connection) == added
    row = _sys_db.WorkflowStatusInternal.__annotations__
    assert {"workflow_uuid", "status", "priority", "queue_partition_key"} <= row.keys()
    insert = inspect.getsource(System._insert_workflow_status)
    assert _parameters(System._check_owner_txn) == ["self", "conn", "workflow_id", "owner_xid"]
    assert _parameters(_context.current_owner_xid)[0] == "workflow_id"
    # Who stores a workflow that is pending owns it.
    assert "creator_xid if wf_status == WorkflowStatusString.PENDING.value else None" in insert


def test_what_waits_is_claimed_and_run() -> None:
    claim = ["queue", "executor_id", "app_version", "queue_partition_key", "local_running_count"]
    assert _parameters(System.start_queued_workflows)[1:6] == claim
    assert "owner_xid" in _parameters(System.start_queued_workflows)
    assert _parameters(System.get_workflow_statuses) == ["self", "workflow_ids"]
    assert _parameters(System.get_queue_partitions) == ["self", "queue_name"]
    assert _parameters(_core.execute_dequeued_workflow) == ["dbos", "status", "owner_xid"]
    assert "_background_event_loop.submit" in inspect.getsource(_core.execute_dequeued_workflow)
    assert "self.target_loop()" in inspect.getsource(_event_loop.BackgroundEventLoop)
    assert _parameters(_event_loop.BackgroundEventLoop.submit_coroutine) == ["self", "coro"]
    # The same change as ours, of one workflow at a time.
    recover = inspect.getsource(System.reenqueue_for_recovery)
    set_by_it = ["status", "owner_xid", "started_at_epoch_ms", "updated_at", "queue_name"]
    assert re.findall(r"^ {20}(\w+)=", recover, re.MULTILINE) == set_by_it
    assert callable(System._now_ms_sql)
    assert {"executor_id", "app_version"} <= _utils.GlobalParams.__dict__.keys()


def test_nothing_else_uses_private_names() -> None:
    folder = Path(bot.runtime.__path__[0])
    assert private_names(folder, other_than={"workflow_queue.py"}) == []
