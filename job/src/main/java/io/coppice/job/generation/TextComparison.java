package io.coppice.job.generation;

import io.coppice.failure.Words;
import io.coppice.generate.GreedyWriter;
import io.coppice.job.cluster.Cluster;
import io.coppice.job.cluster.Engine;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.OffHeapMemory;
import io.coppice.job.cluster.SharedModel;
import io.coppice.model.IncrementalDecoder;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import io.coppice.text.TokenRoles;
import io.coppice.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Lets the dense and the sparse model go on from the same openings, the likeliest token each time,
 * for people to compare. Lives on the driver; each model writes in one task.
 */
public record TextComparison(Cluster cluster, ModelOnCluster dense, ModelOnCluster sparse) {
  /** Tokens of an opening, and those that are added, where windows and positions are enough. */
  private static final int LENGTH = 32;

  /**
   * An executor that does not say how much memory it has is not asked for more; two gigabytes are
   * half a billion weights.
   */
  private static final long SURELY_THERE = 2L << 30;

  /** Executors do other things too, so a model must fit into this share of what they have. */
  private static final int SHARE = 2;

  /**
   * Writes the samples.
   *
   * @param windows of tokens, whose first ones are the openings
   * @param count number of samples, at most; 0 for none
   */
  public TextSamples write(int[][] windows, int count) {
    if (count == 0) {
      return TextSamples.none("None were asked for: --sample-texts is 0.");
    }
    if (windows.length == 0) {
      return TextSamples.none("No text was held out that they could begin with.");
    }
    LanguageModel model = dense.model();
    int opening = Math.min(LENGTH, Math.max(1, windows[0].length / 2));
    int tokens = Math.min(LENGTH, model.maxPositions() - opening);
    int[][] openings =
        Stream.of(windows)
            .limit(count)
            .map(window -> Arrays.copyOf(window, opening))
            .toArray(int[][]::new);
    return tooLittleMemory(openings.length, opening + tokens)
        .map(TextSamples::none)
        .orElseGet(() -> compare(openings, tokens));
  }

  /** The reason why no model should be loaded whole, if there is one. */
  private Optional<String> tooLittleMemory(int texts, int length) {
    LanguageModel model = dense.model();
    long needed = ModelInMemory.bytes(model) + IncrementalDecoder.bytes(model, texts, length);
    Optional<OffHeapMemory> known = OffHeapMemory.ofExecutor(cluster.spark().getConf());
    long room = known.map(memory -> memory.bytes() / SHARE).orElse(SURELY_THERE);
    if (needed <= room) {
      return Optional.empty();
    }
    return Optional.of(
        "A model of %s in float32 is not loaded whole into one executor, of whose memory at most %s may be taken for it."
            .formatted(Words.size(needed), Words.size(room)));
  }

  private TextSamples compare(int[][] openings, int tokens) {
    int[][] byDense = write(dense, openings, tokens);
    int[][] bySparse = write(sparse, openings, tokens);
    List<TextSamples.Sample> samples = new ArrayList<>();
    try (Tokenizer tokenizer = dense.tokenizer()) {
      for (int i = 0; i < openings.length; i++) {
        String opening = tokenizer.decode(openings[i]);
        int equal = Arrays.mismatch(byDense[i], bySparse[i]);
        samples.add(
            new TextSamples.Sample(
                opening,
                added(tokenizer, openings[i].length, byDense[i]),
                added(tokenizer, openings[i].length, bySparse[i]),
                equal < 0 ? tokens : equal - openings[i].length));
      }
    }
    return new TextSamples(tokens, samples, Optional.empty());
  }

  private int[][] write(ModelOnCluster model, int[][] openings, int tokens) {
    Engine engine = cluster.engine();
    return cluster
        .spark()
        .parallelize(List.of(0), 1)
        .map(task -> writeHere(model, engine, openings, tokens))
        .first();
  }

  /** Writes on an executor. */
  private static int[][] writeHere(
      ModelOnCluster model, Engine engine, int[][] openings, int tokens) {
    SharedModel shared = new SharedModel(model);
    try (SharedModel.Lease lease = shared.open();
        Arena arena = Arena.unbounded("texts for comparison")) {
      return new GreedyWriter(lease.weights(), engine.blas(), arena).write(openings, tokens);
    } finally {
      shared.freeIfIdle();
    }
  }

  /**
   * The text that was written after the opening, up to the end of the text if the model ended it.
   */
  private static String added(Tokenizer tokenizer, int opening, int[] ids) {
    TokenRoles roles = tokenizer.roles();
    int end = opening;
    while (end < ids.length && !roles.ends().contains(ids[end])) {
      end++;
    }
    // Decoded with the opening, since a blank before a word may be part of its token.
    String before = tokenizer.decode(Arrays.copyOf(ids, opening));
    String text = tokenizer.decode(Arrays.copyOf(ids, end));
    return text.startsWith(before) ? text.substring(before.length()) : text;
  }
}
