# frozen_string_literal: true

# The nightly report: what the log says became of the pictures, and the dead letters that somebody should look at.
require "json"

class Report
  # `letters` are Messages. Counted is by picture, since a line of the log may stand there twice.
  def initialize(log, letters)
    lines = File.foreach(log).map { |line| JSON.parse(line) }
    pictures = lines.group_by { |line| line["what"] }.transform_values { |told| told.map { |line| line["picture"] }.uniq }
    @made = pictures.fetch("thumbnail:made", [])
    @refused = pictures.fetch("berrymq:dead_letter", [])
    @letters = letters
  end

  # Writes `report.md` into the folder; its text.
  def write(folder)
    to_s.tap { |text| File.write(File.join(folder, "report.md"), text) }
  end

  def to_s
    <<~REPORT
      # The shop on #{Time.now.strftime("%F")}

      Thumbnails made: #{@made.size}
      Pictures refused at least once: #{@refused.size}
      Taken when tried again: #{(@refused & @made).size}
      To be looked at: #{@letters.empty? ? "none" : ""}
      #{@letters.map { |letter| "- #{letter.attributes["name"]}: #{letter.attributes["berrymq-dead-reason"]}" }.join("\n")}
    REPORT
  end
end
