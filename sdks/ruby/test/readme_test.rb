# frozen_string_literal: true

# Every Ruby block of the README runs as a program of its own and prints what it says.
require "support"

class ReadmeTest < Minitest::Test
  HERE = File.expand_path("..", __dir__)
  # [heading, code] of each.
  BLOCKS = File.read("#{HERE}/README.md").split(/^## /).flat_map do |part|
    part.scan(/^```ruby\n(.*?)^```$/m).flatten.map { |code| [part.lines.first.to_s.strip, code] }
  end

  BLOCKS.each_with_index do |(heading, code), index|
    define_method("test_block_#{index + 1}_about_#{heading.downcase.tr(" ", "_")}_prints_what_it_says") do
      program = code.gsub("localhost:7201", Support::Gateway.shared.url)
      said = IO.popen([RbConfig.ruby, "-I#{HERE}/lib", "-I#{HERE}/gen", "-e", program], err: %i[child out], &:read)
      assert_equal code.scan(/^# => (.*)$/).flatten, said.split("\n")
    end
  end

  def test_there_are_blocks
    assert_operator BLOCKS.size, :>=, 6
  end
end
