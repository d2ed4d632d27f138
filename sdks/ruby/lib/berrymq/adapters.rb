# frozen_string_literal: true

# What brings messages in from outside, or shows them: files that change, time that passes, notifications on a desktop.
require_relative "../berrymq"
require_relative "adapters/adapter"
require_relative "adapters/interval_timer"
require_relative "adapters/file_changes"
require_relative "adapters/file_events"
require_relative "adapters/file_observer"
require_relative "adapters/desktop_notifier"
