"""APScheduler's background scheduler, with a shutdown that jobs cannot block."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC

from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from core.telemetry.supervision import Watcher

THREADS = 10
RETRY_SECONDS = 5.0
DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class Scheduler(BackgroundScheduler):  # type: ignore[misc]
    """Runs jobs in threads; a job may add or change jobs at any time, even during shutdown.

    Its own thread looks for jobs that are due; `watcher` supervises that thread.
    """

    def __init__(self) -> None:
        self.watcher = Watcher("The scheduler")
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="job")
        executors = {"default": _Executor(self._threads)}
        super().__init__(timezone=UTC, job_defaults=DEFAULTS, executors=executors)

    def shutdown(self, wait: bool = True) -> None:
        """Start no more jobs and, with `wait`, wait for the running ones.

        APScheduler itself would wait while it holds the locks that a job needs to add or change
        jobs: a deadlock.
        """
        super().shutdown(wait=False)
        self._threads.shutdown(wait=wait)

    def remove_job(self, job_id: str, jobstore: str | None = None) -> None:
        """Remove a job; do nothing if it is gone already.

        The scheduler's thread removes a job that runs once, and a shutdown removes all.
        """
        with suppress(JobLookupError):
            super().remove_job(job_id, jobstore)

    def _main_loop(self) -> None:
        with self.watcher.going():
            super()._main_loop()

    def _process_jobs(self) -> float | None:
        """Start due jobs; return the seconds until the next look, None to wait for a wake-up."""
        seconds: float | None = RETRY_SECONDS
        with self.watcher.failures.contained():
            seconds = super()._process_jobs()
        self.watcher.progress()
        return seconds


class _Executor(BasePoolExecutor):  # type: ignore[misc]
    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)
