"""Every setting of Handoff, read from the environment (see .env.example)."""

import os
import re
import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from config import database, logs, wakeups
from handoff.console.frame.theme import UNFOLD  # noqa: F401 unfold reads it here

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
environ.FileAwareEnv.read_env(env.str("ENV_FILE", str(BASE_DIR / ".env")))
# What Handoff writes to this machine: the demo's database, its messages, the collected static files.
VAR = Path(env.str("HANDOFF_VAR", str(BASE_DIR / "var"))).absolute()
if "ENV_FILE" not in os.environ:
    environ.FileAwareEnv.read_env(VAR / "running.env")  # there while `make run` runs

# The demo is for one machine: it has known passwords, a known secret and no TLS.
DEMO = env.bool("HANDOFF_DEMO", False)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "demo")
DEBUG = env.bool("DEBUG", False)
DEMO_SECRET = "not-a-secret-only-for-the-demo-and-the-tests-0123456789"  # noqa: S105
SECRET_KEY = env.str("SECRET_KEY", DEMO_SECRET if DEMO else "")
if not DEMO and SECRET_KEY in ("", DEMO_SECRET):
    raise ImproperlyConfigured(
        "Set SECRET_KEY to a long random string (or HANDOFF_DEMO=1 to try Handoff out; "
        "while `make run` runs, manage.py finds its settings by itself)."
    )
if not DEMO and DEBUG:
    raise ImproperlyConfigured("DEBUG shows the inside of Handoff to everybody: it is for HANDOFF_DEMO=1 only.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Links in messages open here.
BASE_URL = env.str("BASE_URL", "http://localhost:8000").rstrip("/")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "axes",
    "csp",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "rest_framework",
    "leads",
    "sla",
    "handoff",
]
MIDDLEWARE = [
    "config.middleware.HeadMiddleware",
    "config.middleware.CallerMiddleware",
    "config.request_id.LogMiddleware",
    "config.request_id.RequestIdMiddleware",
    "config.middleware.NoStoreMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
]
# Fields of forms are drawn by our templates too, not by those of the libraries alone.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Our pages come before those of unfold, which they change; each channel owns the forms of its messages.
        "DIRS": [BASE_DIR / "handoff" / "templates", BASE_DIR / "handoff" / "alerts" / "channels"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.version",
            ],
        },
    },
]

DATABASES = {"default": database.configure(env, sys.argv)}
DATABASE_IS_POOLED = database.is_pooled(env)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What a known buyer does that is new intent, besides an enquiry: whoever owes the next step is notified.
INTENT_KINDS = env.list("INTENT_KINDS", default=["form", "meeting", "reply"])
# The sources of leads that sales found itself, in whatever case.
SALES_SOURCES = env.list("SALES_SOURCES", default=["sales"])

REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

