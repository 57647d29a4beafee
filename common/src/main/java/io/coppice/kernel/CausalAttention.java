package io.coppice.kernel;

import io.coppice.parallel.KernelPool;
import io.coppice.parallel.PerWorker;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Precision;
import io.coppice.tensor.Tensor;

/**
 * Causal attention with grouped queries: for each sequence and head, O = P · V, P = softmax(Q · Kᵀ
 * / √d) over the keys up to the query's own position. With a sliding window of W, the query at
 * position t sees the keys t − W + 1 to t only (Beltagy et al. 2020, arXiv 2004.05150).
 *
 * <p>Queries are taken in tiles; only the scores of one tile exist at a time. The forward saves the
 * log-sum-exp of each query's scores, from which the backward computes the probabilities again (as
 * Dao et al., arXiv 2205.14135): with D = rowsum(dO ⊙ O), dS = P ⊙ (dO · Vᵀ − D), it gives dQ = dS
 * · K / √d, dK = dSᵀ · Q / √d, dV = Pᵀ · dO.
 *
 * <p>Tensors hold B sequences of T rows, one after the other; query, output and their gradients are
 * B·T × heads·d, key, value and theirs B·T × keyValueHeads·d.
 *
 * <p>The heads of a sequence that share keys and values are one piece of work for one thread, see
 * {@link HeadGroup}. With {@link Precision#BF16}, what products read is rounded: queries, keys,
 * values, the output's gradient, P (in the forward its exponentials, before they are divided by
 * their sum) and dS; scores, softmax and all sums stay float32.
 */
public final class CausalAttention {
  /** The sliding window of an attention that sees all earlier keys. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  private final HeadShape shape;
  private final int maxSequenceLength;
  private final KernelPool pool;
  private final PerWorker<HeadGroup> groups;

  /**
   * The results of the forward, all of which the backward needs.
   *
   * @param output O, B·T × heads·d
   * @param logSumExp heads × B·T: of each query's scores
   */
  public record Attended(Tensor output, Tensor logSumExp) {}

  /**
   * @param blas whose pool's threads share sequences and heads
   * @param precision the most that will be asked for
   * @param arena gives each of these threads two scratch tiles of 128 × maxSequenceLength, the
   *     gradients of a head's keys and values, and for bfloat16 the operands of one head besides
   */
  public CausalAttention(
      HeadShape shape, Blas blas, Precision precision, Arena arena, int maxSequenceLength) {
    this.shape = shape;
    this.maxSequenceLength = maxSequenceLength;
    pool = blas.pool();
    Blas serial = blas.serial();
    groups =
        new PerWorker<>(
            pool, () -> new HeadGroup(shape, serial, precision, arena, maxSequenceLength));
  }

  /**
   * Overwrites {@code attended}.
   *
   * @param sequenceLength T
   */
  public void forward(
      QueryKeyValue operands, int sequenceLength, Attended attended, Precision precision) {
    int sequences = requireShapes(operands, sequenceLength, attended);
    pool.run(
        sequences * shape.keyValueHeads(),
        (piece, worker) ->
            groups.of(worker).forward(place(piece, sequenceLength), operands, attended, precision));
  }

  /**
   * Overwrites the gradients, which must not share memory with anything else.
   *
   * @param operands of the forward
   * @param attended of the forward
   * @param outputGradient B·T × heads·d
   * @param precision of the forward
   */
  public void backward(
      QueryKeyValue operands,
      Attended attended,
      Tensor outputGradient,
      int sequenceLength,
      Precision precision,
      QueryKeyValue gradients) {
    int sequences = requireShapes(operands, sequenceLength, attended);
    requireShapes(gradients, sequenceLength, attended);
    outputGradient.requireShape(operands.query().rows(), shape.queryWidth());
    HeadGroup.Given given = new HeadGroup.Given(operands, attended, outputGradient);
    pool.run(
        sequences * shape.keyValueHeads(),
        (piece, worker) ->
            groups.of(worker).backward(place(piece, sequenceLength), given, gradients, precision));
  }

  private HeadGroup.Place place(int piece, int sequenceLength) {
    return new HeadGroup.Place(
        piece / shape.keyValueHeads() * sequenceLength,
        sequenceLength,
        piece % shape.keyValueHeads());
  }

  /** The number of sequences. */
  private int requireShapes(QueryKeyValue operands, int sequenceLength, Attended attended) {
    int rows = operands.query().rows();
    if (sequenceLength < 1 || sequenceLength > maxSequenceLength || rows % sequenceLength != 0) {
      throw new IllegalArgumentException(
          "%s is not a whole number of sequences of %d, at most %d, positions"
              .formatted(operands.query(), sequenceLength, maxSequenceLength));
    }
    operands.query().requireShape(rows, shape.queryWidth());
    operands.key().requireShape(rows, shape.keyWidth());
    operands.value().requireShape(rows, shape.keyWidth());
    attended.output().requireShape(rows, shape.queryWidth());
    attended.logSumExp().requireShape(shape.heads(), rows);
    return rows / sequenceLength;
  }
}
