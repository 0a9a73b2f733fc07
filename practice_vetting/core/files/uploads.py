"""How the bytes of a form's file arrive: never more than may be kept, and a full disk makes no fault page."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedFile(TemporaryUploadedFile):
    """A file on its way in. `fault` says why its bytes could not be written, if they could not."""

    fault: OSError | None = None


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Writes up to settings.UPLOAD_LIMIT and counts the rest: the form around a file too large survives."""

    file: BoundedFile

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super(TemporaryFileUploadHandler, self).new_file(*args, **kwargs)
        # A name of ours: the person's may be longer than the file system allows.
        self.file = BoundedFile("upload", self.content_type, 0, self.charset, self.content_type_extra)
        self.file.name = self.file_name

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start <= settings.UPLOAD_LIMIT:
            self._try(lambda: self.file.write(raw_data))

    def file_complete(self, file_size: int) -> BoundedFile:
        self._try(lambda: self.file.seek(0))  # writes what is still buffered
        self.file.size = file_size
        return self.file

    def _try(self, write: Any) -> None:
        try:
            if self.file.fault is None:
                write()
        except OSError as fault:
            self.file.fault = fault
