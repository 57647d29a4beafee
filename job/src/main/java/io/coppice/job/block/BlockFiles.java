package io.coppice.job.block;

import io.coppice.checkpoint.DataType;
import io.coppice.checkpoint.SafetensorsFile;
import io.coppice.checkpoint.SafetensorsWriter;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TensorSpec;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.job.cluster.HadoopSettings;
import io.coppice.job.schedule.Span;
import io.coppice.job.work.WorkFolder;
import io.coppice.model.BlockName;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockWeights;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import io.coppice.storage.JsonFile;
import io.coppice.storage.Storage;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sparse blocks in the work folder: one float32 safetensors file per block and wave, its tensors
 * named as in the checkpoint, and beside it, once the block is finished, its record as JSON.
 *
 * @param folder the wave's folder
 */
public record BlockFiles(String folder, LanguageModel model, HadoopSettings hadoop)
    implements BlockSource {
  private static final Logger LOG = LoggerFactory.getLogger(BlockFiles.class);

  /** The files in a folder within another. */
  public static BlockFiles in(
      String parent, String folder, LanguageModel model, HadoopSettings hadoop) {
    return new BlockFiles(new Path(parent, folder).toString(), model, hadoop);
  }

  Path file(int block) {
    return new Path(folder, String.format(Locale.ROOT, "block-%04d.safetensors", block));
  }

  private Path recordFile(int block) {
    return new Path(folder, String.format(Locale.ROOT, "block-%04d.json", block));
  }

  /** A block's record, if it is finished: its weights are written, and the record too. */
  Optional<FinishedBlock> finished(int block) {
    return JsonFile.read(recordFile(block), FinishedBlock.class, configuration())
        .filter(record -> isWhole(block));
  }

  private boolean isWhole(int block) {
    try (SafetensorsFile file = SafetensorsFile.open(file(block), configuration())) {
      return file.entries().size() == model.blockWeights().size();
    } catch (UsageException | InvalidDataException e) {
      LOG.warn("Block {} is made anew: {}", block, e.getMessage());
      return false;
    }
  }

  /** Writes the record of a block whose weights are written: it is finished. */
  void finish(FinishedBlock block) {
    JsonFile.write(recordFile(block.block()), block, configuration());
  }

  @Override
  public void read(int block, BlockWeights weights) {
    try (SafetensorsFile file = SafetensorsFile.open(file(block), configuration())) {
      for (WeightShape shape : model.blockWeights()) {
        file.read(model.blockName(block).of(shape), weights.tensor(shape.name()));
      }
    }
  }

  /** Blocks on their way to be in this folder: pruned, and not yet trained. */
  BlockFiles unfinished() {
    return in(folder, WorkFolder.UNFINISHED, model, hadoop);
  }

  /** Where the snapshot of a training goes that ends with blocks in this folder. */
  Path snapshot(Span span) {
    return new Path(
        unfinished().folder,
        String.format(
            Locale.ROOT, "blocks-%04d-%04d.snapshot.safetensors", span.first(), span.end() - 1));
  }

  /** Deletes a block and its record, if they are there. */
  void delete(int block) {
    delete(recordFile(block));
    delete(file(block));
  }

  /** Deletes a file, if it is there. */
  void delete(Path file) {
    Storage.delete(file, configuration());
  }

  /** Copies all blocks of a model to here, in tasks; called on the driver. */
  void copy(BlockSource blocks, int count, JavaSparkContext spark) {
    BlockFiles target = this;
    List<Integer> indices = IntStream.range(0, count).boxed().toList();
    spark
        .parallelize(indices, count)
        .foreach(
            block -> {
              try (Arena arena = Arena.unbounded("copying block " + block)) {
                BlockWeights weights = BlockWeights.allocate(target.model.blockWeights(), arena);
                blocks.read(block, weights);
                target.write(block, weights);
              }
            });
  }

  /** Writes a block; it appears whole or not at all. */
  void write(int block, BlockWeights weights) {
    BlockName name = model.blockName(block);
    List<TensorSpec> specs =
        model.blockWeights().stream().map(shape -> spec(name.of(shape), shape)).toList();
    try (SafetensorsWriter writer = SafetensorsWriter.create(file(block), configuration(), specs)) {
      for (TensorEntry entry : writer.entries()) {
        Tensor tensor = weights.tensor(entry.name().substring(name.prefix().length()));
        writer.write(entry.name(), tensor);
      }
      writer.commit();
    }
  }

  private Configuration configuration() {
    return hadoop.configuration();
  }

  private static TensorSpec spec(String name, WeightShape shape) {
    return shape.isPrunable()
        ? TensorSpec.matrix(name, DataType.F32, shape.rows(), shape.columns())
        : TensorSpec.vector(name, DataType.F32, shape.columns());
  }
}
