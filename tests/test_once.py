"""One making, whichever thread asks; a failure is not kept."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mspa_model.once import once


def test_two_threads_that_ask_at_once_get_the_same_and_one_is_made():
    made, begun, both = [], threading.Event(), threading.Event()

    def make() -> object:
        begun.set()
        assert both.wait(60)
        made.append(object())
        return made[-1]

    get = once(make)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(get)
        assert begun.wait(60)
        second = threads.submit(lambda: (both.set(), get())[1])
        assert first.result(60) is second.result(60)
    assert len(made) == 1


def test_what_fails_is_tried_again_by_the_next_who_asks():
    tries = iter([ValueError("damaged"), None])

    def make() -> str:
        if fault := next(tries):
            raise fault
        return "made"

    get = once(make)
    with pytest.raises(ValueError, match="damaged"):
        get()
    assert get() == get() == "made"
