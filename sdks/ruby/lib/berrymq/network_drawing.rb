# frozen_string_literal: true

# Diagrams as text: Graphviz DOT, Mermaid. Nodes and edges are sorted, so that equal networks are equal texts.
module BerryMQ
  module NetworkDrawing
    DOT_SHAPES = { place: "plaintext", identifier: "ellipse", follower: "box", queue: "cylinder", stream: "cds" }.freeze
    MERMAID_SHAPES = { place: ">", identifier: "([", follower: "[", queue: "[(", stream: "{{" }.freeze
    MERMAID_ENDS = { place: "]", identifier: "])", follower: "]", queue: ")]", stream: "}}" }.freeze
    private_constant :DOT_SHAPES, :MERMAID_SHAPES, :MERMAID_ENDS

    class << self
      # Of edges (`from`, `to`, `label`) between nodes (`kind`, `text`).
      def dot(edges)
        names = names(edges)
        nodes = names.map { |node, name| "  #{name} [label=#{quoted(node.text)}, shape=#{DOT_SHAPES[node.kind]}];" }
        arrows = sorted(edges, names).map do |from, to, label|
          "  #{from} -> #{to}#{" [label=#{quoted(label)}]" unless label.empty?};"
        end
        ["digraph berrymq {", "  rankdir=LR;", *nodes, *arrows, "}", ""].join("\n")
      end

      def mermaid(edges)
        names = names(edges)
        nodes = names.map { |node, name| "  #{name}#{MERMAID_SHAPES[node.kind]}\"#{spelt(node.text)}\"#{MERMAID_ENDS[node.kind]}" }
        arrows = sorted(edges, names).map { |from, to, label| "  #{from} -->#{"|\"#{spelt(label)}\"|" unless label.empty?} #{to}" }
        ["flowchart LR", *nodes, *arrows, ""].join("\n")
      end

      private

      def names(edges)
        nodes = edges.flat_map { |edge| [edge.from, edge.to] }.uniq.sort
        nodes.each_with_index.to_h { |node, index| [node, "n#{index + 1}"] }
      end

      # [name of from, name of to, label] of each.
      def sorted(edges, names)
        places = names.keys.each_with_index.to_h
        edges.sort_by { |edge| [places[edge.from], places[edge.to], edge.label.to_s] }
             .map { |edge| [names[edge.from], names[edge.to], edge.label.to_s] }
      end

      def quoted(text) = "\"#{text.gsub(/["\\]/) { |letter| "\\#{letter}" }}\""

      # Mermaid has its own names for what means something in its labels.
      def spelt(text) = text.gsub(/["#<>]/) { |letter| "##{letter.ord};" }
    end
  end
  private_constant :NetworkDrawing
end
