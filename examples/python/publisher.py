# Publishes a log line and three tasks, and says whom they reached.
import os

from berrymq import connect, publish, publish_many

with connect(os.environ.get("BERRYMQ_URL", "localhost:7201")):
    receipt = publish("python:log", "three tasks are coming").wait()
    print(f"{receipt.followers} followers heard the log line")
    receipt = publish_many(("task:pick", number) for number in (1, 2, 3)).wait()
    print(f"{receipt.queues} queues keep the tasks")
