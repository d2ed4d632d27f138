# Answers whoever asks `math:add`: what the function returns is the answer.
import os
import signal

from berrymq import connect, flush, following_function


@following_function("math:add")
def add(message):
    return sum(message.args)


with connect(os.environ.get("BERRYMQ_URL", "localhost:7201")):
    flush()
    print("answering math:add", flush=True)
    signal.sigwait([signal.SIGINT])
