package io.coppice.model;

import io.coppice.tensor.Tensor;

/**
 * A decoder block composed of its parts, x and y of n × hidden_size:
 *
 * <pre>
 * h = x + attention(norm(x))
 * y = h + mlp(norm(h))
 * </pre>
 *
 * <p>or with each norm after its sum; see {@link BranchNorm}. Each family names its parts.
 */
final class ComposedBlock implements DecoderBlock {
  private final BranchNorm attentionNorm;
  private final SelfAttention attention;
  private final BranchNorm mlpNorm;
  private final Mlp mlp;

  /** h, the residual stream between the two halves. */
  private final TokenRows middle;

  private final TokenRows branchGradient;

  /**
   * The parts.
   *
   * @param attentionNorm the first half's norm
   * @param mlpNorm the second half's norm
   */
  record Parts(BranchNorm attentionNorm, SelfAttention attention, BranchNorm mlpNorm, Mlp mlp) {}

  ComposedBlock(Parts parts, int hiddenSize, BlockWorkspace workspace) {
    attentionNorm = parts.attentionNorm();
    attention = parts.attention();
    mlpNorm = parts.mlpNorm();
    mlp = parts.mlp();
    middle = workspace.rows(hiddenSize);
    branchGradient = workspace.backwardRows(hiddenSize);
  }

  @Override
  public void forward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor output,
      LinearInputs linearInputs) {
    Tensor normed = attentionNorm.forwardInput(weights, input);
    Tensor h = middle.first(input.rows());
    h.copyFrom(input);
    attention.forward(weights, normed, sequenceLength, h, linearInputs);
    finish(weights, h, output, linearInputs);
  }

  @Override
  public void forwardPacked(
      BlockWeights weights, Tensor input, PackedSequences packed, Tensor output) {
    Tensor normed = attentionNorm.forwardInput(weights, input);
    Tensor h = middle.first(input.rows());
    h.copyFrom(input);
    attention.forwardPacked(weights, normed, packed, h);
    finish(weights, h, output, UNOBSERVED);
  }

  @Override
  public void decode(
      BlockWeights weights, Tensor input, int position, KeyValueCache cache, Tensor output) {
    Tensor normed = attentionNorm.forwardInput(weights, input);
    Tensor h = middle.first(input.rows());
    h.copyFrom(input);
    attention.decode(weights, normed, position, cache, h);
    finish(weights, h, output, UNOBSERVED);
  }

  private void finish(BlockWeights weights, Tensor h, Tensor output, LinearInputs linearInputs) {
    attentionNorm.forwardSum(weights, h);
    Tensor normed = mlpNorm.forwardInput(weights, h);
    output.copyFrom(h);
    mlp.forward(weights, normed, output, linearInputs);
    mlpNorm.forwardSum(weights, output);
  }

  @Override
  public void backward(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor outputGradient,
      WeightGradients gradients) {
    Tensor branch = backwardToBranch(weights, input, sequenceLength, outputGradient, gradients);
    attentionNorm.backwardInput(weights, input, branch, outputGradient, gradients);
  }

  @Override
  public void backwardWeights(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor outputGradient,
      WeightGradients gradients) {
    Tensor branch = backwardToBranch(weights, input, sequenceLength, outputGradient, gradients);
    attentionNorm.backwardWeights(input, branch, gradients);
  }

  /** Goes back as far as the input of the first branch, and returns the gradient by it. */
  private Tensor backwardToBranch(
      BlockWeights weights,
      Tensor input,
      int sequenceLength,
      Tensor outputGradient,
      WeightGradients gradients) {
    Tensor h = middle.first(input.rows());
    Tensor branch = branchGradient.first(input.rows());
    mlpNorm.backwardSum(weights, outputGradient, gradients);
    BranchInput mlpInput = new BranchInput(mlpNorm.branchInput(h), branch);
    mlp.backward(weights, mlpInput, outputGradient, gradients);
    mlpNorm.backwardInput(weights, h, branch, outputGradient, gradients);
    // From here on, outputGradient is the gradient by the residual stream between the two halves.
    attentionNorm.backwardSum(weights, outputGradient, gradients);
    BranchInput attentionInput = new BranchInput(attentionNorm.branchInput(input), branch);
    attention.backward(weights, attentionInput, sequenceLength, outputGradient, gradients);
    return branch;
  }
}
