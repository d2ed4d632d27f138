# Takes tasks from a queue that all workers share, in any language, and acknowledges each when it is done.
import os

from berrymq import Queue, connect

with connect(os.environ.get("BERRYMQ_URL", "localhost:7201")):
    tasks = Queue("task:*", shared=True)
    print("waiting for task:*", flush=True)
    try:
        for delivery in tasks.consume():
            print(delivery.message.id, *delivery.message.args, flush=True)
            delivery.ack()
    except KeyboardInterrupt:
        pass
