# Publishes a log line and three tasks, and says whom the line reached.
import os

from berrymq import connect, publish, publish_many

with connect(os.environ.get("BERRYMQ_URL", "localhost:7201")):
    receipt = publish("python:log", "three tasks are coming").wait()
    print(f"{receipt.followers} followers heard the log line")
    publish_many(("task:pick", number) for number in (1, 2, 3)).wait()
    print("the tasks are published")
