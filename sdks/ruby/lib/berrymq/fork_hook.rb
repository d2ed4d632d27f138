# frozen_string_literal: true

# What happens around a fork: a child makes ids, sessions and threads anew. Ruby calls Process._fork for every fork but daemon's.
require "English"
require_relative "transports"

module BerryMQ
  module ForkHook
    @buses = ObjectSpace::WeakMap.new

    class << self
      def watch(bus)
        @buses[bus] = true
      end

      # Links let go of gRPC where gRPC can be carried over a fork.
      def before
        return unless gateways?

        @parked = Transports::Grpc.before_fork { @buses.keys.each(&:park) }
      end

      def in_parent
        return unless @parked

        @parked = false
        Transports::Grpc.after_fork(child: false)
        @buses.keys.each(&:unpark)
      end

      def in_child
        carried = @parked
        @parked = false
        MessageIds.renew
        if carried
          Transports::Grpc.after_fork(child: true)
        elsif gateways? && Transports::Grpc.used?
          leave_without_grpc
        end
        @buses.keys.each(&:after_fork)
      end

      def exit_status(error)
        return 0 if error.nil?

        error.is_a?(SystemExit) ? error.status : 1
      end

      def leave(status)
        ObjectSpace.each_object(IO) { |io| flush(io) }
        exit!(status)
      end

      # Keeps what a child inherited from being freed: freeing gRPC's objects would act on the parent's sockets.
      def keep(inherited)
        (@inherited ||= []) << inherited
      end

      private

      def flush(io)
        io.flush unless io.closed?
      rescue IOError, SystemCallError
        nil # opened for reading, or nobody reads it any more
      end

      # gRPC is loaded with the first link only.
      def gateways? = Transports.const_defined?(:Grpc, false)

      # At a process's end Ruby frees every object, and gRPC's would take their sockets out of the epoll set that parent and child
      # share: the parent would hear nothing any more. Finalizers run after every at_exit and before that; this one ends
      # the child, with its files written and its status kept.
      def leave_without_grpc
        pid = Process.pid
        status = 0
        at_exit { status = ForkHook.exit_status($ERROR_INFO) }
        ObjectSpace.define_finalizer(keep(Object.new).last, proc { ForkHook.leave(status) if Process.pid == pid })
      end
    end

    # Prepended to Process.
    module Hooks
      def _fork
        ForkHook.before
        begin
          pid = super
        ensure
          ForkHook.in_parent unless pid&.zero?
        end
        ForkHook.in_child if pid.zero?
        pid
      end

      def daemon(...)
        super.tap { ForkHook.in_child }
      end
    end

    Process.singleton_class.prepend(Hooks)
  end
end
