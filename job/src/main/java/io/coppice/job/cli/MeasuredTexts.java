package io.coppice.job.cli;

import io.coppice.evaluate.Protocol;
import io.coppice.failure.UsageException;
import io.coppice.text.Join;
import java.io.Serializable;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/**
 * Texts to measure perplexity on, and the way they are cut into windows.
 *
 * @param files places of the texts
 * @param protocols of each text
 * @param join way in which the documents of a text of protocol {@code stream} become one stream
 * @param sequenceLength tokens of a window
 */
public record MeasuredTexts(
    TextPlaces files, List<Protocol> protocols, Join join, SequenceLength sequenceLength)
    implements Serializable {
  public MeasuredTexts {
    protocols = List.copyOf(protocols);
  }

  /** The options that say how texts become windows. */
  static final class Options {
    private static final Join DEFAULT_JOIN = Join.BLANK_LINE;

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--protocol",
        split = ",",
        paramLabel = "PROTOCOL",
        defaultValue = "stream",
        description =
            "How a text becomes windows: wikitext2 (lines joined by blank lines), ptb (sentences"
                + " joined by spaces), c4 (the first 1100 documents joined by spaces, the first 256"
                + " windows), or stream (all documents, joined as --join says). One for all texts,"
                + " or with commas one for each, in their order (default: ${DEFAULT-VALUE}).")
    private List<Protocol> protocols;

    @Topic.Of(Topic.MEASURED)
    @Option(
        names = "--join",
        paramLabel = "JOIN",
        description =
            "How documents become one stream with protocol stream: blank-line (a blank line between"
                + " them), space, or bos (each with its own beginning-of-sequence token) (default:"
                + " blank-line).")
    private Optional<Join> join;

    /**
     * Texts in windows of the length that an option asks for, else of the model's positions.
     *
     * @param lengthOption the option's name, for messages
     * @param length its value, if it was given
     * @throws UsageException if the length is less than 2, or options contradict each other
     */
    MeasuredTexts texts(TextPlaces files, String lengthOption, Optional<Integer> length) {
      List<Protocol> each = protocols(files.paths().size());
      join.ifPresent(given -> requireGoesWith(given, each));
      return new MeasuredTexts(
          files,
          each,
          join.orElse(DEFAULT_JOIN),
          SequenceLength.asked(lengthOption, 2, length).orElse(SequenceLength.ofModel()));
    }

    /** The protocols by their words, and the join's default where a text may take it. */
    Map<String, Object> derived() {
      Map<String, Object> values = new HashMap<>();
      values.put("protocol", protocols.stream().map(Protocol::toString).toList());
      if (protocols.contains(Protocol.STREAM)) {
        values.put("join", join.orElse(DEFAULT_JOIN).toString());
      }
      return values;
    }

    private List<Protocol> protocols(int texts) {
      if (protocols.size() == 1) {
        return Collections.nCopies(texts, protocols.get(0));
      }
      if (protocols.size() != texts) {
        throw new UsageException(
            "--protocol names %d protocols for %d texts; give one for all, or one for each"
                .formatted(protocols.size(), texts));
      }
      return protocols;
    }

    private void requireGoesWith(Join given, List<Protocol> each) {
      boolean heard =
          each.isEmpty()
              || each.stream().anyMatch(protocol -> protocol == Protocol.STREAM)
              || each.stream().allMatch(protocol -> protocol.join(given) == given);
      if (!heard) {
        throw new UsageException(
            "--join %s contradicts --protocol %s, which joins by %s; leave --join out"
                .formatted(
                    given,
                    each.stream()
                        .distinct()
                        .map(Protocol::toString)
                        .collect(Collectors.joining(",")),
                    each.stream()
                        .map(protocol -> protocol.join(given).toString())
                        .distinct()
                        .collect(Collectors.joining(" and "))));
      }
    }
  }
}
