# frozen_string_literal: true

# What `auto_twitter` and `twitter_exception` wrap: functions as lambdas, methods by a module before their class.
module BerryMQ
  # A module in front of a class, whose method tells of the one behind it. Its class is how such a method is known.
  class Teller < Module
    # Has `telling.call(args, kwargs, block) { |…| the method itself }` run in place of a method; who may call it stays.
    def self.wrap_method(owner, name, telling)
      teller = new
      teller.define_method(name) do |*args, **kwargs, &block|
        telling.around(args, kwargs) { super(*args, **kwargs, &block) }
      end
      visibility = %i[private protected].find { |kind| owner.public_send(:"#{kind}_method_defined?", name) }
      teller.__send__(visibility, name) if visibility
      owner.prepend(teller)
    end

    # A lambda in place of a function, with its parameters and place. Raises InvalidArgument for what cannot be called.
    def self.wrap_function(function, telling, verb)
      unless function.respond_to?(:call)
        raise InvalidArgument, "#{verb}(#{function.inspect}): it takes something with a method `call`, or a block"
      end

      told = lambda do |*args, **kwargs, &block|
        telling.around(args, kwargs) { function.call(*args, **kwargs, &block) }
      end
      shown = function.respond_to?(:parameters) ? function : function.method(:call)
      told.define_singleton_method(:parameters) { |**options| shown.parameters(**options) }
      told.define_singleton_method(:source_location) { shown.source_location }
      told
    end
  end
  private_constant :Teller
end
