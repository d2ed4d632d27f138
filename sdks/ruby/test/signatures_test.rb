# frozen_string_literal: true

# The signatures of sig/ against real calls: a part of the suite runs under RBS::Test, which checks arguments and results of every call.
require "support"

class SignaturesTest < Minitest::Test
  FILES = %w[bus follower parameters telling condition classic stream pipeline adapters].freeze
  # Those that call wrongly on purpose.
  WRONG = "/bad_use|not_take|refused|wrong/"
  CHECKING = { "RBS_TEST_TARGET" => "BerryMQ,BerryMQ::*", "RBS_TEST_OPT" => "-I sig", "RBS_TEST_RAISE" => "true",
               "RBS_TEST_LOGLEVEL" => "error" }.freeze

  # What Ruby says with these parameters while every call is checked. The checks are set up before what they check is loaded.
  def said_under_checks(*parameters)
    paths = $LOAD_PATH.map { |path| "-I#{path}" }
    Dir.chdir("#{Support::ROOT}/sdks/ruby") do
      IO.popen([CHECKING, RbConfig.ruby, *paths, "-rrbs/test/setup", *parameters], err: %i[child out], &:read)
    end
  end

  def test_the_calls_of_the_tests_are_as_the_signatures_say
    files = FILES.flat_map { |name| ["-r./test/#{name}_test"] }
    said = said_under_checks(*files, "-e", "", "--", "-e", WRONG)
    assert_match(/^[1-9]\d+ runs, \d+ assertions, 0 failures, 0 errors/, said)
  end

  def test_the_signatures_hold_together
    validate = 'require "rbs"; require "rbs/cli"; RBS::CLI.new(stdout: $stdout, stderr: $stderr).run(%w[-I sig validate --silent])'
    said = Dir.chdir("#{Support::ROOT}/sdks/ruby") { IO.popen([RbConfig.ruby, "-e", validate], err: %i[child out], &:read) }
    assert_equal "", said
    assert_predicate Process.last_status, :success?
  end

  def test_a_call_that_is_not_is_noticed
    assert_match(/Retry#initialize.*expected `::Numeric\?`/, said_under_checks("-rberrymq", "-e", "BerryMQ::Retry.new('soon')"))
  end
end
