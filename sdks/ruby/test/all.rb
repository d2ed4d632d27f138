# frozen_string_literal: true

# Every test of the SDK: ruby -Ilib -Igen -Itest test/all.rb
require "support"

# They talk to real processes, and machines differ: one that fails is tried once more, and said so.
module TriedAgain
  def run
    first = super
    return first if first.passed? || first.skipped? || @tried

    puts "\ntried again: #{first.klass}##{first.name}: #{first.failure.message.lines.first}"
    self.class.new(name).tap { |second| second.instance_variable_set(:@tried, true) }.run
  end
end
Minitest::Test.prepend(TriedAgain)

Dir["#{__dir__}/**/*_test.rb"].each { |file| require file }
