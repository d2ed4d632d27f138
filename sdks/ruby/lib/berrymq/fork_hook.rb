# frozen_string_literal: true

# What a forked child has to make anew: ids, sessions, threads. Ruby calls Process._fork for every fork but daemon's.
module BerryMQ
  module ForkHook
    @buses = ObjectSpace::WeakMap.new

    class << self
      def watch(bus)
        @buses[bus] = true
      end

      def in_child
        MessageIds.renew
        @buses.keys.each(&:after_fork)
      end
    end

    # Prepended to Process.
    module Hooks
      def _fork
        super.tap { |pid| ForkHook.in_child if pid.zero? }
      end

      def daemon(...)
        super.tap { ForkHook.in_child }
      end
    end

    Process.singleton_class.prepend(Hooks)
  end
end
