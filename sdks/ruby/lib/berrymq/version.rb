# frozen_string_literal: true

# The gem's version.
module BerryMQ
  VERSION = "0.1.0"
end
