# frozen_string_literal: true

# The connection styles of berryMQ 0.3, by their old names: what a Bus, and the package, can do besides `connect`.
module BerryMQ
  module Classic
    # Both sides hear each other: the old name of `connect`.
    def interconnect(url, **options) = connect(url, **options)

    # `connect` for who only sends: live followers and streams of this process hear nothing of others'.
    def connect_oneway(url, **options) = join(url, hears: false, **options)

    # `connect_oneway`, with a Queue of one's own at the gateway, which is returned, and from which `get` pulls. Raises what `connect` and
    # Queue raise, and leaves the bus unconnected.
    def connect_via_queue(pattern, url, **options)
      if Identifier.parse(pattern).local?
        raise InvalidArgument, "connect_via_queue(#{pattern.inspect}): what is local never reaches a gateway; take a name without `_`"
      end

      connect_oneway(url, **options)
      @pulled = queue(pattern)
    rescue Error
      close_connection if @link
      raise
    end

    # The next Message of `connect_via_queue`; nil once `timeout` seconds are over. Raises InvalidArgument before it was called.
    def get(block: true, timeout: nil) = pulled(:get).get(block: block, timeout: timeout)

    # As get, raising Empty when nothing is there.
    def get_nowait = pulled(:get_nowait).get_nowait

    # Publishes over the link only. `args` is an Array, `kwargs` a Hash. Returns a Receipt. Raises Unavailable before the first connect, and
    # InvalidArgument for what is local.
    def send_message(identifier, args = [], kwargs = {})
      unless args.is_a?(Array) && kwargs.is_a?(Hash)
        raise InvalidArgument, "send_message(…, #{args.inspect}, #{kwargs.inspect}): it takes an Array of arguments and a Hash of keywords"
      end

      message = prepare(identifier, args.dup, kwargs.transform_keys(&:to_sym))
      return publish_outside(message) unless message.identifier.local?

      raise InvalidArgument, "send_message(#{message.id.inspect}): what is local never leaves its process; publish it"
    end

    # Ends the link, and leaves the bus as it was before it; it may connect again. Flushes (5 s at most). Idempotent.
    def close_connection
      return unless @link

      raise_if_closed
      @pulled&.close
      @pulled = nil
      @works.leave
      @mailroom.stop
      @link.close
      @link = nil
    end

    private

    def pulled(call)
      raise_if_closed
      @pulled || raise(InvalidArgument, "#{call}: there is no queue to pull from; connect_via_queue(pattern, url) first")
    end
  end
end
