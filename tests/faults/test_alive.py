"""A server in which something has stopped for good says so, and ends itself with an error."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import ClientConnection

from core.actor import Actor
from core.db import engine
from core.db.models import AuthSession
from core.settings import ROOT
from core.snapshots import reader
from etl import refresh
from tests.conftest import Sql
from tests.dashboard.conftest import free_port, running, sign_in
from tests.dashboard.test_asgi import messages, open_page, seconds_until_closed
from tests.dashboard.test_cli import Serving
from tests.faults import world

BREAKABLE = (sys.executable, "-m", "tests.faults.breakable")
TOLD_WITHIN = 20  # the scheduler's thread can be killed only as it wakes, every 5 seconds
ENDS_WITHIN = 30
ZONE = "posix/Europe/Berlin"  # which Python knows, and Polars does not
RUNTIME = """
import asyncio, ctypes, threading, time
from streamlit.runtime import get_instance
runtime = get_instance()
loop = runtime._loop_coroutine_task.get_loop()
def cancel(name):
    for task in asyncio.all_tasks(loop):
        if task.get_coro().__qualname__ == name:
            task.cancel()
"""
KILL_SCHEDULER = """
for thread in threading.enumerate():
    if thread.name == "APScheduler":
        kill = ctypes.pythonapi.PyThreadState_SetAsyncExc
        while thread.is_alive():
            kill(ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt))
            time.sleep(0.5)
"""
RAISE = """
def fail(self):
    raise ValueError
type(runtime._session_mgr).list_active_sessions = fail
runtime._state = type(runtime.state).ONE_OR_MORE_SESSIONS_CONNECTED
for event in (runtime._get_async_objs().has_connection, runtime._get_async_objs().need_send_data):
    loop.call_soon_threadsafe(event.set)
"""
CANCEL = "loop.call_soon_threadsafe(cancel, 'Connections.watch')"
STOPPED = {
    "Streamlit's runtime has stopped": RAISE,
    "The watch over ended sessions has ended": CANCEL,
    "The scheduler has ended": KILL_SCHEDULER,
}
DEADLOCK = """
import io
import polars as pl
frame = pl.DataFrame({"a": list(range(100_000)), "b": ["x"] * 100_000})
def write():
    while True:
        frame.write_ipc_stream(io.BytesIO())
threading.Thread(target=write, daemon=True).start()
while True:
    frame["a"]
"""
HEART = """
import asyncio, ctypes, time
from core import process
from dashboard.process.liveness import Liveness
from dashboard.process.watchdog import Watchdog
process.begin()
async def live():
    asyncio.get_running_loop().call_later(0.5, {})
    await Liveness(Watchdog(1)).watch()
asyncio.run(live())
"""
STUCK = {
    "interpreter": "lambda: ctypes.PyDLL(None).sleep(600)",
    "loop": "time.sleep, 600",
    "threads": "setattr, __import__('anyio.to_thread').to_thread, 'run_sync', lambda *_, limiter:"
    " asyncio.sleep(600)",
}
Start = Callable[..., Serving]


@pytest.fixture
def start(environment: str, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a breakable Tally on the test's database."""
    started: list[Serving] = []

    def begin(**settings: str) -> Serving:
        given = {"DATABASE_URL": environment, **settings}
        serving = Serving(tmp_path, free_port(), BREAKABLE, **given)
        started.append(serving)
        serving.wait_until_up()
        return serving

    yield begin
    for serving in started:
        serving.process.kill()
        serving.process.communicate()


def order(folder: Path, code: str) -> None:
    """Have the server run some Python."""
    (folder / "orders.new").write_text(RUNTIME + code)
    (folder / "orders.new").rename(folder / "orders.py")


def is_unwell(serving: Serving) -> bool:
    """Whether the health check says that something is wrong."""
    connection = HTTPConnection(urlsplit(serving.url).netloc, timeout=5)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    connection.close()
    return (answer.status, answer.reason) == (503, "Service Unavailable")


@pytest.mark.parametrize("told", STOPPED)
def test_what_has_stopped_is_told_and_ends_the_server_with_an_error(
    start: Start, tmp_path: Path, told: str
) -> None:
    serving = start()
    order(tmp_path, STOPPED[told])
    assert world.wait_until(lambda: is_unwell(serving), TOLD_WITHIN)
    output, _ = serving.process.communicate(timeout=ENDS_WITHIN)
    assert serving.process.returncode == 1
    assert output.splitlines()[-1] == f"Tally ended itself, so that it can be started anew: {told}."


def test_a_deadlock_of_the_interpreter_ends_the_server_with_its_stacks(
    start: Start, tmp_path: Path
) -> None:
    serving = start(WATCHDOG_SECONDS="3")
    order(tmp_path, DEADLOCK)
    output, _ = serving.process.communicate(timeout=ENDS_WITHIN)
    assert serving.process.returncode == 1
    stacks = output.partition("Timeout (0:00:03)!")[2]
    assert stacks.count('orders.py", line') == 2
    assert 'dashboard/process/server.py", line' in stacks, "the main thread"


def heart(what: str) -> subprocess.Popen[str]:
    """A process with a watchdog of a second and a heartbeat, and nothing else."""
    program = [sys.executable, "-c", HEART.format(what)]
    return subprocess.Popen(program, stderr=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.parametrize("what", STUCK)
def test_a_process_that_makes_no_progress_ends_itself(environment: str, what: str) -> None:
    with heart(STUCK[what]) as process:
        _, output = process.communicate(timeout=ENDS_WITHIN)
    assert process.returncode == 1
    assert "Timeout (0:00:01)!" in output
    assert "(most recent call first)" in output


def test_a_process_that_was_stopped_for_a_moment_goes_on(environment: str) -> None:
    with heart("print") as process:
        time.sleep(3)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        process.send_signal(signal.SIGCONT)
        time.sleep(2)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)


def test_a_zone_that_cannot_be_used_ends_nothing(
    sql: Sql, superuser: Actor, tmp_path: Path
) -> None:
    refresh.run(trigger="test")
    before = reader.current()
    with running(tmp_path) as server, server.client() as client:
        sign_in(client)
        with open_page(server, client) as page:
            for name in ("right/UTC", "localtime", "Factory", "\x00", "x" * 9999, ZONE):
                run_page_in(page, name)
            sql("INSERT INTO refresh_run (trigger, \"full\") VALUES ('manual', true)")
            assert world.wait_until(lambda: reader.current() != before, 20)
            time.sleep(2)  # it is warmed
            run_page_in(page, ZONE)
            with engine.transaction() as db:
                db.execute(delete(AuthSession))
            begun = time.monotonic()
            assert seconds_until_closed(page, begun)[0] < 2
        assert client.get("/healthz").status_code == 200
        assert "failed, and goes on" not in server.log.read_text()


def run_page_in(page: ClientConnection, zone: str) -> None:
    """Have the page run in a browser's zone, to its end."""
    rerun = BackMsg()
    rerun.rerun_script.context_info.timezone = zone
    page.send(rerun.SerializeToString())
    finished = (m for m in messages(page) if m.WhichOneof("type") == "script_finished")
    assert next(finished).script_finished == 0
