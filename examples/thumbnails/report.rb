# frozen_string_literal: true

# The nightly report: what the log says became of the pictures. Counted by picture, since a line may stand there twice.
require "json"

class Report
  def initialize(log)
    lines = File.foreach(log).map { |line| JSON.parse(line) }
    @lines = lines.group_by { |line| line["what"] }
  end

  # Writes `report.md` into the folder; its text.
  def write(folder)
    to_s.tap { |text| File.write(File.join(folder, "report.md"), text) }
  end

  def to_s
    <<~REPORT
      # The shop on #{Time.now.strftime("%F")}

      #{made.size} thumbnails, from #{made.map { |line| line["name"] }.min || "none"} on
      #{refused.size} pictures refused at least once
      #{(refused & pictures).size} of them were taken when tried again
      #{(refused - pictures).size} still to be looked at
    REPORT
  end

  private

  def made = @lines.fetch("thumbnail:made", []).uniq { |line| line["picture"] }

  def pictures = made.map { |line| line["picture"] }

  def refused = @lines.fetch("berrymq:dead_letter", []).map { |line| line["picture"] }.uniq
end
