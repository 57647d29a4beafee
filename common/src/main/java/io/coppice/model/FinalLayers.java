package io.coppice.model;

import io.coppice.kernel.Elementwise;
import io.coppice.kernel.Linear;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The layers between a model's last block and its head, with their weights, which stay as they are:
 * a norm, a projection to the head's width, both or neither. They compute what {@link
 * OuterLayers#leave} does, and the gradient by the last block's output. Belongs to one task.
 */
public final class FinalLayers {
  private final List<WeightShape> shapes;
  private final BlockWeights weights;
  private final Optional<Norm> norm;
  private final Optional<String> projection;
  private final Linear linear;
  private final Elementwise elementwise;

  /** Between norm and projection, where there are both. */
  private final TokenRows between;

  /** Gradients by weights, which nobody reads. */
  private final WeightGradients unused;

  /**
   * @param shapes of the weights that these layers have
   * @param norm with memory for the workspace's tokens
   * @param projection the name of its weight, head's width × hidden_size
   */
  FinalLayers(
      List<WeightShape> shapes,
      Optional<Norm> norm,
      Optional<String> projection,
      BlockWorkspace workspace) {
    this.shapes = List.copyOf(shapes);
    this.norm = norm;
    this.projection = projection;
    Arena arena = workspace.arena();
    weights = BlockWeights.allocate(shapes, arena);
    unused =
        WeightGradients.overwriting(
            BlockWeights.allocate(
                shapes.stream().filter(shape -> !isProjection(shape)).toList(), arena));
    boolean both = norm.isPresent() && projection.isPresent();
    between = new TokenRows(arena.tensor(both ? workspace.maxTokens() : 0, width()));
    linear = new Linear(workspace.blas());
    elementwise = new Elementwise(workspace.blas().pool());
  }

  private boolean isProjection(WeightShape shape) {
    return projection.filter(shape.name()::equals).isPresent();
  }

  /** The width of the projection's input; 0 where there is none. */
  private int width() {
    return projection.map(name -> weights.tensor(name).columns()).orElse(0);
  }

  /** Reads the weights. */
  public void read(ModelInMemory.TensorSource source) {
    shapes.forEach(shape -> source.read(shape.name(), weights.tensor(shape.name())));
  }

  /**
   * Computes the head's input.
   *
   * @param hidden n × hidden_size, the last block's output; left as it is
   * @param output n × {@link LanguageModel#embeddingSize()}, overwritten
   */
  public void forward(Tensor hidden, Tensor output) {
    Tensor normed = hidden;
    if (norm.isPresent()) {
      normed = projection.isPresent() ? between.first(hidden.rows()) : output;
      norm.orElseThrow().forward(weights, hidden, normed);
    }
    if (projection.isPresent()) {
      linear.forward(normed, weights.tensor(projection.orElseThrow()), output, false);
    } else if (norm.isEmpty()) {
      output.copyFrom(hidden);
    }
  }

  /**
   * Adds the gradient by the last block's output.
   *
   * @param hidden of the last {@link #forward}
   * @param outputGradient n × {@link LanguageModel#embeddingSize()}
   * @param hiddenGradient n × hidden_size, added to
   */
  public void backward(Tensor hidden, Tensor outputGradient, Tensor hiddenGradient) {
    if (norm.isPresent()) {
      Tensor normedGradient = outputGradient;
      if (projection.isPresent()) {
        normedGradient = between.first(hidden.rows());
        project(outputGradient, normedGradient, false);
      }
      norm.orElseThrow().backward(weights, hidden, normedGradient, hiddenGradient, unused);
    } else if (projection.isPresent()) {
      project(outputGradient, hiddenGradient, true);
    } else {
      elementwise.add(hiddenGradient, outputGradient);
    }
  }

  private void project(Tensor outputGradient, Tensor inputGradient, boolean accumulate) {
    linear.backwardInput(
        outputGradient, weights.tensor(projection.orElseThrow()), inputGradient, accumulate);
  }
}
