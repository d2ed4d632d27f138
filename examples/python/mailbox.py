# Two programs in one: "niess" answers whoever writes to it, "bob" sends it a large text a hundred times and counts the answers.
import os
import threading

from berrymq import Bus

URL = os.environ.get("BERRYMQ_URL", "localhost:7201")
LETTERS = 100
TEXT = "x" * 1_000_000

hellos = 0
all_came = threading.Event()


def count(ident, message):
    global hellos
    hellos += 1
    if hellos == LETTERS:
        all_came.set()


with Bus("bob").connect(URL) as bob, Bus("niess").connect(URL) as niess:
    bob.on_recv(count)
    niess.on_recv(lambda ident, message: niess.send(ident, f"hello, {ident}"))
    for _ in range(LETTERS):
        bob.mailbox("niess", persistent=True).send(TEXT)
    all_came.wait(60)
    print(f"{hellos} hellos came", flush=True)
