# frozen_string_literal: true

# Testing without a server: `require "berrymq/testing"`, and `include BerryMQ::Testing::Minitest` with Minitest.
require "berrymq"
require_relative "testing/assertions"
require_relative "testing/faults"
require_relative "testing/mock"
require_relative "testing/pool"
require_relative "testing/records"
require_relative "testing/scene"
require_relative "testing/virtual_time"
require_relative "testing/real_time"
require_relative "testing/test_bus"

module BerryMQ
  module Testing
    autoload :Minitest, "#{__dir__}/testing/minitest"
  end
end
