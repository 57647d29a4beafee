package io.coppice.reconstruct;

import io.coppice.kernel.KullbackLeibler;
import io.coppice.kernel.Linear;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.FinalLayers;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Operand;
import io.coppice.tensor.OperandBuffer;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.Optional;

/**
 * The divergence of the next token's distribution after the last block, KL(softmax z̄ ‖ softmax z)
 * with z = head(norm(output)) and z̄ = head(norm(target)), norm and head being the dense model's
 * and frozen; and its gradient by the output.
 *
 * <p>Logits are made anew for some tokens at a time, all words of each, so that there are never
 * more than some ten million of them. Their number is fixed by the shapes, so bytes do not depend
 * on threads. With bfloat16 products in training, the head is rounded once; what is measured is
 * computed in float32.
 *
 * <p>Memory: the head, 4 bytes a weight (6 with bfloat16), and twice the logits of those tokens.
 */
public final class DistributionLoss {
  /** Logits that are made at a time, unless a few tokens have more: 64 MiB. */
  private static final int LOGITS = 1 << 24;

  /** Tokens below which products would lose their speed. */
  private static final int FEWEST_TOKENS = 32;

  private final DistributionSettings settings;
  private final Blas blas;
  private final Precision precision;
  private final int sequenceLength;
  private final int[] positions;
  private final FinalLayers finalLayers;
  private final Linear linear;
  private final KullbackLeibler kullbackLeibler;
  private final String headName;
  private final Tensor head;
  private final Optional<Bf16Tensor> roundedHead;
  private final OperandBuffer scoredOperand;
  private final OperandBuffer gradientOperand;
  private final Chunk chunk;
  private final int rows;

  /**
   * Room for the tokens that are compared at a time; the first three have no rows where all tokens
   * of a window are compared.
   *
   * @param output n × hidden_size
   * @param target same shape
   * @param gradient same shape, the gradient by the output
   * @param scored n × the head's width, norm(target), norm(output), or the gradient by that
   * @param logits n × vocabulary_size, z, or the gradient by it
   * @param targetLogits z̄
   */
  private record Chunk(
      Tensor output,
      Tensor target,
      Tensor gradient,
      Tensor scored,
      Tensor logits,
      Tensor targetLogits) {}

  /**
   * @param rows tokens that are compared at a time
   * @param arena provides all memory
   */
  DistributionLoss(BlockFactory factory, DistributionSettings settings, int rows, Arena arena) {
    this.settings = settings;
    this.rows = rows;
    blas = factory.blas();
    precision = factory.precision();
    sequenceLength = factory.sequenceLength();
    positions = settings.positions(sequenceLength);
    LanguageModel model = factory.model();
    finalLayers =
        model.newFinalLayers(BlockWorkspace.forTraining(blas, arena, rows, sequenceLength));
    linear = new Linear(blas);
    kullbackLeibler = new KullbackLeibler(blas.pool());
    headName = model.headName();
    int words = model.vocabularySize();
    int width = model.embeddingSize();
    head = arena.tensor(words, width);
    roundedHead =
        precision == Precision.BF16 ? Optional.of(arena.bf16(words, width)) : Optional.empty();
    scoredOperand = OperandBuffer.allocate(precision, arena, rows, width);
    gradientOperand = OperandBuffer.allocate(precision, arena, rows, words);
    int picked = positions.length == sequenceLength ? 0 : rows;
    chunk =
        new Chunk(
            arena.tensor(picked, model.hiddenSize()),
            arena.tensor(picked, model.hiddenSize()),
            arena.tensor(picked, model.hiddenSize()),
            arena.tensor(rows, width),
            arena.tensor(rows, words),
            arena.tensor(rows, words));
  }

  /**
   * Takes the memory from an arena.
   *
   * @param windows the most that are compared in a call
   */
  static DistributionLoss allocate(
      BlockFactory factory, DistributionSettings settings, int windows, Arena arena) {
    int most = Math.max(FEWEST_TOKENS, LOGITS / factory.model().vocabularySize());
    int tokens = windows * settings.tokens(factory.sequenceLength());
    return new DistributionLoss(
        factory, settings, Math.min(most / FEWEST_TOKENS * FEWEST_TOKENS, tokens), arena);
  }

  /** Reads the weights of head and norm, which the rest needs. */
  public void read(ModelInMemory.TensorSource source) {
    finalLayers.read(source);
    source.read(headName, head);
    roundedHead.ifPresent(rounded -> blas.round(head, rounded));
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
      score(part(target, chunk.target(), first, count), chunk.targetLogits(), Precision.FLOAT32);
      score(part(output, chunk.output(), first, count), chunk.logits(), Precision.FLOAT32);
      sum +=
          kullbackLeibler.loss(chunk.targetLogits().rows(0, count), chunk.logits().rows(0, count));
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
      Tensor logits = chunk.logits().rows(0, count);
      Tensor scored = chunk.scored().rows(0, count);
      score(part(target, chunk.target(), first, count), chunk.targetLogits(), precision);
      Tensor hidden = part(output, chunk.output(), first, count);
      score(hidden, chunk.logits(), precision);
      kullbackLeibler.lossAndGradient(chunk.targetLogits().rows(0, count), logits, divisor);
      linear.backwardInput(
          gradientOperand.of(logits, precision, blas), head(precision), scored, false);
      Tensor gradient = part(outputGradient, chunk.gradient(), first, count);
      finalLayers.backward(hidden, scored, gradient);
      putBack(gradient, outputGradient, first);
    }
  }

  /** Makes the logits of some tokens. */
  private void score(Tensor hidden, Tensor logits, Precision read) {
    Tensor scored = chunk.scored().rows(0, hidden.rows());
    finalLayers.forward(hidden, scored);
    linear.forward(
        scoredOperand.of(scored, read, blas), head(read), logits.rows(0, hidden.rows()), false);
  }

  private Operand head(Precision read) {
    return read == Precision.BF16 ? roundedHead.orElseThrow() : head;
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
