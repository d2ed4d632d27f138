"""The bus that every program has, and its calls as functions."""

from __future__ import annotations

from .bus import Bus

bus = Bus()
bus._reopens = True

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
show_followers = bus.show_followers
on_error = bus.on_error
send = bus.send
mailbox = bus.mailbox
on_recv = bus.on_recv
on_drop = bus.on_drop
on_connect = bus.on_connect
on_disconnect = bus.on_disconnect
connect = bus.connect
flush = bus.flush
close = bus.close
