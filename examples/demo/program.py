# The Python part of the demo: a decorated function hears the log; stdin says what to do next.
import sys

from berrymq import Queue, connect, flush, following_function, publish, talk


def say(*words):
    print(*words, flush=True)


@following_function("*:log")
def hear(message):
    say("heard", message.id, message.args[0])


@following_function("demo:greet")
def greet(message):
    say("was greeted by", message.args[0])
    return "Hello from Python"


@following_function("python:greeting")
def answered(message):
    say("was answered", message.args[0])


with connect(sys.argv[1], ident="python"):
    tasks = Queue("task:*", shared=True)
    flush()
    say("is ready")
    for word in map(str.strip, sys.stdin):
        if word == "log":
            publish("python:log", "a function listens").wait()
            say("published python:log")
        elif word == "talk":
            talk("demo:greet", "python:greeting", "Python").wait()
        elif word == "task":
            publish("task:pick", "berries for Python").wait()
        elif word == "work":
            message = tasks.get(timeout=5)
            say("took", message.args[0])
