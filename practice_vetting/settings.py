"""Settings: one file for the embedded default and for production, chosen by the environment alone.

DATA_DIR      where everything is kept that is not in DATABASE_URL (default ./data)
DATABASE_URL  PostgreSQL or SQLite; by default SQLite in DATA_DIR
DATABASE_POOL connections to PostgreSQL of one process at most (8)
REDIS_URL     broker and cache; by default a folder in DATA_DIR and a table in the database
S3_BUCKET     a bucket for files, which any number of machines share; by default they lie in DATA_DIR/files
S3_ENDPOINT, S3_REGION  the address of an S3-compatible storage that is not Amazon's, and its region (us-east-1)
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY  who we are to it; by default the role of the machine
KEYS_DIR      where the keys lie that seal documents (DATA_DIR/keys); with S3_BUCKET a folder that all machines share
STATIC_ROOT   where `manage.py collectstatic` put the static files of this release, as in a container image; by default
              they are put into DATA_DIR/static by `manage.py prepare`
SITE_URL      the address that mails and documents name (default http://localhost:PORT)
EMAIL_URL     smtp://user:password@host:port (add ?tls=true); by default mails are written to DATA_DIR/mail
CLAMAV_SOCKET where a ClamAV daemon listens: a path, or host:port; by default files are not scanned for viruses
SEAL_PKCS12   the practice's own certificate and key as a file, with SEAL_PKCS12_PASSWORD or SEAL_PKCS12_PASSWORD_FILE
SEAL_PKCS11_LIBRARY  the library of a hardware key, with SEAL_PKCS11_TOKEN and SEAL_PKCS11_LABEL (the labels of the
              token, and of key and certificate on it) and SEAL_PKCS11_PIN or SEAL_PKCS11_PIN_FILE; by default documents
              are sealed by a certificate that is made at the first one, and kept in DATA_DIR/keys
TSA_URL       a time stamp authority (RFC 3161), http or https, with user:password@ when it asks for them; by default
              this server's clock tells the time of a seal
TSA_CERTIFICATES  a file with the authority's root (PEM), so that its time stamps can be checked for long
SECRET_KEY    by default made once and kept in DATA_DIR/secret_key; with S3_BUCKET it must be given
SECRET_KEY_FALLBACKS  earlier keys, with a space between: who is signed in by one stays so
              DATABASE_URL, REDIS_URL, the AWS keys, SECRET_KEY and its fallbacks may lie in files: NAME_FILE names one
BACKUP_DIR    where a backup goes each night; BACKUP_PASSPHRASE_FILE (or BACKUP_PASSPHRASE) what encrypts it, which is
              never part of these settings; BACKUP_KEEP how many stay (14)
WEBHOOK_PRIVATE_HOSTS  names in your own network that a practice's webhook may lead to, with a comma between
LOG_FORMAT    plain or json; METRICS_TOKEN opens /metrics: see practice_vetting/logs.py
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF

from practice_vetting import stores
from practice_vetting.logs import LOG_FORMAT, LOGGING, METRICS_TOKEN  # noqa: F401 - part of these settings
from practice_vetting.rooms import (  # noqa: F401 - part of these settings
    DEADLINES,
    FILE_USES,
    FILE_WITHHELD,
    FROZEN,
    JOB_KINDS,
    JUDGE,
    JUDGE_ALL,
    OPEN_EXPOSURES,
    RECORD_CHILDREN,
    RECORD_OF,
    RECORD_PAGES,
    STATES_ADDED,
    UNCHANGING,
    WEEK_CHANGES,
)
from practice_vetting.secret_key import read_or_make

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "data")).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
PORT = int(os.environ.get("PORT") or 8000)
SITE_URL = os.environ.get("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY_GIVEN = stores.secret(os.environ, "SECRET_KEY")
SECRET_KEY = SECRET_KEY_GIVEN or read_or_make(DATA_DIR / "secret_key")
SECRET_KEY_FALLBACKS = stores.secret(os.environ, "SECRET_KEY_FALLBACKS").split()
BEHIND_TLS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = [host for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host] or [
    str(urlsplit(SITE_URL).hostname),
    "localhost",
    "127.0.0.1",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [SITE_URL] if BEHIND_TLS else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "simple_history",
    "practice_vetting.core",
    "vendors",
    "checklists",
]

MIDDLEWARE = [
    "practice_vetting.core.tracing.traced",  # around all others, so that it knows what became of every request
    "practice_vetting.core.middleware.headers",  # these four first: what the others answer themselves has them too
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "practice_vetting.core.middleware.usual_methods",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "practice_vetting.core.accounts.sessions.SessionSeenMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "practice_vetting.core.middleware.set_up_first",
    "practice_vetting.core.access.DoorMiddleware",
    "practice_vetting.core.accounts.idle.end_idle_sessions",
    "practice_vetting.core.middleware.answer_refusals",
]

ROOT_URLCONF = "practice_vetting.urls"
WSGI_APPLICATION = "practice_vetting.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "practice_vetting.core.context.who_and_where",
                "vendors.loud.in_use_but_not_cleared",
            ],
            "builtins": ["practice_vetting.core.templatetags.wording"],
        },
    }
]

# --- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "core.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "practice_vetting.core.accounts.passwords.NotGuessable"}]
ACCOUNT_FORMS = {"login": "practice_vetting.core.accounts.sign_in_form.SignInForm"}
ACCOUNT_ADAPTER = "practice_vetting.core.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # a person comes in by set-up or by an invitation sent to that address
ACCOUNT_SESSION_REMEMBER = False
SOCIALACCOUNT_ADAPTER = "practice_vetting.core.accounts.single_sign_on.Adapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 4  # seconds: a person waits for it
OIDC_ISSUER = os.environ.get("OIDC_ISSUER", "")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = os.environ.get("OIDC_CLIENT_ID", ""), os.environ.get("OIDC_CLIENT_SECRET", "")
OIDC_NAME = os.environ.get("OIDC_NAME") or "single sign-on"
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,50/h/ip,5/5m/key",  # the key is account and address together, see accounts.adapter
    "missed_link": "20/10m/ip",  # links that lead nowhere, of all kinds together
    "invite": "30/h/user",
    "stop_reset": "20/10m/ip",
    "single_sign_on": "20/5m/ip",
    "setup": "10/5m/ip",
    "join": "10/5m/ip",
    "forgotten_password": "20/10m/ip",
    "set_password": "20/10m/ip",
    "confirm_email_link": "20/10m/ip",
    "change_email": "10/10m/user",
    "close_account": "5/10m/user",
    "join_account": "5/5m/key",
    "verify": "30/10m/ip",
    "verify_code": "30/10m/ip",
    "reauthenticate": "10/5m/user",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds in which a person who proved that it is them is not asked again
MFA_ADAPTER = "practice_vetting.core.accounts.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Practice Vetting"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey asks for a finger, a face or a PIN: two factors by itself
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS  # browsers make passkeys at http://localhost and nowhere else
MFA_REAUTHENTICATION_REQUIRED = False  # our doors ask again, see core.access
DEMO = os.environ.get("DEMO") == "1"  # invented data: a second factor is offered there, and asked of nobody
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # they end with the session they speak of
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())  # from sign-in, whatever happens: see core.accounts.idle
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if BEHIND_TLS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if BEHIND_TLS else "csrf"
CSRF_FAILURE_VIEW = "practice_vetting.core.views.errors.stale_form"

# --- what the browser may do ----------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = ["^livez$", "^healthz$", "^metrics$"]  # asked from inside, past the proxy that does TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS
if BEHIND_TLS and os.environ.get("TRUST_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # else everybody shares the proxy's address, and its limits

# --- what is kept where ---------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = stores.databases(os.environ, DATA_DIR)
SIMPLE_HISTORY_DATE_INDEX = False  # one composite index a record instead, see core.models.record.History

REDIS_URL = stores.secret(os.environ, "REDIS_URL")
CACHES = stores.caches(REDIS_URL)
STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = stores.storages(os.environ, DATA_DIR)
KEYS_DIR = stores.keys_dir(os.environ, DATA_DIR)
NOT_SHARED, STORE_NAMES = stores.not_shared(os.environ), stores.NAMES
SEAL_PKCS12 = os.environ.get("SEAL_PKCS12", "")
SEAL_PKCS12_PASSWORD = os.environ.get("SEAL_PKCS12_PASSWORD", "")
SEAL_PKCS12_PASSWORD_FILE = os.environ.get("SEAL_PKCS12_PASSWORD_FILE", "")
SEAL_PKCS11_LIBRARY = os.environ.get("SEAL_PKCS11_LIBRARY", "")
SEAL_PKCS11_TOKEN, SEAL_PKCS11_LABEL = os.environ.get("SEAL_PKCS11_TOKEN", ""), os.environ.get("SEAL_PKCS11_LABEL", "")
SEAL_PKCS11_PIN = os.environ.get("SEAL_PKCS11_PIN", "")
SEAL_PKCS11_PIN_FILE = os.environ.get("SEAL_PKCS11_PIN_FILE", "")
TSA_URL, TSA_CERTIFICATES = os.environ.get("TSA_URL", ""), os.environ.get("TSA_CERTIFICATES", "")
BACKUP_DIR = os.environ.get("BACKUP_DIR", "")
BACKUP_KEEP = max(1, int(os.environ.get("BACKUP_KEEP") or 14))
CLAMAV_SOCKET = os.environ.get("CLAMAV_SOCKET", "")
UPLOAD_LIMIT = 25 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # no form takes more, and a stranger's hundred would fill the disk before any is read
FILE_UPLOAD_HANDLERS = ["practice_vetting.core.files.uploads.BoundedUploadHandler"]

# --- language and time: stored in UTC, shown in the practice's own time zone --------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
DATE_FORMAT = "j M Y"

# --- mail -----------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM") or "Practice Vetting <practice-vetting@localhost>"
_mail = urlsplit(os.environ.get("EMAIL_URL", ""))
if _mail.scheme == "smtp":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS = parse_qs(_mail.query).get("tls") == ["true"]
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
#: seconds for each step: a worker waits for a server that looks through a mail before it takes it, a page for nobody
EMAIL_TIMEOUT = 5 if os.environ.get("SERVES_PAGES") == "1" else 30
# hosts of the practice's own network that its webhook may lead to; all others must be public and speak https
WEBHOOK_PRIVATE_HOSTS = [
    each for each in os.environ.get("WEBHOOK_PRIVATE_HOSTS", "").replace(" ", "").split(",") if each
]

# --- work in the background -------------------------------------------------------------------------
JOB_LEASE = timedelta(seconds=int(os.environ.get("JOB_LEASE_SECONDS", "120")))
JOB_SECONDS, JOB_MEGABYTES = 60, 1500
SWEEP_SECONDS = int(os.environ.get("SWEEP_SECONDS", "60"))
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost/"
if not REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "data_folder_in": str(DATA_DIR / "queue"),
        "data_folder_out": str(DATA_DIR / "queue"),
        "control_folder": str(DATA_DIR / "queue" / "control"),
        "polling_interval": 0.2,
    }
else:
    # A page does not wait for a queue that is away: the sweep finds what it did not hear of.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "socket_connect_timeout": 2,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = bool(REDIS_URL)
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "wake forgotten jobs": {
        "task": "core.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "remove bytes without a record": {"task": "core.sweep_files", "schedule": 86_400, "options": {"expires": 3600}},
    "make the backup of the night": {
        "task": "core.backup",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 6 * 3600},
    },
    "compare all history with the ledger": {
        "task": "core.check_history",
        "schedule": crontab(hour="3-9", minute=30),  # once a night: the later ones are for one that was ended
        "options": {"expires": 6 * 3600},
    },
    "send what is due": {"task": "core.send_reminders", "schedule": 900, "options": {"expires": 900}},
    "judge what changes today": {
        "task": "checklists.judge_due",
        "schedule": 900,
        "options": {"expires": 900},
    },
}
