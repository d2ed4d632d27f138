# frozen_string_literal: true

# What gRPC's statuses mean in berryMQ's words.
module BerryMQ
  module Transports
    class Grpc
      # gRPC's statuses as berryMQ's errors.
      module Status
        DOMAIN = "berrymq"
        BY_CODE = {
          GRPC::Core::StatusCodes::UNAVAILABLE => Unavailable,
          GRPC::Core::StatusCodes::DEADLINE_EXCEEDED => Timeout,
          GRPC::Core::StatusCodes::CANCELLED => Closed,
          GRPC::Core::StatusCodes::UNIMPLEMENTED => NotSupported,
          GRPC::Core::StatusCodes::INVALID_ARGUMENT => InvalidArgument,
          GRPC::Core::StatusCodes::RESOURCE_EXHAUSTED => LimitReached
        }.freeze
        private_constant :DOMAIN, :BY_CODE

        # The error that the details name, else the nearest to the code.
        def self.error(status, address)
          kind = reason(status)&.then { |reason| Error.for_reason(reason) }
          return kind.new(status.details) if kind

          (BY_CODE[status.code] || Internal).new("#{address}: #{status.details}")
        end

        def self.reason(status)
          rpc_status = GRPC::GoogleRpcStatusUtils.extract_google_rpc_status(status.to_status)
          any = rpc_status&.details&.find { |detail| detail.type_url.end_with?("google.rpc.ErrorInfo") }
          info = any && Google::Rpc::ErrorInfo.decode(any.value)
          info.reason if info && info.domain == DOMAIN
        rescue Google::Protobuf::ParseError
          nil
        end
        private_class_method :reason
      end
    end
  end
end
