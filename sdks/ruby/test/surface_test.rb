# frozen_string_literal: true

# The public surface: what the signatures say is what there is, and the list of names changes only on purpose.
require "support"
require "berrymq/adapters"
require "berrymq/testing/minitest"
require "rbs"
require "rbs/cli"
require "stringio"

class SurfaceTest < Minitest::Test
  FUNCTIONS = %i[ask ask_many auto_twitter close close_connection cond connect connect_oneway connect_via_queue debug_messages
                 default_bus flush follow following following_function get get_nowait interconnect mailbox on_connect on_disconnect on_drop
                 on_error on_recv pipeline publish publish_many regist_function regist_method run send send_message set_multiplicity
                 show_followers show_network take_errors talk twitter twitter_exception unfollow within].freeze
  FILES = Dir["#{Support::ROOT}/sdks/ruby/sig/*.rbs"]

  def declared
    FILES.flat_map { |file| RBS::Parser.parse_signature(RBS::Buffer.new(name: file, content: File.read(file))) }.flat_map(&:members)
  end

  def test_the_signatures_are_valid
    said = StringIO.new
    RBS::CLI.new(stdout: said, stderr: said).run(["-I", File.dirname(FILES.first), "validate", "--silent"])
  rescue SystemExit => e
    assert_predicate e, :success?, said.string
  rescue RBS::BaseError => e
    flunk e.message
  end

  def test_the_functions_are_these
    assert_equal FUNCTIONS, BerryMQ.singleton_methods(false).sort - %i[const_missing]
    told = declared.grep(RBS::AST::Members::MethodDefinition).map(&:name)
    assert_equal FUNCTIONS, told.sort
  end

  def test_every_class_and_method_of_the_signatures_is_there
    assert_all(BerryMQ, declared)
  end

  def assert_all(namespace, members)
    members.each do |member|
      next unless member.is_a?(RBS::AST::Declarations::Class) || member.is_a?(RBS::AST::Declarations::Module)

      here = namespace.const_get(member.name.name)
      member.members.each { |one| assert_member(here, one) }
      assert_all(here, member.members)
    end
  end

  def assert_member(here, member)
    case member
    when RBS::AST::Members::MethodDefinition then assert_method(here, member)
    when RBS::AST::Members::AttrReader then assert here.method_defined?(member.name), "#{here}##{member.name}"
    when RBS::AST::Members::Alias then assert here.method_defined?(member.new_name), "#{here}##{member.new_name}"
    end
  end

  def assert_method(here, member)
    there = member.singleton? ? here.singleton_class : here
    assert there.method_defined?(member.name) || there.private_method_defined?(member.name), "#{here}##{member.name}"
  end

  def test_every_reason_of_the_contract_has_a_class
    require "berrymq/v1/error_pb"
    reasons = BerryMQ::V1::Reason.constants.map(&:to_s) - ["REASON_UNSPECIFIED"]
    reasons.map { |name| name.delete_prefix("REASON_") }.each { |reason| assert_equal reason, BerryMQ::Error.for_reason(reason).reason }
    assert_equal BerryMQ::Internal, BerryMQ::Error.for_reason("OF_TOMORROW")
  end

  def test_every_class_of_an_error_is_in_the_signatures
    told = declared.grep(RBS::AST::Declarations::Class).map { |declaration| declaration.name.name }
    here = BerryMQ.constants.select { |name| BerryMQ.const_get(name).then { |kind| kind.is_a?(Class) && kind <= BerryMQ::Error } }
    assert_empty here - told
  end
end
