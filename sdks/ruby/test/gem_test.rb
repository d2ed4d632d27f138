# frozen_string_literal: true

# The gem: built, installed and used outside the repository.
require "support"
require "tmpdir"

class GemTest < Minitest::Test
  HERE = File.expand_path("..", __dir__)
  PROGRAM = <<~RUBY
    gem "berrymq"
    require "berrymq"
    raise "this is the repository's" if BerryMQ.method(:publish).source_location.first.start_with?(ARGV[0])
    BerryMQ.following_function("*:log") { |message| puts message.args.first }
    BerryMQ.twitter("x:log", "hello")
    require "berrymq/transports/grpc"
    puts BerryMQ::V1::Message.name
  RUBY

  def test_the_built_gem_works_outside_the_repository
    Dir.mktmpdir do |folder|
      said_by("gem", "build", "berrymq.gemspec", "--silent", "--output", "#{folder}/berrymq.gem", chdir: HERE)
      said_by("gem", "install", "--local", "--ignore-dependencies", "--no-document", "--install-dir", "#{folder}/gems",
              "#{folder}/berrymq.gem", chdir: folder)
      path = "#{folder}/gems:#{Gem.path.join(":")}"
      assert_equal "hello\nBerryMQ::V1::Message\n", said_by({ "GEM_PATH" => path }, "ruby", "-e", PROGRAM, HERE, chdir: folder)
    end
  end

  def said_by(*command, **options)
    said = IO.popen(command, err: %i[child out], **options, &:read)
    assert_predicate $CHILD_STATUS, :success?, said
    said
  end
end
