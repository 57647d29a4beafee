package io.coppice.reconstruct;

import io.coppice.kernel.Linear;
import io.coppice.model.BlockFactory;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.FinalLayers;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelInMemory;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.OperandBuffer;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;

/**
 * The layers behind a model's last block and the head, whose weights stay as they are: logits of
 * some tokens, and the gradient by the last block's output. With bfloat16 products the head is
 * rounded once.
 *
 * <p>Memory: the head, 4 bytes a weight (6 with bfloat16), and a row of its width for each token
 * that is computed at a time; with bfloat16 their logits, 2 bytes each.
 */
final class FrozenHead {
  /** Logits that are made at a time, unless a few tokens have more: 64 MiB. */
  private static final int LOGITS = 1 << 24;

  /** Tokens below which products would lose their speed. */
  private static final int FEWEST_TOKENS = 32;

  private final Blas blas;
  private final FinalLayers finalLayers;
  private final Linear linear;
  private final String name;
  private final FrozenMatrix head;
  private final OperandBuffer scoredOperand;
  private final OperandBuffer gradientOperand;
  private final Tensor scored;

  /**
   * @param rows the most tokens that are computed at a time
   * @param arena provides all memory
   */
  FrozenHead(BlockFactory factory, int rows, Arena arena) {
    blas = factory.blas();
    LanguageModel model = factory.model();
    finalLayers =
        model.newFinalLayers(
            BlockWorkspace.forTraining(blas, arena, rows, factory.sequenceLength()));
    linear = new Linear(blas);
    name = model.headName();
    int words = model.vocabularySize();
    int width = model.embeddingSize();
    head = new FrozenMatrix(factory, words, width, arena);
    scoredOperand = OperandBuffer.allocate(factory.precision(), arena, rows, width);
    gradientOperand = OperandBuffer.allocate(factory.precision(), arena, rows, words);
    scored = arena.tensor(rows, width);
  }

  /**
   * Tokens that are computed at a time, of so many: there are never more than some ten million
   * logits. Fixed by the shapes, so that bytes do not depend on threads.
   */
  static int tokensAtATime(LanguageModel model, int tokens) {
    int most = Math.max(FEWEST_TOKENS, LOGITS / model.vocabularySize());
    return Math.min(most / FEWEST_TOKENS * FEWEST_TOKENS, tokens);
  }

  /** Reads the weights, which the rest needs. */
  void read(ModelInMemory.TensorSource source) {
    finalLayers.read(source);
    head.read(matrix -> source.read(name, matrix));
  }

  /**
   * Makes logits.
   *
   * @param hidden n × hidden_size, the last block's output
   * @param read what products read
   * @param logits n × vocabulary_size, overwritten
   */
  void forward(Tensor hidden, Precision read, Tensor logits) {
    Tensor input = scored.rows(0, hidden.rows());
    finalLayers.forward(hidden, input);
    linear.forward(scoredOperand.of(input, read, blas), head.operand(read), logits, false);
  }

  /**
   * Adds the gradient by the last block's output.
   *
   * @param hidden of the last {@link #forward}
   * @param logitsGradient n × vocabulary_size
   * @param read what products read
   * @param hiddenGradient n × hidden_size, added to
   */
  void backward(Tensor hidden, Tensor logitsGradient, Precision read, Tensor hiddenGradient) {
    Tensor gradient = scored.rows(0, hidden.rows());
    linear.backwardInput(
        gradientOperand.of(logitsGradient, read, blas), head.operand(read), gradient, false);
    finalLayers.backward(hidden, gradient, hiddenGradient);
  }
}
