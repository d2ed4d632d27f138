# Asks `math:add`, which some program in some language answers.
import os

from berrymq import NoFollowers, ask, connect

with connect(os.environ.get("BERRYMQ_URL", "localhost:7201")):
    try:
        print(ask("math:add", 1, 2, 3))
    except NoFollowers:
        print("nobody answers; start an answerer")
