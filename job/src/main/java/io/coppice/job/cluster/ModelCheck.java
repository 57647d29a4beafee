package io.coppice.job.cluster;

import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.ModelFolder;
import io.coppice.checkpoint.Quantization;
import io.coppice.checkpoint.TensorComparison;
import io.coppice.failure.InvalidDataException;
import io.coppice.model.HeadStorage;
import io.coppice.model.LanguageModel;
import io.coppice.model.UnusedTensors;
import io.coppice.model.WeightShape;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Checks a checkpoint against the model that its {@code config.json} describes. */
final class ModelCheck {
  private static final String TIE = "tie_word_embeddings";

  private final Checkpoint checkpoint;

  ModelCheck(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  /** Whether the configuration ties the head to the embedding, but both are stored. */
  boolean storesTiedHead(LanguageModel model) {
    return model.head() == HeadStorage.TIED && checkpoint.contains(HeadStorage.HEAD_NAME);
  }

  /**
   * The model with a tied head only if the checkpoint agrees. Where a tied head is stored with
   * values other than the embedding's, transformers 5 uses the stored ones.
   *
   * @throws InvalidDataException if one of the two cannot be read
   */
  LanguageModel withStoredHead(LanguageModel model) {
    return storesTiedHead(model)
            && !TensorComparison.areEqual(checkpoint, model.embeddingName(), HeadStorage.HEAD_NAME)
        ? model.withHead(HeadStorage.OWN)
        : model;
  }

  /**
   * Refuses a checkpoint that lacks a tensor, or has one in another shape or type.
   *
   * @throws InvalidDataException if so
   */
  void requireTensors(LanguageModel model) {
    requireTable(model, model.embeddingName());
    requireHead(model);
    for (WeightShape shape : model.outerWeights()) {
      requireShape(shape.name(), shape.rows(), shape.columns());
    }
    for (int block = 0; block < model.blockCount(); block++) {
      for (WeightShape shape : model.blockWeights()) {
        requireShape(model.blockName(block).of(shape), shape.rows(), shape.columns());
      }
    }
  }

  /** Refuses a checkpoint that lacks the head, or has it in another shape or type. */
  void requireHead(LanguageModel model) {
    if (model.head() == HeadStorage.OWN && !checkpoint.contains(HeadStorage.HEAD_NAME)) {
      throw new InvalidDataException(
          ("The checkpoint in %s has no tensor '%s'; where the head is the embedding, its"
                  + " config.json must say \"tie_word_embeddings\": true")
              .formatted(checkpoint.folder(), HeadStorage.HEAD_NAME));
    }
    requireTable(model, model.headName());
  }

  private void requireTable(LanguageModel model, String name) {
    requireShape(name, model.vocabularySize(), model.embeddingSize());
  }

  private void requireShape(String name, int rows, int columns) {
    List<Long> shape = Quantization.requireFloat(checkpoint, name).shape();
    List<Long> expected =
        rows == 1 ? List.of((long) columns) : List.of((long) rows, (long) columns);
    if (!shape.equals(expected)) {
      throw new InvalidDataException(
          "Tensor %s in %s has the shape %s; its config.json calls for %s"
              .formatted(name, checkpoint.folder(), shape, expected));
    }
  }

  /**
   * Remarks about the folder's other contents, a sentence each.
   *
   * @param described the model as {@code config.json} alone has it
   */
  List<String> remarks(LanguageModel described, LanguageModel model, Configuration hadoop) {
    List<String> remarks = new ArrayList<>();
    if (model.head() != described.head()) {
      remarks.add(
          ("config.json ties the head to the embedding (%s), but %s is stored with other values:"
                  + " what is stored is used, as transformers 5 does")
              .formatted(TIE, HeadStorage.HEAD_NAME));
    }
    List<String> files = ModelFolder.open(checkpoint.folder(), hadoop).files();
    Quantization quantization = Quantization.in(checkpoint, files);
    List<String> others =
        checkpoint.names().stream().filter(name -> !quantization.tensors().contains(name)).toList();
    UnusedTensors.of(model, others).sentence().ifPresent(remarks::add);
    quantization.sentence().ifPresent(remarks::add);
    return remarks;
  }
}
