"""The bytes of an upload as they come in: the raw body, or the file of a form, never held whole.

A client that stops sending is waited for STALL_S at most.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from anyio import from_thread
from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from app.datasets.errors import DatasetRefused, TooLarge, UploadStalled

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

__all__ = ["Upload"]

STALL_S = 30.0
# Handed to the thread that writes; fewer hand-overs than the pieces that the server gives.
PIECE_BYTES = 512 * 1024
FORM = b"multipart/form-data"
FORM_FIELD = b"file"
# What the boundaries and headers of a form may add to the file.
FORM_BYTES = 64 * 1024


class Upload:
    """One upload. :attr:`file_name` is known once the first chunk was read."""

    def __init__(self, request: Request, *, limit_bytes: int, stall_s: float = STALL_S) -> None:
        self._request = request
        self.limit_bytes = limit_bytes
        self._stall_s = stall_s
        self.file_name: str | None = None
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        self._boundary = options.get(b"boundary", b"") if kind == FORM else None
        self._refuse_declared()
        self._pieces = self._body() if self._boundary is None else self._file_of_form()

    def _refuse_declared(self) -> None:
        declared = self._request.headers.get("content-length", "")
        allowance = 0 if self._boundary is None else FORM_BYTES
        if declared.isdigit() and int(declared) > self.limit_bytes + allowance:
            raise TooLarge(limit_bytes=self.limit_bytes, found_bytes=int(declared))

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes, for a thread of anyio; ends with the upload.

        Raises:
            UploadStalled, DatasetRefused
        """
        while chunk := from_thread.run(self._next_chunk):
            yield chunk

    async def _next_chunk(self) -> bytes:
        gathered = bytearray()
        try:
            while len(gathered) < PIECE_BYTES:
                async with asyncio.timeout(self._stall_s):
                    gathered += await anext(self._pieces)
        except StopAsyncIteration:
            pass
        except TimeoutError as exc:
            raise UploadStalled(f"nothing came for {self._stall_s:g} s") from exc
        except ClientDisconnect as exc:
            raise UploadStalled("the client went away") from exc
        return bytes(gathered)

    async def _body(self) -> AsyncIterator[bytes]:
        async for piece in self._request.stream():
            if piece:
                yield piece

    async def _file_of_form(self) -> AsyncIterator[bytes]:
        form = _Form()
        try:
            parser = MultipartParser(self._boundary or b"", form.callbacks())
            async for piece in self._request.stream():
                parser.write(piece)
                if form.file_name is not None:
                    self.file_name = form.file_name.decode("utf-8", errors="replace")
                for data in form.taken():
                    yield data
            parser.finalize()
        except ValueError as exc:
            raise DatasetRefused(f"no readable form: {exc}", allowed="multipart/form-data") from exc
        if not form.has_file:
            found = "a form without a file"
            raise DatasetRefused(found, allowed=f'a field named "{FORM_FIELD.decode()}"')


class _Form:
    """Collects the data of the field ``file`` and drops the others."""

    def __init__(self) -> None:
        self.has_file = False
        self.file_name: bytes | None = None
        self._in_file = False
        self._name, self._value = b"", b""
        self._data: list[bytes] = []

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_part_data": self._part_data,
        }

    def taken(self) -> list[bytes]:
        data, self._data = self._data, []
        return data

    def _part_begins(self) -> None:
        self._in_file = False

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._name.lower() == b"content-disposition":
            options = parse_options_header(self._value)[1]
            if options.get(b"name") == FORM_FIELD and not self.has_file:
                self.has_file = self._in_file = True
                self.file_name = options.get(b"filename")
        self._name, self._value = b"", b""

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._data.append(data[start:end])
