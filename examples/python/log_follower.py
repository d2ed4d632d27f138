# Prints every message to `*:log`, from any program in any language, until it is told to end.
import os

from berrymq import connect, flush, following_function, run


@following_function("*:log")
def print_log(message):
    print(message.sender, message.id, *message.args, flush=True)


connect(os.environ.get("BERRYMQ_URL", "localhost:7201"))
flush()
print("following *:log", flush=True)
run()
