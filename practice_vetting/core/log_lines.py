"""How a log line looks: one JSON object for machines, or a sentence for a terminal. Both say the same, and no more."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from practice_vetting.core import tracing
from practice_vetting.core.log_filter import OURS, kind_of

ROOT = Path(__file__).resolve().parents[2]
FIELDS = ("route", "method", "status", "ms", "queries", "state")  # what an access line and a task's line add
MOST_CAUSES = 5


def fault_of(problem: BaseException | None) -> dict[str, Any]:
    """The kinds of an error and of its causes, and where it came from: our places, and the last of others' code."""
    kinds: list[str] = []
    places: list[str] = []
    while problem is not None and len(kinds) < MOST_CAUSES:
        kinds.append(kind_of(problem))
        places.extend(place for place in _places(problem.__traceback__) if place not in places)
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    return {"kinds": kinds, "places": places}


def _places(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        code = trace.tb_frame.f_code
        file = Path(code.co_filename)
        ours = file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in OURS
        if (ours and code.co_filename != tracing.__file__) or trace.tb_next is None:
            yield f"{file.relative_to(ROOT) if ours else '/'.join(file.parts[-2:])}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next


def _fault(record: logging.LogRecord) -> dict[str, Any]:
    return fault_of(record.exc_info[1]) if isinstance(record.exc_info, tuple) else {}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    trace = tracing.current()
    added = {name: vars(record)[name] for name in FIELDS if name in vars(record)}
    return {**(trace.fields() if trace else {}), **added}


class Json(JsonFormatter):
    """One object a line: time, level, logger, message, then what is known of request, task and fault."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if fault := _fault(record):
            told["fault"] = fault
        return self.serialize_log_record(told)


class Plain(logging.Formatter):
    """ "2026-11-22 10:40:12 ERROR [7KQ4-M2XD] the message (OperationalError at core/ledger.py:40 append)"."""

    def format(self, record: logging.LogRecord) -> str:
        fields, fault = _fields(record), _fault(record)
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        known = " ".join(fields[name] for name in ("request", "job") if name in fields)
        line = f"{at} {record.levelname}{f' [{known}]' if known else ''} {record.getMessage()}"
        if not fault:
            return line
        places = ", ".join(fault["places"][-4:])
        return f"{line} ({' from '.join(fault['kinds'])}{f' at {places}' if places else ''})"
