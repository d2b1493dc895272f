"""How often one person may ask."""

from functools import cache
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which asks for this class as it is made


class PersonalRate(UserRateThrottle):
    """The rate of each person (setting API_RATE), counted in Redis from full minute to full minute, or hour, or day.

    DRF's own keeps the moment of every request, reads them all at each, and lets one of two at once go uncounted.
    """

    num_requests: int | None
    duration: int | None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if self.num_requests is None or self.duration is None:
            return True
        self.now = self.timer()
        key = f"{self.get_cache_key(request, view)}_{self.now // self.duration:.0f}"
        try:
            with server().pipeline(transaction=False) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, self.duration)
                count: int = pipeline.execute()[0]
        except (redis.RedisError, ValueError):
            return True  # without Redis, or without a valid address, no one is counted; the database still answers
        return count <= self.num_requests

    def wait(self) -> float | None:
        return self.duration - self.now % self.duration if self.duration else None


@cache
def server() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)
