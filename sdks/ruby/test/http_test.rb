# frozen_string_literal: true

# The same behaviour over http:// as over gRPC: the tests of buses joined by a gateway, once more.
require "support"
require_relative "gateway_test"
require_relative "reconnect_test"
require_relative "work_test"

module OverHttp
  def scheme = "http://"
end

class HttpGatewayTest < GatewayTest
  include OverHttp
end

class HttpReconnectTest < ReconnectTest
  include OverHttp
end

class HttpWorkTest < WorkTest
  include OverHttp
end
