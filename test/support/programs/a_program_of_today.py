# A program on today's SDK: prints what it hears of the pattern it is given, and publishes what it is told on stdin,
# a line at a time.
import json
import os
import sys

from berrymq import Bus

with Bus("today") as bus:

    @bus.following_function(sys.argv[1])
    def hear(message):
        said = (json.dumps(value, ensure_ascii=False, sort_keys=True) for value in (message.args, message.kwargs))
        print("heard", message.id, *said, flush=True)

    bus.connect(os.environ["BERRYMQ_URL"])
    bus.flush()
    print("ready", flush=True)
    for line in sys.stdin:
        identifier, args, kwargs = json.loads(line)
        bus.publish(identifier, *args, **kwargs).wait(timeout=10)
        print("published", identifier, flush=True)
