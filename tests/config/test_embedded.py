"""The embedded servers: they start, stay apart, and leave nothing behind."""

import os

import psycopg
import redis


def test_the_tests_run_on_postgresql_and_redis():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.info.server_version >= 150000
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.ping()
