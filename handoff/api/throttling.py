"""How often one person may ask."""

from typing import TYPE_CHECKING

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which asks for this class as it is made


class PersonalRate(UserRateThrottle):
    """The rate of each person, counted in Redis (setting API_RATE)."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError:
            return True  # without Redis nobody is counted; the database still answers
