package io.coppice.job.card;

import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/**
 * The metadata at the head of a model card, a YAML mapping. It is edited as a tree of nodes and
 * never turned into values, so that what is not touched stays as it was written: {@code language:
 * no} is Norwegian, and {@code 1.10} a version.
 *
 * @param yaml without the lines {@code ---}
 */
record FrontMatter(String yaml) {
  private static final String BASE = "base_model";
  private static final String TAGS = "tags";

  /**
   * Keys that are true of the dense model alone: results that were measured on it, and how it came
   * from the one before.
   */
  private static final Set<String> OF_THE_DENSE_MODEL =
      Set.of("model-index", "base_model_relation");

  /** That of a model without one. */
  static FrontMatter none() {
    return new FrontMatter("");
  }

  /**
   * The same for a model that was pruned.
   *
   * @param base name of the dense model
   * @param tags that are added to those that are there
   * @return empty if this is no mapping of different keys, has tags that are no words, or breaks a
   *     rule or bound of YAML
   */
  Optional<FrontMatter> pruned(String base, List<String> tags) {
    try {
      MappingNode mapping = mapping();
      List<NodeTuple> members = new ArrayList<>();
      for (NodeTuple member : mapping.getValue()) {
        if (!OF_THE_DENSE_MODEL.contains(key(member))) {
          members.add(member);
        }
      }
      put(members, BASE, word(base));
      put(members, "library_name", word("transformers"));
      if (find(members, "pipeline_tag").isEmpty()) {
        put(members, "pipeline_tag", word("text-generation"));
      }
      put(members, TAGS, extended(find(members, TAGS), tags));
      mapping.setValue(members);
      FrontMatter result = new FrontMatter(text(mapping));
      return result.keys().equals(keys(mapping)) ? Optional.of(result) : Optional.empty();
    } catch (YAMLException | OddException e) {
      return Optional.empty();
    }
  }

  /** The models that it names as the ones that it came from; empty where it cannot be read. */
  List<String> baseModels() {
    try {
      return find(mapping().getValue(), BASE).map(FrontMatter::words).orElse(List.of());
    } catch (YAMLException | OddException e) {
      return List.of();
    }
  }

  private List<String> keys() {
    return keys(mapping());
  }

  private static List<String> keys(MappingNode mapping) {
    return mapping.getValue().stream().map(FrontMatter::key).toList();
  }

  private MappingNode mapping() {
    Node root = root();
    if (root == null) {
      return new MappingNode(Tag.MAP, new ArrayList<>(), FlowStyle.BLOCK);
    }
    if (!(root instanceof MappingNode mapping)) {
      throw new OddException();
    }
    List<String> keys = keys(mapping);
    if (Set.copyOf(keys).size() < keys.size()) {
      throw new OddException();
    }
    return mapping;
  }

  private Node root() {
    try {
      return library().compose(new StringReader(yaml));
    } catch (ClassCastException e) {
      // The library stumbles over some comments, such as one in a list between brackets.
      throw new OddException();
    }
  }

  private static String text(MappingNode mapping) {
    StringWriter text = new StringWriter();
    library().serialize(mapping, text);
    return text.toString();
  }

  private static Yaml library() {
    // Nesting, aliases and length are bounded by the library's defaults.
    LoaderOptions reading = new LoaderOptions();
    reading.setProcessComments(true);
    DumperOptions writing = new DumperOptions();
    writing.setProcessComments(true);
    writing.setSplitLines(false);
    writing.setDefaultFlowStyle(FlowStyle.BLOCK);
    return new Yaml(new SafeConstructor(reading), new Representer(writing), writing, reading);
  }

  private static String key(NodeTuple member) {
    if (member.getKeyNode() instanceof ScalarNode key) {
      return key.getValue();
    }
    throw new OddException();
  }

  private static Optional<Node> find(List<NodeTuple> members, String key) {
    return members.stream()
        .filter(member -> key(member).equals(key))
        .map(NodeTuple::getValueNode)
        .findFirst();
  }

  /** Replaces a member in its place, or adds it at the end. */
  private static void put(List<NodeTuple> members, String key, Node value) {
    for (int i = 0; i < members.size(); i++) {
      if (key(members.get(i)).equals(key)) {
        members.set(i, new NodeTuple(members.get(i).getKeyNode(), value));
        return;
      }
    }
    members.add(new NodeTuple(word(key), value));
  }

  private static Node extended(Optional<Node> present, List<String> tags) {
    List<Node> nodes = new ArrayList<>();
    if (present.isPresent() && present.orElseThrow() instanceof SequenceNode sequence) {
      nodes.addAll(sequence.getValue());
    } else {
      present.filter(node -> !node.getTag().equals(Tag.NULL)).ifPresent(nodes::add);
    }
    Set<String> there = nodes.stream().map(FrontMatter::word).collect(Collectors.toSet());
    tags.stream().filter(tag -> !there.contains(tag)).map(FrontMatter::word).forEach(nodes::add);
    return new SequenceNode(Tag.SEQ, nodes, FlowStyle.BLOCK);
  }

  private static List<String> words(Node node) {
    return node instanceof SequenceNode sequence
        ? sequence.getValue().stream().map(FrontMatter::word).toList()
        : List.of(word(node));
  }

  private static String word(Node node) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw new OddException();
  }

  private static ScalarNode word(String text) {
    return new ScalarNode(Tag.STR, text, null, null, ScalarStyle.PLAIN);
  }

  /** Valid YAML, but not what a model card has. */
  private static final class OddException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
