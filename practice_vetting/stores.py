"""Where everything is kept, as the environment says: database, cache, files, and the secrets that open them.

Each function takes the environment and answers a part of the settings. Nothing is connected to here.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url

from practice_vetting.core.production import is_this_machine

Environment = Mapping[str, str]
Settings = dict[str, object]

POOL = 8  # connections of one process at most, if DATABASE_POOL says nothing: a thread of the web server holds one
_SECONDS_TO_CONNECT = 3
#: Milliseconds. A page tells its person within five seconds that the database is busy; long work waits longer, and runs
#: as long as it must.
_PAGES = {"lock_timeout": 4_000, "statement_timeout": 20_000, "idle_in_transaction_session_timeout": 60_000}
_LONG_WORK = {"lock_timeout": 15_000}
#: A thread of the web server keeps the file open between requests: to open it, and to write back what was saved when it
#: is closed, takes about a fifth of a save. One that met a fault of the disk is gone after as long.
_SECONDS_KEPT_OPEN = 60
_SECONDS_FOR_A_CONNECTION = {True: 3, False: 15}


def secret(environment: Environment, name: str) -> str:
    """A secret of the environment: itself, or the first line of the file that NAME_FILE names. Raises OSError."""
    if file := environment.get(f"{name}_FILE"):
        return Path(file).read_text().partition("\n")[0].strip()
    return environment.get(name, "")


def databases(environment: Environment, data_dir: Path) -> dict[str, Settings]:
    """PostgreSQL with a pool of connections a process, or one SQLite file.

    What serves pages (SERVES_PAGES, which wsgi.py sets) gives up sooner than a worker or a command.
    """
    url = secret(environment, "DATABASE_URL") or f"sqlite:///{data_dir / 'practice.sqlite3'}"
    found: Settings = dict(dj_database_url.parse(url))
    pages = environment.get("SERVES_PAGES") == "1"
    if str(found["ENGINE"]).endswith("sqlite3"):
        kept: Settings = {"CONN_MAX_AGE": _SECONDS_KEPT_OPEN} if pages else {}
        return {"default": {**found, **kept, "OPTIONS": dict(_SQLITE)}}
    limits = _PAGES if pages else _LONG_WORK
    most = max(1, int(environment.get("DATABASE_POOL") or POOL))
    asked = found.get("OPTIONS")
    options: Settings = {
        "connect_timeout": _SECONDS_TO_CONNECT,
        "tcp_user_timeout": 10_000,  # milliseconds, for a server that fell off the network
        **(asked if isinstance(asked, dict) else {}),  # such as sslmode, from the address
        "pool": {"min_size": 1, "max_size": most, "timeout": _SECONDS_FOR_A_CONNECTION[pages]},
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
    }
    # A server that restarted costs nobody a fault page: a connection is looked at before it is used again.
    return {"default": {**found, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}}


_SQLITE: Settings = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}


def caches(redis_url: str) -> dict[str, Settings]:
    """Redis, with the database for while it is away; without it the database alone."""
    table: Settings = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
    table["OPTIONS"] = {"MAX_ENTRIES": 100_000}  # by default 300: whoever filled it would clear the counts of tries
    if not redis_url:
        return {"default": table}
    redis: Settings = {
        "BACKEND": "practice_vetting.core.cache.RedisOrDatabase",
        "LOCATION": redis_url,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},  # seconds
    }
    return {"default": redis, "meanwhile": table}


def storages(environment: Environment, data_dir: Path) -> dict[str, Settings]:
    """Files that are kept ("default"), and files that we asked about ("held"): in a bucket, or in folders."""
    static: Settings = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    return {
        "default": _storage(environment, data_dir, "files"),
        "held": _storage(environment, data_dir, "held"),  # for an hour; never served
        "staticfiles": static,
    }


def _storage(environment: Environment, data_dir: Path, folder: str) -> Settings:
    if not environment.get("S3_BUCKET"):
        closed = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700} if folder == "held" else {}
        backend = "django.core.files.storage.FileSystemStorage"
        return {"BACKEND": backend, "OPTIONS": {"location": data_dir / folder, **closed}}
    return {
        "BACKEND": "practice_vetting.core.files.s3.S3Files",
        "OPTIONS": {
            "bucket_name": environment["S3_BUCKET"],
            "location": folder,
            "endpoint_url": environment.get("S3_ENDPOINT") or None,
            "region_name": environment.get("S3_REGION") or "us-east-1",
            "access_key": secret(environment, "AWS_ACCESS_KEY_ID") or None,  # without them boto3 looks further:
            "secret_key": secret(environment, "AWS_SECRET_ACCESS_KEY") or None,  # the role of the machine
        },
    }


#: what an installation that is tried out beside this one must not know, see core.archive.scratch
NAMES = (
    "DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE", "S3_BUCKET", "S3_ENDPOINT", "S3_REGION",
    "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID_FILE", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY_FILE",
    "SECRET_KEY", "SECRET_KEY_FILE", "SECRET_KEY_FALLBACKS", "SECRET_KEY_FALLBACKS_FILE", "KEYS_DIR",
)  # fmt: skip


def not_shared(environment: Environment) -> list[str]:
    """What each machine would make for itself although they share their files, and what is set up by half."""
    if not environment.get("S3_BUCKET"):
        given = [name for name in ("S3_ENDPOINT", "S3_REGION") if environment.get(name)]
        return [f"{' and '.join(given)} without S3_BUCKET: files would stay on this machine."] if given else []
    wrong = []
    asked = urlsplit(environment.get("S3_ENDPOINT", ""))
    if asked.scheme == "http" and not is_this_machine(asked.hostname):
        wrong.append("S3_ENDPOINT begins with http:// and leads to another machine: anybody between could read files.")
    if not (environment.get("SECRET_KEY") or environment.get("SECRET_KEY_FILE")):
        wrong.append("S3_BUCKET is set and SECRET_KEY is not: each machine would make a key of its own.")
    if not any(environment.get(name) for name in ("KEYS_DIR", "SEAL_PKCS12", "SEAL_PKCS11_LIBRARY")):
        wrong.append("S3_BUCKET is set and KEYS_DIR is not: each machine would seal with a certificate of its own.")
    keys = [name for name in _KEYS if environment.get(name) or environment.get(f"{name}_FILE")]
    if len(keys) == 1:
        wrong.append(f"{keys[0]} is set without its other half: set {' and '.join(_KEYS)}, or neither.")
    return wrong


_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def keys_dir(environment: Environment, data_dir: Path) -> Path:
    """Where the keys lie that seal documents. Machines that share their files must share this folder, too."""
    return Path(environment.get("KEYS_DIR") or data_dir / "keys").resolve()
