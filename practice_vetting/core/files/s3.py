"""An S3-compatible storage, by django-storages. Whatever it does not do is an OSError, as a disk would say it.

A put is whole or not at all, and takes the place of what was there: two who keep the same bytes under their hash do no
harm to one another. What is read lies in a temporary file, never whole in memory. No page waits longer than seconds.
"""

import errno
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage
from urllib3.exceptions import HTTPError

from practice_vetting.core.files.store import StorageAway

SECONDS_TO_CONNECT, SECONDS_TO_ANSWER, TRIES = 2, 5, 2
SECONDS_OF_LONG_WORK = 30  # where nobody waits for a page: a busy storage may take so long for a large file
SECONDS_TO_LOOK = 2  # for the health page
MEGABYTE = 1024 * 1024
_IN_MEMORY = MEGABYTE  # of a file that is read; more of it lies on the disk
_QUICK: dict[str, Any] = {
    "connect_timeout": SECONDS_TO_LOOK,
    "read_timeout": SECONDS_TO_LOOK,
    "retries": {"mode": "standard", "total_max_attempts": 1},
}
_FULL = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage"}
_lock = threading.Lock()


def config(endpoint: str | None = None, **more: Any) -> Config:
    """How we speak with it: the bytes of each put are part of its signature, so that none can change on the way."""
    serves_pages = os.environ.get("SERVES_PAGES") == "1"
    given: dict[str, Any] = {
        "signature_version": "s3v4",
        "connect_timeout": SECONDS_TO_CONNECT,
        "read_timeout": SECONDS_TO_ANSWER if serves_pages else SECONDS_OF_LONG_WORK,
        "retries": {"mode": "standard", "total_max_attempts": TRIES},
        "request_checksum_calculation": "when_required",  # newer ones than the signature are not understood everywhere
        "response_checksum_validation": "when_required",  # we compare with the SHA-256 that we keep
        # Who serves others' buckets at an address of their own may know no names of buckets before it.
        "s3": {"payload_signing_enabled": True, "addressing_style": "path" if endpoint else "auto"},
    }
    return Config(**{**given, **more})


@contextmanager
def as_os_errors(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as problem:
        raise _os_error(problem, name) from problem
    except (BotoCoreError, Boto3Error, HTTPError) as problem:
        raise StorageAway(type(problem).__name__) from problem


def _os_error(problem: ClientError, name: str) -> OSError:
    code = str(problem.response.get("Error", {}).get("Code", ""))
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status == 404 and code != "NoSuchBucket":
        return FileNotFoundError(errno.ENOENT, "the file is not in the storage", name)
    if status == 507 or code in _FULL:
        return OSError(errno.ENOSPC, "the file storage is full", name)
    return StorageAway(f"{status} {code}")


def _asking(method: Any) -> Any:
    @wraps(method)
    def asked(self: Any, name: str, *arguments: Any, **options: Any) -> Any:
        with as_os_errors(name):
            return method(self, name, *arguments, **options)

    return asked


class S3Files(S3Storage):
    """One bucket, or one folder of it (`location`)."""

    file_overwrite = True
    _process = 0
    _resource: Any = None

    def __init__(self, **options: Any) -> None:
        # Without threads of its own: our processes have some already, and a file is small.
        transfer = TransferConfig(
            use_threads=False, multipart_threshold=64 * MEGABYTE, multipart_chunksize=16 * MEGABYTE
        )
        told = config(options.get("endpoint_url"))
        super().__init__(client_config=told, transfer_config=transfer, **options)

    @property
    def connection(self) -> Any:
        """One for all threads of this process, and none that came over a fork: its sockets are the parent's."""
        with _lock:
            if self._process != os.getpid():
                where = {"endpoint_url": self.endpoint_url, "region_name": self.region_name, "verify": self.verify}
                quick = config(self.endpoint_url, **_QUICK)
                session = self._create_session()
                self._resource = session.resource("s3", config=self.client_config, **where)
                self._quick = session.client("s3", config=quick, **where)
                self._bucket = None
                self._process = os.getpid()
            return self._resource

    @property
    def bucket(self) -> Any:
        connection = self.connection  # which forgets the bucket of a parent
        if self._bucket is None:
            self._bucket = connection.Bucket(self.bucket_name)
        return self._bucket

    def look(self) -> None:
        """Ask, in two seconds, whether the bucket is there and ours. Raises OSError."""
        with as_os_errors(self.bucket_name):
            assert self.connection
            self._quick.head_bucket(Bucket=self.bucket_name)

    @_asking
    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("Files of this storage are written by save.")
        key = self._normalize_name(name)
        answer = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=key)
        held = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, prefix="from-storage-")  # noqa: SIM115  the File's
        try:
            while piece := answer["Body"].read(MEGABYTE):
                held.write(piece)
        except BaseException:
            held.close()
            raise
        finally:
            answer["Body"].close()
        file = File(held, name)
        file.size = held.tell()
        held.seek(0)
        return file

    _save = _asking(S3Storage._save)
    delete = _asking(S3Storage.delete)
    exists = _asking(S3Storage.exists)
    listdir = _asking(S3Storage.listdir)

    @_asking
    def get_modified_time(self, name: str) -> datetime:
        key = self._normalize_name(name)
        found = self.connection.meta.client.head_object(Bucket=self.bucket_name, Key=key)
        modified: datetime = found["LastModified"]
        return modified
