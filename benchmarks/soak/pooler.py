"""PgBouncer between the programs and PostgreSQL, pooling transactions: no session is anybody's own."""

import os
import pwd
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SETTINGS = """[databases]
handoff = host={socket} user=handoff
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 500
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
"""


def command(place: Path, postgres_url: str, port: int) -> list[str]:
    """Write its settings, and return what starts it."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise SystemExit("The soak with a pooler needs PgBouncer: apt-get install pgbouncer")
    socket = parse_qs(urlsplit(postgres_url).query)["host"][0]
    settings = place / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(socket=socket, port=port))
    settings.chmod(0o644)
    # It does not run as root, and PostgreSQL's socket is open to its owner alone.
    user = ["-u", pwd.getpwuid(Path(socket).stat().st_uid).pw_name] if os.geteuid() == 0 else []
    return [program, *user, str(settings)]
