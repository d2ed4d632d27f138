# Prints every message to `*:log`, from any program in any language.
import os

from berrymq import connect

with connect(os.environ.get("BERRYMQ_URL", "localhost:7201")) as bus, bus.follow("*:log") as messages:
    bus.flush()
    print("following *:log", flush=True)
    try:
        for message in messages:
            print(message.sender, message.id, *message.args, flush=True)
    except KeyboardInterrupt:
        pass
