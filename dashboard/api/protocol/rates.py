"""Rate limits for the API: one token bucket per API token or session."""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from core import process
from core.actor import Actor
from core.settings import get_settings
from dashboard.limits.token_bucket import Bucket
from dashboard.web.problem import problem

BURST_SECONDS = 10.0  # the burst is the rate times this
MOST_REMEMBERED = 10_000
Asker = tuple[int | None, int | None]


@dataclass(frozen=True)
class Askers:
    """The buckets of those who asked this process lately, the latest at the end."""

    buckets: OrderedDict[Asker, Bucket] = field(default_factory=OrderedDict)


class Rates:
    """ASGI middleware: answers 429 to requests above the rate of `API_REQUESTS_PER_MINUTE`.

    It counts only this process: with several processes, each allows as many.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = self._take(scope["user"]) if scope["type"] == "http" else 0.0
        if wait:
            text = f"That were too many requests; wait {math.ceil(wait)} s."
            headers = {"Retry-After": str(math.ceil(wait))}
            await problem(429, text, headers=headers)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _take(self, actor: Actor) -> float:
        now = time.monotonic()
        rate = get_settings().api_requests_per_minute / 60
        size = max(1.0, rate * BURST_SECONDS)
        asker = (actor.token_id, actor.session_id)
        buckets = process.resource(Askers).buckets
        bucket = buckets.setdefault(asker, Bucket(size, now))
        buckets.move_to_end(asker)
        if len(buckets) > MOST_REMEMBERED:
            buckets.popitem(last=False)
        return bucket.take(rate=rate, size=size, now=now)
