# frozen_string_literal: true

# What a gateway refuses over HTTP and JSON-RPC, as berryMQ's errors.
require_relative "shapes"

module BerryMQ
  module Transports
    class Http
      module Refusals
        # The specification's own codes (https://www.jsonrpc.org/specification#error_object).
        BY_CODE = { -32_700 => InvalidArgument, -32_600 => InvalidArgument, -32_602 => InvalidArgument, -32_601 => NotSupported }.freeze
        BY_STATUS = { 408 => Timeout, 413 => BatchTooLarge, 429 => LimitReached, 502 => Unavailable, 503 => Unavailable,
                      504 => Unavailable }.freeze
        private_constant :BY_CODE, :BY_STATUS

        class << self
          # The JSON-RPC answer in a response; raises what an HTTP status alone says.
          def read(response, address)
            answer = Shapes.parse(response.body)
            return answer if answer.is_a?(Hash) && answer.key?("jsonrpc")

            raise of_http(response, response.body, address)
          rescue MalformedMessage
            raise of_http(response, response.body, address)
          end

          # What an event `ended` tells.
          def of_event(error) = Error.for_reason(error["reason"] || error.dig("data", "reason")).new(error["message"].to_s)

          # A JSON-RPC error object.
          def of_rpc(error)
            data = error["data"] || {}
            return Error.for_reason(data["reason"]).new(error["message"].to_s) if data["reason"]

            detail = data["detail"]
            BY_CODE.fetch(error["code"], Internal).new([error["message"], detail].compact.join(": "))
          end

          # A problem (RFC 9457), or whatever else came with a status.
          def of_http(response, body, address)
            told = problem(body)
            return Error.for_reason(told["reason"]).new(told["detail"].to_s) if told["reason"]

            kind = BY_STATUS.fetch(Integer(response.code), Unavailable)
            kind.new("#{address} answered HTTP #{response.code}#{": #{told["detail"]}" if told["detail"]}; is it a berryMQ gateway?")
          end

          private

          def problem(body)
            told = JSON.parse(body.to_s)
            told.is_a?(Hash) ? told : {}
          rescue JSON::ParserError, EncodingError
            {}
          end
        end
      end
      private_constant :Refusals
    end
  end
end
