# frozen_string_literal: true

# `auto_twitter`: functions and methods whose calls are told.
module BerryMQ
  # Tells of a call: `name:entry` before with its arguments, `name:exit` after with its result. What cannot be told goes to `on_error`, and
  # the function goes on.
  class AutoTwitter
    ACTIONS = %w[entry exit].freeze
    private_constant :ACTIONS

    # An action `entry` or `exit` of the identifier tells that one; else the flags do, and both or neither of them are both.
    def initialize(bus, identifier, entry: false, exit: false)
      @bus = bus
      @identifier = told = Identifier.parse(identifier)
      wanted = ACTIONS & [told.action]
      wanted = ACTIONS.zip([entry, exit]).filter_map { |action, flag| action if flag } if wanted.empty?
      wanted = ACTIONS if wanted.empty?
      @entry, @exit = ACTIONS.map { |action| AutoTwitter.address(told, action) if wanted.include?(action) }
    end

    # Returns what the block returns; one that raises tells no exit.
    def around(args, kwargs)
      tell(@entry, args, kwargs) if @entry
      result = yield
      tell(@exit, [result], {}) if @exit
      result
    end

    def self.address(identifier, action) = identifier.canonical.delete_suffix(":#{identifier.action}") + ":#{action}"

    # The line of a class, as errors name it.
    def line = "auto_twitter(#{@identifier.to_s.inspect})"

    private

    def tell(identifier, args, kwargs)
      @bus.publish(identifier, *args, **kwargs)
    rescue Error => e
      @bus.report(e, nil, nil)
    end
  end
  private_constant :AutoTwitter
end
