package io.coppice.job.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.checkpoint.Checkpoint;
import io.coppice.job.block.ReconstructedModel;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.storage.Json;

/**
 * The size of a model, for the record.
 *
 * @param architecture as {@code config.json} names it
 * @param prunable weights of a block that may be pruned
 * @param parameters of the whole model
 * @param bytes of its tensors in the checkpoint
 */
public record ModelFacts(
    String architecture, Shape shape, long prunable, long parameters, long bytes) {

  /** The number of blocks and their width. */
  public record Shape(int blocks, int hiddenSize) {}

  /** Reads the headers of a model. */
  static ModelFacts of(ModelOnCluster source) {
    LanguageModel model = source.model();
    Checkpoint checkpoint = source.checkpoint();
    long table = (long) model.vocabularySize() * model.embeddingSize();
    long block = model.blockWeights().stream().mapToLong(WeightShape::size).sum();
    return new ModelFacts(
        model.architecture(),
        new Shape(model.blockCount(), model.hiddenSize()),
        model.blockWeights().stream()
            .filter(WeightShape::isPrunable)
            .mapToLong(WeightShape::size)
            .sum(),
        (model.headName().equals(model.embeddingName()) ? 1 : 2) * table
            + model.outerWeights().stream().mapToLong(WeightShape::size).sum()
            + model.blockCount() * block,
        checkpoint.names().stream().mapToLong(name -> checkpoint.entry(name).bytes()).sum());
  }

  /** With the zeros that a sparse model of it has. */
  ObjectNode toJson(ReconstructedModel sparse) {
    double sparsity =
        sparse.lastWave().stream()
            .mapToDouble(block -> block.finished().sparsity())
            .average()
            .orElse(0);
    return Json.object()
        .put("architecture", architecture)
        .put("blocks", shape.blocks())
        .put("hidden_size", shape.hiddenSize())
        .put("parameters", parameters)
        .put("prunable_parameters", shape.blocks() * prunable)
        .put("zeros", Math.round(sparsity * shape.blocks() * prunable))
        .put("bytes", bytes);
  }
}
