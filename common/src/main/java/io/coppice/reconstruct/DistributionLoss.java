package io.coppice.reconstruct;

import io.coppice.kernel.KullbackLeibler;
import io.coppice.model.BlockFactory;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;

/**
 * The divergence of the next token's distribution after the last block, KL(softmax z̄ ‖ softmax z)
 * with z = head(norm(output)) and z̄ = head(norm(target)), norm and head being the dense model's
 * and frozen; and its gradient by the output.
 *
 * <p>Logits are made anew for some tokens at a time, all words of each. What is measured is
 * computed in float32.
 *
 * <p>Memory: that of {@link FrozenHead}, and twice the logits of those tokens.
 */
public final class DistributionLoss {
  private final DistributionSettings settings;
  private final Precision precision;
  private final int sequenceLength;
  private final int[] positions;
  private final FrozenHead head;
  private final KullbackLeibler kullbackLeibler;
  private final Chunk chunk;
  private final int rows;

  /**
   * Room for the tokens that are compared at a time; the first three have no rows where all tokens
   * of a window are compared.
   *
   * @param output n × hidden_size
   * @param target same shape
   * @param gradient same shape, the gradient by the output
   * @param logits n × vocabulary_size, z, or the gradient by it
   * @param targetLogits z̄
   */
  private record Chunk(
      Tensor output, Tensor target, Tensor gradient, Tensor logits, Tensor targetLogits) {}

  /**
   * @param rows tokens that are compared at a time
   * @param arena provides all memory
   */
  DistributionLoss(BlockFactory factory, DistributionSettings settings, int rows, Arena arena) {
    this.settings = settings;
    this.rows = rows;
    precision = factory.precision();
    sequenceLength = factory.sequenceLength();
    positions = settings.positions(sequenceLength);
    head = new FrozenHead(factory, rows, arena);
    kullbackLeibler = new KullbackLeibler(factory.blas().pool());
    LanguageModel model = factory.model();
    int picked = positions.length == sequenceLength ? 0 : rows;
    chunk =
        new Chunk(
            arena.tensor(picked, model.hiddenSize()),
            arena.tensor(picked, model.hiddenSize()),
            arena.tensor(picked, model.hiddenSize()),
            arena.tensor(rows, model.vocabularySize()),
            arena.tensor(rows, model.vocabularySize()));
  }

  /**
   * Takes the memory from an arena.
   *
   * @param windows the most that are compared in a call
   */
  static DistributionLoss allocate(
      BlockFactory factory, DistributionSettings settings, int windows, Arena arena) {
    int tokens = windows * settings.tokens(factory.sequenceLength());
    return new DistributionLoss(
        factory, settings, FrozenHead.tokensAtATime(factory.model(), tokens), arena);
  }

  /** Reads the weights of head and norm, which the rest needs. */
  public void read(ModelInMemory.TensorSource source) {
    head.read(source);
  }

  /** The settings that it was made with. */
  DistributionSettings settings() {
    return settings;
  }

  /** The number of tokens that are compared of so many windows. */
  long tokens(int windows) {
    return (long) windows * positions.length;
  }

  /**
   * The sum of the divergences of the tokens that are compared, in nats, with float32 products.
   *
   * @param output n·T × hidden_size, of the last block
   * @param target X̄_L, of the same shape
   */
  double sum(Tensor output, Tensor target) {
    double sum = 0;
    int tokens = picked(output);
    for (int first = 0; first < tokens; first += rows) {
      int count = Math.min(rows, tokens - first);
      Tensor targetLogits = chunk.targetLogits().rows(0, count);
      Tensor logits = chunk.logits().rows(0, count);
      head.forward(part(target, chunk.target(), first, count), Precision.FLOAT32, targetLogits);
      head.forward(part(output, chunk.output(), first, count), Precision.FLOAT32, logits);
      sum += kullbackLeibler.loss(targetLogits, logits);
    }
    return sum;
  }

  /**
   * Adds the gradient of that sum ÷ divisor by the output, with products as training has them.
   *
   * @param divisor the tokens that are compared in a batch, all micro-batches together
   * @param outputGradient of the output's shape, added to
   */
  void addGradient(Tensor output, Tensor target, double divisor, Tensor outputGradient) {
    int tokens = picked(output);
    for (int first = 0; first < tokens; first += rows) {
      int count = Math.min(rows, tokens - first);
      Tensor targetLogits = chunk.targetLogits().rows(0, count);
      Tensor logits = chunk.logits().rows(0, count);
      head.forward(part(target, chunk.target(), first, count), precision, targetLogits);
      Tensor hidden = part(output, chunk.output(), first, count);
      head.forward(hidden, precision, logits);
      kullbackLeibler.lossAndGradient(targetLogits, logits, divisor);
      Tensor gradient = part(outputGradient, chunk.gradient(), first, count);
      head.backward(hidden, logits, precision, gradient);
      putBack(gradient, outputGradient, first);
    }
  }

  private boolean takesAll() {
    return positions.length == sequenceLength;
  }

  private int picked(Tensor windows) {
    return Math.toIntExact(tokens(windows.rows() / sequenceLength));
  }

  /** The row of a token that is compared. */
  private int row(int token) {
    return token / positions.length * sequenceLength + positions[token % positions.length];
  }

  /** The rows of some tokens that are compared, copied into {@code room} unless all are. */
  private Tensor part(Tensor all, Tensor room, int first, int count) {
    if (takesAll()) {
      return all.rows(first, count);
    }
    for (int i = 0; i < count; i++) {
      room.rows(i, 1).copyFrom(all.rows(row(first + i), 1));
    }
    return room.rows(0, count);
  }

  private void putBack(Tensor part, Tensor all, int first) {
    if (!takesAll()) {
      for (int i = 0; i < part.rows(); i++) {
        all.rows(row(first + i), 1).copyFrom(part.rows(i, 1));
      }
    }
  }
}
