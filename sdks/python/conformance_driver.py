"""The conformance driver of this SDK: JSON commands on stdin, answers on stdout (test/conformance/README.md)."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any

from berrymq import (
    BerryMQError,
    Bus,
    Delivery,
    Empty,
    Following,
    Identifier,
    InvalidArgument,
    Message,
    Queue,
    Stream,
    __version__,
    cond,
    matches,
)
from conformance_handlers import Command, Record, handler
from conformance_values import plain, rich, told

QUEUE_OPTIONS = (
    "max_messages",
    "max_bytes",
    "overflow",
    "lease",
    "max_attempts",
    "backoff",
    "transient",
    "ttl",
    "delay",
    "dedupe",
    "standalone_ttl",
    "policy",
)


class Driver:
    """One method for each command; the state of one bus."""

    def __init__(self) -> None:
        self._bus = Bus()
        self._forget()

    def answer(self, command: Command) -> Command:
        try:
            call: Callable[[Command], Any] = getattr(self, f"do_{command['do']}", self._unknown)
            return {"ok": plain(call(command))}
        except BerryMQError as error:
            return {"error": {"reason": error.reason, "retryable": error.retryable, "message": str(error)}}
        except Exception as error:
            return {"error": {"reason": type(error).__name__, "retryable": False, "message": str(error)}}

    def do_hello(self, _: Command) -> Any:
        return {"sdk": "python", "version": __version__}

    def do_parse(self, command: Command) -> Any:
        found = Identifier.parse(command["identifier"])
        return {**found._asdict(), "local": found.local, "reserved": found.reserved}

    def do_matches(self, command: Command) -> Any:
        return matches(command["pattern"], command["identifier"])

    def do_open(self, _: Command) -> None:
        self._bus.close()
        self._bus = Bus()
        self._bus.on_error(lambda *_: None)
        self._forget()

    def do_connect(self, command: Command) -> None:
        options = {name: command[name] for name in ("ident", "timeout", "max_held") if name in command}
        style = command.get("style")
        if style == "oneway":
            self._bus.connect_oneway(command["url"], **options)
        elif style == "queue":
            self._bus.connect_via_queue(command["pattern"], command["url"], **options)
        else:
            self._bus.connect(command["url"], **options)

    def do_pull(self, command: Command) -> Any:
        try:
            return self._bus.get(timeout=command.get("timeout", 5.0))
        except Empty:
            return None

    def do_send_message(self, command: Command) -> Any:
        args, kwargs = rich(command.get("args", [])), rich(command.get("kwargs", {}))
        return told(self._bus.send_message(command["identifier"], args, kwargs).wait(10.0))

    def do_close_connection(self, _: Command) -> None:
        self._bus.close_connection()

    def do_follow(self, command: Command) -> None:
        stream, record = self._bus.follow(command["pattern"]), Record()
        self._streams[command["as"]], self._records[command["as"]] = stream, record
        threading.Thread(target=record.listen, args=(stream,), daemon=True).start()
        self._bus.flush()

    def do_handle(self, command: Command) -> None:
        record = Record()
        handle = handler(command, record)
        guard = None if command.get("guard", True) else lambda _: False
        self._records[command["as"]] = record
        durable: Command = {name: command[name] for name in ("queue", "concurrency") if name in command}
        if "queue_options" in command:
            durable["queue_options"] = _queue_options(command["queue_options"])
        self._handlers[command["as"]] = self._bus.regist_function(command["pattern"], handle, guard, **durable)
        self._bus.flush()

    def do_handle_together(self, command: Command) -> None:
        record = self._records[command["as"]] = Record()
        together = reduce(and_, map(cond, command["patterns"]))

        def handle(*messages: Message) -> None:
            for message in messages:
                record.add(message)

        queue = command.get("queue")
        self._handlers[command["as"]] = self._bus.regist_function(together, handle, queue=queue)
        self._bus.flush()

    def do_told(self, command: Command) -> Any:
        flags = {name: command[name] for name in ("entry", "exit") if name in command}

        @self._bus.auto_twitter(command["identifier"], **flags)
        def work(*_: Any, **__: Any) -> Any:
            if "raises" in command:
                raise RuntimeError(command["raises"])
            return rich(command.get("returns"))

        return work(*rich(command.get("args", [])), **rich(command.get("kwargs", {})))

    def do_told_exception(self, command: Command) -> Any:
        flags = {name: command[name] for name in ("reraise", "with_traceback") if name in command}

        @self._bus.twitter_exception(command["identifier"], **flags)
        def work() -> None:
            raise RuntimeError(command["raises"])

        return work()

    def do_take_errors(self, _: Command) -> Any:
        return [
            {"reason": getattr(each.error, "reason", None), "text": str(each.error), "id": each.message.id}
            for each in self._bus.take_errors()
        ]

    def do_debug_messages(self, command: Command) -> None:
        self._bus.debug_messages(command["on"])

    def do_unfollow(self, command: Command) -> None:
        name = command["as"]
        if name in self._streams:
            self._streams.pop(name).close()
        else:
            self._handlers.pop(name).unfollow()
        self._bus.flush()

    def do_received(self, command: Command) -> Any:
        return self._records[command["as"]].take(command["count"], command.get("timeout", 5.0))

    def do_publish(self, command: Command) -> Any:
        return told(self._bus.publish(_message(command)).wait(10.0))

    def do_publish_many(self, command: Command) -> Any:
        receipt = self._bus.publish_many([_message(each) for each in command["messages"]]).wait(30.0)
        return {"followers": receipt.followers, "queues": receipt.queues}

    def do_talk(self, command: Command) -> Any:
        return told(self._bus.talk(_message(command), command["reply_to"]).wait(10.0))

    def do_pipeline(self, command: Command) -> Any:
        options = {name: command[name] for name in ("errors", "results", "deadline") if name in command}
        made = self._bus.pipeline(*command["identifiers"], **options)
        args, kwargs = rich(command.get("args", [])), rich(command.get("kwargs", {}))
        if command["call"] == "ask":
            return made.ask(*args, **kwargs)
        return told(made.talk(*args, **kwargs).wait(10.0))

    def do_ask(self, command: Command) -> Any:
        return self._bus.within(command.get("timeout", 30.0)).ask(_message(command))

    def do_ask_many(self, command: Command) -> Any:
        return list(self._bus.within(command.get("timeout", 30.0)).ask_many(_message(command)))

    def do_queue(self, command: Command) -> None:
        named = {name: command[name] for name in ("shared", "name") if name in command}
        self._queues[command["as"]] = Queue(command.get("pattern"), bus=self._bus, **named, **_queue_options(command))

    def do_get(self, command: Command) -> Any:
        queue, timeout = self._queues[command["as"]], command.get("timeout", 5.0)
        try:
            if command.get("auto_ack", True):
                return queue.get(timeout=timeout)
            delivery = queue.get(timeout=timeout, auto_ack=False)
        except Empty:
            return None
        if "delivery" in command:
            self._deliveries[command["delivery"]] = delivery
        return delivery.message

    def do_get_many(self, command: Command) -> Any:
        return self._queues[command["as"]].get_many(command["max"], command.get("timeout", 5.0))

    def do_consume(self, command: Command) -> Any:
        count, messages = command["count"], []
        deliveries = self._queues[command["as"]].consume()
        over = threading.Timer(command.get("timeout", 5.0), deliveries.close)
        over.start()
        try:
            for delivery in deliveries:
                delivery.ack()
                messages.append(delivery.message)
                if len(messages) == count:
                    break
        finally:
            over.cancel()
            deliveries.close()
        return messages

    def do_settle(self, command: Command) -> None:
        delivery, verb = self._deliveries[command["delivery"]], command["verb"]
        if verb == "retry":
            delivery.retry(command.get("delay"))
        elif verb == "reject":
            delivery.reject(command.get("why"))
        elif verb == "extend":
            delivery.extend(command.get("seconds"))
        else:
            {"ack": delivery.ack, "release": delivery.release}[verb]()

    def do_queue_call(self, command: Command) -> Any:
        found = getattr(self._queues[command["as"]], command["call"])
        found = found() if callable(found) else found
        if command["call"] != "status":
            return found
        return {name: getattr(found, name) for name in ("ready", "delayed", "leased", "bytes", "consumers")}

    def do_peek(self, command: Command) -> Any:
        return self._queues[command["as"]].peek(command["max"])

    def do_dead(self, command: Command) -> None:
        self._queues[command["queue"]] = self._queues[command["as"]].dead

    def do_redrive(self, command: Command) -> Any:
        options = {name: command[name] for name in ("max", "rate", "message_ids") if name in command}
        return self._queues[command["as"]].redrive(**options)

    def do_send(self, command: Command) -> Any:
        options = {name: command[name] for name in ("ttl", "persistent") if name in command}
        args, kwargs = rich(command.get("args", [])), rich(command.get("kwargs", {}))
        receipt = self._bus.mailbox(command["ident"], **options).send(*args, **kwargs).wait(10.0)
        return {"message_id": receipt.message_id, "queues": receipt.queues}

    def do_on_recv(self, command: Command) -> None:
        record = self._records[command["as"]] = Record()
        self._bus.on_recv(lambda sender, message: record.add({**plain(message), "from": sender}))

    def do_on_drop(self, command: Command) -> None:
        record = self._records[command["as"]] = Record()
        self._bus.on_drop(lambda ident, message_id: record.add({"ident": ident, "message_id": message_id}))
        self._bus.flush()

    def do_on_connect(self, command: Command) -> None:
        record = self._records[command["as"]] = Record()
        self._bus.on_connect(record.add)
        self._bus.flush()

    def do_on_disconnect(self, command: Command) -> None:
        record = self._records[command["as"]] = Record()
        self._bus.on_disconnect(record.add)
        self._bus.flush()

    def do_flush(self, _: Command) -> None:
        self._bus.flush()

    def do_close(self, _: Command) -> None:
        self._bus.close()

    def _unknown(self, command: Command) -> None:
        raise InvalidArgument(f"this driver does not know {command['do']!r}")

    def _forget(self) -> None:
        self._records: dict[str, Record] = {}
        self._streams: dict[str, Stream] = {}
        self._handlers: dict[str, Following] = {}
        self._queues: dict[str, Queue] = {}
        self._deliveries: dict[str, Delivery] = {}


def _queue_options(command: Command) -> Command:
    options = {name: command[name] for name in QUEUE_OPTIONS if name in command}
    if "backoff" in options:
        options["backoff"] = tuple(options["backoff"])
    return options


def _message(command: Command) -> Message:
    args, kwargs = rich(command.get("args", [])), rich(command.get("kwargs", {}))
    message = Message(command["identifier"], *args, **kwargs)
    options = {
        name: rich(command[name])
        for name in (
            "attributes",
            "ttl",
            "priority",
            "delay",
            "require_ack",
            "message_id",
            "payload",
            "content_type",
        )
        if name in command
    }
    return message.with_(**options) if options else message


def main() -> None:
    # Only answers go to the real stdout; whatever else would print goes to stderr.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    driver = Driver()
    for line in sys.stdin:
        print(json.dumps(driver.answer(json.loads(line))), file=answers, flush=True)
    driver.do_close({})


if __name__ == "__main__":
    main()
