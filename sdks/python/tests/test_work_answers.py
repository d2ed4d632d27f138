"""What durable followings tell whoever asked, in this process and at a gateway."""

from __future__ import annotations

import pytest

from berrymq import Bus, HandlerFailed, Message, Reject, Retry


def test_what_it_returns_is_a_talks_answer(place: Bus, name: str) -> None:
    kept = place.regist_function(f"{name}:*", lambda message: message.args[0] + 1, queue=name)
    with place.follow(f"{name}-done:x") as answers:
        place.flush()
        sent = place.talk(f"{name}:x", f"{name}-done:x", 41)
        answer = next(answers)
    assert answer.args == (42,)
    assert answer.answer is not None
    assert (answer.answer.to, answer.answer.of) == (sent.message_id, 1)
    kept.unfollow()


def test_whoever_asked_hears_of_the_last_failure_and_of_what_is_rejected(place: Bus, name: str) -> None:
    errors: list[BaseException] = []
    place.on_error(lambda error, *_: errors.append(error))
    attempts: list[str] = []

    def handle(message: Message) -> None:
        attempts.append(message.args[0])
        if message.args[0] == "reject":
            raise Reject
        raise Retry(after=0) if message.args[0] == "retry" else ValueError(f"no {attempts.count('raise')}")

    told = {
        "raise": ("ValueError", "no 2"),
        "retry": ("Retry", "wanted the message again after 0 s"),
        "reject": ("Reject", "rejected"),
    }
    options = {"max_attempts": 2, "backoff": (0, 0)}
    kept = place.regist_function(f"{name}:*", handle, queue=name, queue_options=options)
    with place.follow(f"{name}-done:x") as answers:
        place.flush()
        for what, failure in told.items():
            sent = place.talk(f"{name}:x", f"{name}-done:x", what)
            answer = next(answers)
            assert answer.failure == failure
            assert answer.answer == (sent.message_id, 1, 1, True)
        place.pipeline(f"{name}:p", f"{name}:q", f"{name}-done:x").talk("raise")
        failed = next(answers)
        assert (failed.failure, failed.attributes["berrymq-at"]) == (("ValueError", "no 4"), f"{name}:p")
        with pytest.raises(HandlerFailed, match="no 6"):
            place.pipeline(f"{name}:p", f"{name}:q").ask("raise")
    assert attempts == ["raise"] * 2 + ["retry"] * 2 + ["reject"] + ["raise"] * 4
    assert [str(error) for error in errors] == [f"no {number}" for number in range(1, 7)]
    kept.unfollow()
