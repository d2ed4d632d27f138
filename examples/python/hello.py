# The smallest berryMQ program: no gateway, a follower that is a function.
from berrymq import following_function, twitter


@following_function("*:log")
def receive_log(message):
    print(message.id, message.args[0])


twitter("hello:log", "the berries are ripe")
