package io.coppice.model;

import io.coppice.failure.Words;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tensors of a checkpoint that are not used by the model that its {@code config.json}
 * describes, such as whole blocks beyond {@code num_hidden_layers}.
 *
 * @param count their number
 * @param names their names, abbreviated: a whole block by its prefix, a tensor that many blocks
 *     have with {@code *}
 */
public record UnusedTensors(int count, List<String> names) {
  /** Tensors in old checkpoints that programs recompute or never use. */
  private static final Pattern HARMLESS =
      Pattern.compile(".*\\.rotary_emb\\.inv_freq|(model\\.)?decoder\\.version");

  private static final int MOST_NAMES = 4;

  public UnusedTensors {
    names = List.copyOf(names);
  }

  /**
   * Goes through a checkpoint's names.
   *
   * @param tensors those of the checkpoint, except for any that are reported elsewhere
   */
  public static UnusedTensors of(LanguageModel model, Collection<String> tensors) {
    Set<String> used =
        model.outerWeights().stream().map(WeightShape::name).collect(Collectors.toSet());
    used.add(model.embeddingName());
    // A copy of a tied head is the head, whichever of the two is read.
    used.add(HeadStorage.HEAD_NAME);
    Set<String> ofBlock =
        model.blockWeights().stream().map(WeightShape::name).collect(Collectors.toSet());
    Matcher block = block(model).matcher("");
    Set<Integer> beyond = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    int count = 0;
    for (String name : tensors) {
      if (used.contains(name) || HARMLESS.matcher(name).matches()) {
        continue;
      }
      if (!block.reset(name).matches()) {
        others.add(name);
      } else if (Integer.parseInt(block.group("index")) >= model.blockCount()) {
        beyond.add(Integer.valueOf(block.group("index")));
      } else if (ofBlock.contains(block.group("rest"))) {
        continue;
      } else {
        others.add(
            name.substring(0, block.start("index")) + "*" + name.substring(block.end("index")));
      }
      count++;
    }
    List<String> names = new ArrayList<>(runs(model, List.copyOf(beyond)));
    names.addAll(others);
    return new UnusedTensors(count, names);
  }

  /** The sentence that names them; empty where there are none. */
  public Optional<String> sentence() {
    if (count == 0) {
      return Optional.empty();
    }
    String shown = String.join(", ", names.subList(0, Math.min(MOST_NAMES, names.size())));
    return Optional.of(
        "%s not used, for config.json does not call for %s: %s%s"
            .formatted(
                count == 1 ? "One tensor is" : count + " tensors are",
                count == 1 ? "it" : "them",
                Words.line(shown),
                names.size() > MOST_NAMES ? " and others" : ""));
  }

  /** Neighbouring blocks as a range: {@code model.layers.3.* to model.layers.31.*}. */
  private static List<String> runs(LanguageModel model, List<Integer> blocks) {
    List<String> runs = new ArrayList<>();
    for (int first = 0; first < blocks.size(); ) {
      int last = first;
      while (last + 1 < blocks.size() && blocks.get(last + 1) == blocks.get(last) + 1) {
        last++;
      }
      String from = model.blockPrefix(blocks.get(first)) + "*";
      String to = model.blockPrefix(blocks.get(last)) + "*";
      runs.add(first == last ? from : from + " to " + to);
      first = last + 1;
    }
    return runs;
  }

  private static Pattern block(LanguageModel model) {
    String[] around = model.blockPrefix(0).split("0", 2);
    return Pattern.compile(
        Pattern.quote(around[0])
            + "(?<index>0|[1-9]\\d{0,5})"
            + Pattern.quote(around[1])
            + "(?<rest>.*)");
  }
}