AUTH_USER_MODEL = "leads.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "config.sign_in.Backend"]
SESSION_ENGINE = "leads.internals.sessions"
_VALIDATORS = (
    "UserAttributeSimilarityValidator",
    "MinimumLengthValidator",
    "CommonPasswordValidator",
    "NumericPasswordValidator",
)
AUTH_PASSWORD_VALIDATORS = [
    *({"NAME": f"django.contrib.auth.password_validation.{name}"} for name in _VALIDATORS),
    {"NAME": "config.sign_in.TokensEnd"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
# The address is the caller's, not the proxy's: config.middleware sees to that.
AXES_HANDLER = "config.sign_in.Lockout"
AXES_VERBOSE = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_SENSITIVE_PARAMETERS: list[str] = []  # the log says who was attacked, and from where; never a password
AXES_USERNAME_CALLABLE = "config.sign_in.attempted_name"
AXES_LOCKOUT_CALLABLE = "config.errors.locked_out"

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]  # else the dates of Django's own lists are American
TIME_ZONE = "UTC"

# The demo and the tests serve the files from where they are; production runs collectstatic first.
WHITENOISE_USE_FINDERS = DEMO
STATIC_URL = "static/"
STATIC_ROOT = None if DEMO else env.str("STATIC_ROOT", str(VAR / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# 0: nothing is sent, however it is set up. Nor is anything from a copy of another installation's database.
SENDING = env.bool("SENDING", True)
# The demo sends nothing: its messages are files in var/outbox/.
vars().update(env.email_url("EMAIL_URL", default=f"filemail:///{VAR / 'outbox'}" if DEMO else "consolemail://"))
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Handoff <handoff@localhost>")
# Slack: a bot token posts to channels and people; SLACK_API_URL lets another endpoint stand in.
SLACK_BOT_TOKEN = env.str("SLACK_BOT_TOKEN", "")
SLACK_API_URL = env.str("SLACK_API_URL", "https://slack.com/api/")
# By it the buttons of Slack's messages are known to come from Slack. Without it messages have no buttons.
SLACK_SIGNING_SECRET = env.str("SLACK_SIGNING_SECRET", "")
# Messages that a worker has under way to one server at once.
DELIVERY_CONCURRENCY = env.int("DELIVERY_CONCURRENCY", 24)
ATTRIBUTES_FRESH_SECONDS = 2.0  # after which a process sees what another one has changed of the catalogue
# Hosts that webhooks may name; *.example.com is any name below it. Slack's and Teams' take nothing else.
SLACK_WEBHOOK_HOSTS = env.list("SLACK_WEBHOOK_HOSTS", default=["hooks.slack.com", "hooks.slack-gov.com"])
TEAMS_WEBHOOK_HOSTS = env.list(
    "TEAMS_WEBHOOK_HOSTS", default=["*.logic.azure.com", "*.powerplatform.com", "*.webhook.office.com"]
)
# Hosts that may be called although they are in a private network, also over plain http.
WEBHOOK_ALLOWED_HOSTS = env.list("WEBHOOK_ALLOWED_HOSTS", default=[])

# Celery carries wake-ups, never deadlines: those live in the database.
# kombu has names of its own for a socket, and trusts any certificate unless it is told to look.
CELERY_BROKER_URL = re.sub(r"^unix:", "redis+socket:", REDIS_URL).replace("?db=", "?virtual_host=")
if REDIS_URL.startswith("rediss:") and "ssl_cert_reqs" not in REDIS_URL:
    CELERY_BROKER_URL += ("&" if "?" in REDIS_URL else "?") + "ssl_cert_reqs=required"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}  # longer than the longest task
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", 3)  # one delivers and waits for slow servers
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 1000  # Celery closes Django's connection after every task unless told
CELERY_TIMEZONE = "UTC"
SWEEP_SECONDS = env.float("SWEEP_SECONDS", 1.0)
# Beat or a worker that has shown no life for longer turns /enginez red, and RevOps is notified.
BEAT_LATE_SECONDS = env.float("BEAT_LATE_SECONDS", 30.0 + 3 * SWEEP_SECONDS)
CELERY_BEAT_MAX_LOOP_INTERVAL = 5  # seconds: how often beat looks around at least, and so shows that it lives
CELERY_TASK_QUEUES, CELERY_TASK_ROUTES = wakeups.QUEUES, wakeups.ROUTES
CELERY_BEAT_SCHEDULE = wakeups.schedule(SWEEP_SECONDS)

# The largest file that may be imported, and for how many days one can be undone after it has ended.
IMPORT_MAX_MB = env.int("IMPORT_MAX_MB", 100)
IMPORT_KEEP_DAYS = env.int("IMPORT_KEEP_DAYS", 30)

# What Prometheus shows to read /metrics. Without it the page is closed.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "handoff.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["handoff.api.parsing.StorableJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "handoff.api.schema.ProblemSchema",
    "DEFAULT_THROTTLE_CLASSES": ["handoff.api.throttling.PersonalRate"],
    # For each person, like 600/min; empty for no limit.
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", "600/min") or None},
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "handoff.api.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "handoff.api.problems.ProblemFormatter",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Handoff",
    "DESCRIPTION": (
        "Move leads from marketing to sales, and read the clocks of the agreement.\n\n"
        "Show a token as `Authorization: Bearer hfo_…`; `manage.py issue_token USERNAME` prints one, and it acts for "
        "that person. Moments are in UTC. Lists come in pages: follow the links `next` and `previous`. A refusal is "
        "an `application/problem+json` with a `code`, and has changed nothing: 409 says where the lead stands now, "
        "403 who may, 400 which fact is wrong. Every answer has an `X-Request-ID`; the history keeps it."
    ),
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "LeadState": "leads.models.State",
        "Verb": "leads.models.Verb",
        "Via": "leads.models.Via",
        "Role": "leads.models.Role",
        "Route": "leads.models.Route",
        "Side": "leads.models.Side",
        "Evidence": "leads.models.Evidence",
        "Channel": "leads.models.Channel",
        "Outcome": "leads.models.Outcome",
        "Metric": "sla.metrics.Metric",
        "ClockState": "sla.standing.Standing",
        "WrongFieldEnum": "handoff.workflow.facts.rejection.names_of_wrong_fields",
        "WriteOutcome": "handoff.api.provenance.OUTCOMES",
        "WorkState": "handoff.models.WorkState",
    },
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "defaultModelsExpandDepth": 0},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Locked down by default; HANDOFF_INSECURE_HTTP=1 is for a laptop without TLS.
INSECURE_HTTP = env.bool("HANDOFF_INSECURE_HTTP", DEMO)
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 1)
if TRUSTED_PROXIES < 1:
    raise ImproperlyConfigured("TRUSTED_PROXIES is how many proxies of yours a request passes: 1 or more.")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = not INSECURE_HTTP
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^enginez$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not INSECURE_HTTP and env.bool("HSTS_SUBDOMAINS", True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_HTTP
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],  # the console's Alpine.js evaluates its attributes
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}

LOGGING = logs.configure(env.str("LOG_LEVEL", "INFO"), is_for_people=DEMO)
