# Answers whoever asks `math:add`: what the function returns is the answer.
import os

from berrymq import connect, flush, following_function, run


@following_function("math:add")
def add(message):
    return sum(message.args)


connect(os.environ.get("BERRYMQ_URL", "localhost:7201"))
flush()
print("answering math:add", flush=True)
run()
