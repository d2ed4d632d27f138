"""The bus that every program has, and its calls as functions."""

from __future__ import annotations

from .bus import Bus

bus = Bus()
bus._courier.reopens = True

publish = bus.publish
twitter = bus.twitter
publish_many = bus.publish_many
talk = bus.talk
pipeline = bus.pipeline
ask = bus.ask
ask_many = bus.ask_many
within = bus.within
follow = bus.follow
following_function = bus.following_function
regist_function = bus.regist_function
regist_method = bus.regist_method
set_multiplicity = bus.set_multiplicity
unfollow = bus.unfollow
auto_twitter = bus.auto_twitter
twitter_exception = bus.twitter_exception
show_followers = bus.show_followers
show_network = bus.show_network
debug_messages = bus.debug_messages
take_errors = bus.take_errors
on_error = bus.on_error
send = bus.send
mailbox = bus.mailbox
on_recv = bus.on_recv
on_drop = bus.on_drop
on_connect = bus.on_connect
on_disconnect = bus.on_disconnect
connect = bus.connect
interconnect = bus.interconnect
connect_oneway = bus.connect_oneway
connect_via_queue = bus.connect_via_queue
send_message = bus.send_message
get = bus.get
get_nowait = bus.get_nowait
close_connection = bus.close_connection
flush = bus.flush
run = bus.run
close = bus.close
