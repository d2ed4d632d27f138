# frozen_string_literal: true

# What to add to a class that says `following` and is no follower: a suggestion, where Ruby makes suggestions.
return unless defined?(DidYouMean.correct_error) && defined?(DidYouMean::MethodNameChecker)

module BerryMQ
  # Beside what Ruby suggests of methods that are not there.
  class FollowerHint < DidYouMean::MethodNameChecker
    LINES = %i[following auto_twitter twitter_exception].freeze
    private_constant :LINES

    def corrections
      LINES.include?(method_name) && receiver.is_a?(Module) ? ["include BerryMQ::Follower"] : super
    end
  end
  private_constant :FollowerHint

  DidYouMean.correct_error(NoMethodError, FollowerHint)
end
