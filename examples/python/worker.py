# Takes tasks from the queue `tasks`, which all workers share, in any language; each is acknowledged when the function returns.
import os

from berrymq import connect, following_function, run


@following_function("task:*", queue="tasks")
def work(message):
    print(message.id, *message.args, flush=True)


connect(os.environ.get("BERRYMQ_URL", "localhost:7201"))
print("waiting for task:*", flush=True)
run()
