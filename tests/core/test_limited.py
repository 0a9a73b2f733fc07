"""Work on what people sent us ends at its limits, and says so in a sentence."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from practice_vetting.core.limited import ROOT, ChildFailed, TooLarge, TooLong, read_ahead, run_limited

HERE = "tests.core.limited_targets"


def run(name: str, payload: bytes = b"", *, seconds: float = 20, megabytes: int = 400) -> bytes:
    return run_limited(f"{HERE}:{name}", payload, seconds=seconds, megabytes=megabytes)


def ended(pid: int) -> bool:
    """Whether the process is gone within ten seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)


def test_bytes_go_in_and_bytes_come_out() -> None:
    payload = bytes(range(256)) * 5000
    assert run("echo", payload) == payload


def test_an_empty_answer_is_an_answer() -> None:
    assert run("echo") == b""


def test_what_libraries_print_does_not_mix_with_the_answer() -> None:
    assert run("chatter", b"the answer") == b"the answer"


def test_a_function_that_waits_for_ever_is_ended() -> None:
    with pytest.raises(TooLong) as raised:
        run("hang", seconds=1)
    assert raised.value.sentence == "This took longer than 1 seconds and was stopped."


def test_a_function_that_spins_is_ended() -> None:
    with pytest.raises(TooLong):
        run("spin", seconds=1)


def test_a_function_that_eats_memory_is_ended() -> None:
    with pytest.raises(TooLarge) as raised:
        run("eat", megabytes=200)
    assert raised.value.sentence == "This needs more memory than one document may use, and was stopped."


def test_a_function_that_fills_the_disk_is_ended() -> None:
    with pytest.raises(TooLarge):
        run("flood")


def test_a_crash_is_told_without_its_inside() -> None:
    with pytest.raises(ChildFailed) as raised:
        run("crash")
    assert (raised.value.sentence, raised.value.kind) == (
        "Something in this file or document could not be handled. Nothing was changed.",
        "crash",
    )


def test_an_error_with_a_sentence_keeps_it() -> None:
    with pytest.raises(ChildFailed) as raised:
        run("decline")
    assert (raised.value.kind, raised.value.sentence) == ("Declined", "This was declined, kindly.")


def test_another_error_keeps_its_detail_for_the_log() -> None:
    with pytest.raises(ChildFailed) as raised:
        run("stumble")
    assert (raised.value.kind, raised.value.detail) == ("ValueError", "the detail is for the log")
    assert "detail is for the log" not in raised.value.sentence


def test_a_function_that_does_not_exist_is_a_failure() -> None:
    with pytest.raises(ChildFailed) as raised:
        run("missing")
    assert raised.value.kind == "AttributeError"


def test_the_child_has_no_secrets_no_settings_and_an_empty_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for children")
    monkeypatch.setenv("DATABASE_URL", "postgres://someone:password@somewhere/else")
    about = json.loads(run("surroundings"))
    assert {"SECRET_KEY", "DATABASE_URL"} & set(about["names"]) == set()
    assert (about["entries"], about["settings"]) == ([], False)
    assert not Path(about["folder"]).exists()


def test_what_the_child_started_ends_with_it() -> None:
    assert ended(int(run("leave_behind")))


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)
    order = (
        "from practice_vetting.core.limited import run_limited;"
        f"run_limited('{HERE}:tell_and_hang', {str(fifo).encode()!r}, seconds=60, megabytes=400)"
    )
    with subprocess.Popen([sys.executable, "-c", order], cwd=ROOT) as parent:
        child = int(fifo.read_text())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert ended(child)


# --- the warm parent ------------------------------------------------------------------------------------


def test_a_child_holds_its_three_files_and_nothing_else() -> None:
    led_to = json.loads(run("descriptors"))
    assert [place for place in led_to if not place.endswith("(deleted)")] == []
    assert len(set(led_to)) == 3  # the answer has two names


def test_children_have_one_parent_that_is_not_this_process() -> None:
    parents = {int(run("parent")) for _ in range(3)}
    assert len(parents) == 1
    assert parents != {os.getpid()}


def test_a_warm_parent_that_was_killed_is_replaced() -> None:
    killed = int(run("parent"))
    os.kill(killed, signal.SIGKILL)
    assert ended(killed)
    assert int(run("parent")) != killed


def test_after_a_crash_the_next_child_has_another_memory() -> None:
    before = int(run("parent"))
    with pytest.raises(ChildFailed):
        run("crash")
    assert int(run("parent")) != before
    assert ended(before)


def test_many_threads_may_ask_at_once() -> None:
    given = [str(number).encode() * 1000 for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda payload: run("echo", payload), given)) == given


def test_the_warm_parent_outlives_the_thread_that_started_it() -> None:
    os.kill(int(run("parent")), signal.SIGKILL)
    told: list[bytes] = []
    thread = threading.Thread(target=lambda: told.append(run("parent")))
    thread.start()
    thread.join()
    assert run("parent") == told[0]


def test_a_process_that_was_forked_gets_a_warm_parent_of_its_own() -> None:
    order = (
        "import os;"
        "from practice_vetting.core.limited import run_limited;"
        f"ask = lambda: run_limited('{HERE}:parent', b'', seconds=20, megabytes=400).decode();"
        "mine = ask(); child = os.fork();"
        "print(mine if child else ask(), flush=True);"
        "child and os.waitpid(child, 0) and print(ask(), flush=True)"
    )
    said = subprocess.run([sys.executable, "-c", order], cwd=ROOT, capture_output=True, text=True, check=True)
    first, *others = said.stdout.split()
    assert (len({first, *others}), len(others), said.stderr) == (2, 2, "")
    assert all(ended(int(each)) for each in [first, *others])


def test_libraries_can_be_read_before_the_first_call_and_nobody_need_wait_for_it() -> None:
    read_ahead(f"{HERE}:echo").close()
    with read_ahead(f"{HERE}:echo") as reading:
        reading.settimeout(20)
        assert (reading.recv(1), reading.recv(1)) == (b"+", b"")
    assert run("echo", b"and then a call") == b"and then a call"
