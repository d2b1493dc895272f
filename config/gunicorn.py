"""How gunicorn serves the web process."""

import gc
from pathlib import Path

import structlog

from config.settings import LOGGING, env

bind = f"{env.str('HANDOFF_BIND', '127.0.0.1')}:{env.int('HANDOFF_PORT', 8000)}"
worker_class = "gthread"
workers = env.int("WEB_CONCURRENCY", 2)
threads = env.int("WEB_THREADS", 8)
timeout = 60  # seconds
keepalive = 30  # seconds: a client that asks again soon, or a proxy, spares itself a new connection each time
graceful_timeout = 20  # seconds to finish what is in flight after SIGTERM
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - its heartbeat must not wait for a disk
logconfig_dict = LOGGING
limit_request_line = 8190  # the most that gunicorn takes: a list with many filters is long
# gunicorn itself believes no proxy: config.middleware does, and only with BEHIND_PROXY.
forwarded_allow_ips = ""
forwarder_headers = ""


def post_worker_init(_worker: object) -> None:
    """Each web process watches the engine too: beat may be what has died."""
    from handoff.engine import servers, watch  # noqa: PLC0415 they need Django, which gunicorn's master does not set up

    if problem := servers.static_files():
        structlog.get_logger(__name__).error("static_files_missing", problem=problem)
    watch.start()
    # What is loaded by now stays: let the collector pass it by, and come by less often for the rest.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
