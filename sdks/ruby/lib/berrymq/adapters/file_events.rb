# frozen_string_literal: true

# The operating system's word that something happened below a folder, through the gem `listen`, which need not be there.
module BerryMQ
  module Adapters
    class FileEvents
      WILDCARDS = /[*?\[{]/
      private_constant :WILDCARDS

      # Calls the block, in a thread, whenever files of the glob may have changed; nil where that cannot be: without the gem, in a folder
      # that is not there, at the root of everything, or when the system refuses.
      def self.begin(glob, &changed)
        require "listen"
        folder = folder_of(glob)
        return if !File.directory?(folder) || File.expand_path(folder) == "/"

        new(folder, &changed)
      rescue LoadError, StandardError
        nil
      end

      # The part of a glob before its first wildcard.
      def self.folder_of(glob)
        parts = glob.split("/", -1)
        plain = parts[0...-1].take_while { |part| !part.match?(WILDCARDS) }
        return "." if plain.empty?

        plain == [""] ? "/" : plain.join("/")
      end
      private_class_method :folder_of

      def initialize(folder, &changed)
        @listener = Listen.to(folder) { changed.call }
        @listener.start
      end

      def stop = @listener.stop
    end
    private_constant :FileEvents
  end
end
