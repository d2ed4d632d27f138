# frozen_string_literal: true

# What of a glob's files is new, other than it was, or gone, since somebody last looked.
module BerryMQ
  module Adapters
    class FileChanges
      def initialize(glob)
        @glob = glob
        @seen = states
      end

      # [[action, path], …] in the order of the paths; actions are "created", "modified", "removed".
      def look
        before = @seen
        @seen = states
        changed = @seen.filter_map { |path, state| [before.key?(path) ? "modified" : "created", path] unless before[path] == state }
        removed = (before.keys - @seen.keys).map { |path| ["removed", path] }
        (changed + removed).sort_by(&:last)
      end

      private

      # Path → what differs when its file does.
      def states
        Dir.glob(@glob).filter_map { |path| state(path)&.then { |state| [path, state] } }.to_h
      end

      # Nil = no file, or gone this moment.
      def state(path)
        stat = File.stat(path)
        [stat.mtime, stat.size, stat.ino] if stat.file?
      rescue SystemCallError
        nil
      end
    end
    private_constant :FileChanges
  end
end
