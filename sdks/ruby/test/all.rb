# frozen_string_literal: true

# Every test of the SDK: ruby -Ilib -Igen -Itest test/all.rb
Dir["#{__dir__}/**/*_test.rb"].each { |file| require file }
