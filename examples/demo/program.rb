# frozen_string_literal: true

# The Ruby part of the demo: an object with followers hears the log; stdin says what to do next.
require "berrymq"

$stdout.sync = true

class Demo
  include BerryMQ::Follower

  following("*:log")
  def hear(message) = puts("heard #{message.id} #{message.args.first}")

  following("demo:greet")
  def greet(message)
    puts "was greeted by #{message.args.first}"
    "Hello from Ruby"
  end

  following("ruby:greeting")
  def answered(message) = puts("was answered #{message.args.first}")
end

demo = Demo.new
bus = BerryMQ.connect(ARGV.fetch(0), ident: "ruby")
tasks = BerryMQ::Queue.new("task:*", shared: true)
bus.flush
puts "is ready"
$stdin.each_line(chomp: true) do |word|
  case word
  when "log"
    bus.publish("ruby:log", "an object listens").wait
    puts "published ruby:log"
  when "talk" then bus.talk("demo:greet", "ruby:greeting", "Ruby").wait
  when "task" then bus.publish("task:pick", "berries for Ruby").wait
  when "work" then puts "took #{tasks.get(timeout: 5)&.args&.first}"
  end
end
bus.close
demo.freeze # held until here: followers are held weakly
