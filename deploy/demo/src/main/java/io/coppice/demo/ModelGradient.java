package io.coppice.demo;

import io.coppice.kernel.CrossEntropy;
import io.coppice.kernel.Embedding;
import io.coppice.kernel.Linear;
import io.coppice.kernel.RmsNorm;
import io.coppice.model.BlockWorkspace;
import io.coppice.model.DecoderBlock;
import io.coppice.model.LlamaModel;
import io.coppice.model.WeightGradients;
import io.coppice.parallel.KernelPool;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Bf16Tensor;
import io.coppice.tensor.Blas;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Operand;
import io.coppice.tensor.OperandBuffer;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Loss of a whole LLaMA with a tied head on a few windows, and its gradient by all weights. Keeps
 * the activations of every block, so it is for small models. Belongs to one thread.
 */
final class ModelGradient {
  private final LlamaModel model;
  private final Blas blas;
  private final Precision precision;
  private final Linear head;
  private final int sequenceLength;
  private final List<DecoderBlock> blocks;
  private final List<Tensor> boundaries;
  private final Tensor normed;
  private final Tensor reciprocalRms;
  private final Tensor logits;
  private final OperandBuffer headInput;
  private final OperandBuffer headGradient;
  private final Tensor gradient;
  private final Bf16Tensor headRoom;
  private final RmsNorm finalNorm;
  private final Embedding embedding;
  private final CrossEntropy crossEntropy;
  private final ModelWeights gradients;

  /**
   * @param windows of the batches
   * @param precision of what products read
   */
  ModelGradient(
      LlamaModel model, Arena arena, int windows, int sequenceLength, Precision precision) {
    Blas blas = BlasProvider.blas();
    this.model = model;
    this.blas = blas;
    this.precision = precision;
    head = new Linear(blas);
    this.sequenceLength = sequenceLength;
    int tokens = windows * sequenceLength;
    blocks =
        IntStream.range(0, model.blockCount())
            .mapToObj(
                block ->
                    model.newBlock(
                        BlockWorkspace.forTraining(blas, arena, tokens, sequenceLength)
                            .with(precision)))
            .toList();
    boundaries =
        IntStream.rangeClosed(0, model.blockCount())
            .mapToObj(boundary -> arena.tensor(tokens, model.hiddenSize()))
            .toList();
    normed = arena.tensor(tokens, model.hiddenSize());
    reciprocalRms = arena.vector(tokens);
    logits = arena.tensor(tokens, model.vocabularySize());
    headInput = OperandBuffer.allocate(precision, arena, tokens, model.hiddenSize());
    headGradient = OperandBuffer.allocate(precision, arena, tokens, model.vocabularySize());
    headRoom = Blas.roomToTranspose(precision, arena, tokens, model.vocabularySize());
    gradient = arena.tensor(tokens, model.hiddenSize());
    finalNorm = new RmsNorm(model.hiddenSize(), model.rmsNormEpsilon(), KernelPool.single());
    embedding = new Embedding(model.hiddenSize());
    crossEntropy = new CrossEntropy(model.vocabularySize());
    gradients = ModelWeights.allocate(model, arena);
  }

  /** The gradients of the last {@link #lossAndGradient}. */
  ModelWeights gradients() {
    return gradients;
  }

  /** The summed loss of all targets, in nats, without gradients. */
  double loss(MultipliedWeights weights, int[] ids, int[] targets) {
    forward(weights, ids);
    return crossEntropy.loss(logits, targets);
  }

  /**
   * The summed loss of all targets, in nats; the gradients are those of loss ÷ {@code divisor}.
   *
   * @param ids the windows' tokens, one window after the other
   * @param targets the token that follows each; −1 where none is known
   */
  double lossAndGradient(MultipliedWeights multiplied, int[] ids, int[] targets, double divisor) {
    ModelWeights weights = multiplied.weights();
    forward(multiplied, ids);
    double loss = crossEntropy.lossAndGradient(logits, targets, divisor);
    int last = model.blockCount();
    Operand logitsGradient = headGradient.of(logits, precision, blas);
    head.backwardWeight(
        logitsGradient, headInput.held(normed, precision), headRoom, gradients.embedding(), false);
    head.backwardInput(logitsGradient, multiplied.head(), normed, false);
    gradient.zero();
    gradients.finalNorm().zero();
    finalNorm.backward(
        boundaries.get(last),
        weights.finalNorm(),
        reciprocalRms,
        normed,
        gradient,
        gradients.finalNorm());
    for (int block = last - 1; block >= 0; block--) {
      blocks
          .get(block)
          .backward(
              weights.blocks().get(block),
              boundaries.get(block),
              sequenceLength,
              gradient,
              WeightGradients.overwriting(gradients.blocks().get(block)));
    }
    embedding.backward(ids, gradient, gradients.embedding());
    return loss;
  }

  private void forward(MultipliedWeights multiplied, int[] ids) {
    ModelWeights weights = multiplied.weights();
    embedding.forward(ids, weights.embedding(), boundaries.get(0));
    for (int block = 0; block < blocks.size(); block++) {
      blocks
          .get(block)
          .forward(
              weights.blocks().get(block),
              boundaries.get(block),
              sequenceLength,
              boundaries.get(block + 1),
              DecoderBlock.UNOBSERVED);
    }
    finalNorm.forward(boundaries.get(blocks.size()), weights.finalNorm(), normed, reciprocalRms);
    head.forward(headInput.of(normed, precision, blas), multiplied.head(), logits, false);
  }
}
