# frozen_string_literal: true

# Every Ruby block of README.md and GUIDE.md runs as a program of its own and prints what it says.
require "open3"
require "support"

class ReadmeTest < Minitest::Test
  HERE = File.expand_path("..", __dir__)
  # [page and heading, programs] of each section. Its programs run one after the other.
  SECTIONS = %w[README GUIDE].flat_map do |page|
    File.read("#{HERE}/#{page}.md").split(/^## /).filter_map do |part|
      programs = part.scan(/^```ruby\n(.*?)^```$/m).flatten
      ["#{page} #{part.lines.first.strip}", programs] if programs.any?
    end
  end

  SECTIONS.each do |name, programs|
    define_method("test_#{name.downcase.gsub(/\W+/, "_")}_prints_what_it_says") do
      programs.each { |code| assert_prints_what_it_says(code) }
      waiting.each { |_, output, program| assert_ends_when_told_to(output, program) }
    end
  end

  def test_there_are_blocks_on_both_pages
    assert_equal(%w[GUIDE README], SECTIONS.map { |name, _| name[/\w+/] }.uniq.sort)
  end

  def teardown
    waiting.each { |_, _, program| Process.kill(:KILL, program.pid) if program.alive? }
    super
  end

  private

  # Programs that wait in `run`: they stay until the end of their section.
  def waiting = @waiting ||= []

  def assert_prints_what_it_says(code)
    program = code.gsub("localhost:7201", Support::Gateway.shared.url)
    expected = code.scan(/^# => (.*)$/).flatten
    started = Open3.popen2e(RbConfig.ruby, "-I#{HERE}/lib", "-I#{HERE}/gen", "-e", "$stdout.sync = true", "-e", program)
    if code.match?(/^BerryMQ\.run$/)
      waiting << started
      assert_equal(expected, expected.map { started[1].gets&.chomp })
    else
      assert_equal expected, started[1].read.split("\n")
    end
  end

  def assert_ends_when_told_to(output, program)
    Process.kill(:TERM, program.pid)
    assert_predicate program.value, :success?, output.read
  end
end
