# frozen_string_literal: true

# Writes down what happens in the shop, a line of JSON each, and the report from that when somebody asks for it.
require "berrymq"
require "berrymq/adapters"
require "json"
require_relative "report"

folder = ARGV.fetch(0, ".")
day = Float(ARGV.fetch(1, 24 * 60 * 60))
$stdout.sync = true

# What became of it; pictures by their message id.
def line_of(message)
  said = case message.id
         when "thumbnail:made" then message.attributes.slice("picture", "name", "sizes")
         when "berrymq:dead_letter" then { picture: message.kwargs[:message_id] }
         else { text: message.args.first }
         end
  JSON.generate({ at: message.published_at.utc.strftime("%F %T"), what: message.id, who: message.sender, **said.transform_keys(&:to_sym) })
end

BerryMQ.connect(ENV.fetch("BERRYMQ_URL", "localhost:7201"), ident: "log")
log = File.open(File.join(folder, "shop.log"), "a")

# One queue for all of it, so that the report counts everything that happened before it was asked for.
kept = ["*:log", "thumbnail:made", "berrymq:dead_letter", "report:nightly"]
BerryMQ::Queue.new(kept, shared: true, name: "log")
pictures = BerryMQ::Queue.new("picture:uploaded", shared: true, name: "pictures")
# The queue is there and says what comes; the pattern here says nothing more.
BerryMQ.following_function("*:log", queue: "log") do |message|
  if message.id == "report:nightly"
    report = Report.new(log.path, pictures.dead.peek(max: 25))
    BerryMQ.publish("report:written", report.write(folder)).wait(10)
  else
    log.write("#{line_of(message)}\n")
    log.flush
  end
end

# A local name: the tick is nobody else's. Kept in a variable, as long as the program runs.
night = BerryMQ::Adapters::IntervalTimer.new("_night", day)
BerryMQ.following_function("_night:tick") { BerryMQ.publish("report:nightly") }

BerryMQ.flush
puts "ready"
$stdin.read # until whoever started it lets go; then what is at hand is finished
night.stop
BerryMQ.close
