# frozen_string_literal: true

# The gem. Generated code is loaded from gen/, beside lib/.
require_relative "lib/berrymq/version"

Gem::Specification.new do |spec|
  spec.name = "berrymq"
  spec.version = BerryMQ::VERSION
  spec.summary = "The programmer-friendly, cross-language message queue"
  spec.description = "Followers of an identifier in Ruby, Python and TypeScript hear whoever publishes to it: " \
                     "in one process with no server, over a gateway with one line more."
  spec.authors = ["The berryMQ project"]
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir.chdir(__dir__) { Dir["lib/**/*.rb", "gen/**/*.rb", "sig/**/*.rbs", "README.md", "GUIDE.md"] }
  spec.require_paths = %w[lib gen]
  spec.metadata = { "rubygems_mfa_required" => "true" }
  spec.add_dependency "googleapis-common-protos-types", ">= 1.4"
  spec.add_dependency "google-protobuf", ">= 3.21"
  spec.add_dependency "grpc", ">= 1.51"
end
