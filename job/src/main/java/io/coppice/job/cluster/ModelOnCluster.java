package io.coppice.job.cluster;

import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.WeightsFile;
import io.coppice.failure.InvalidDataException;
import io.coppice.job.work.FileStamp;
import io.coppice.model.BlockSource;
import io.coppice.model.BlockWeights;
import io.coppice.model.HeadStorage;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import io.coppice.model.TokenEmbedding;
import io.coppice.model.WeightRows;
import io.coppice.model.WeightShape;
import io.coppice.storage.Storage;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import io.coppice.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint and the model in it, for driver and tasks alike: headers travel, weights are read
 * where they are needed.
 */
public final class ModelOnCluster implements BlockSource {
  private static final long serialVersionUID = 1L;
  private static final int CHUNK_ROWS = 4096;
  private static final Logger LOG = LoggerFactory.getLogger(ModelOnCluster.class);

  private final Checkpoint checkpoint;
  private final LanguageModel model;
  private final HadoopSettings hadoop;

  private ModelOnCluster(Checkpoint checkpoint, LanguageModel model, HadoopSettings hadoop) {
    this.checkpoint = checkpoint;
    this.model = model;
    this.hadoop = hadoop;
  }

  /**
   * Opens the folder of a model that is given, checks that every tensor that it needs is there, in
   * its shape, and warns of anything else in the folder. A head that is tied and yet stored is
   * compared with the embedding, as {@link io.coppice.checkpoint.TensorComparison} says; the
   * outcome travels with the model.
   *
   * @throws io.coppice.failure.UsageException if there is no such folder
   * @throws InvalidDataException if it is broken, unsupported, or lacks a tensor
   */
  public static ModelOnCluster open(String folder, Configuration hadoop) {
    Checkpoint checkpoint = Checkpoint.open(Storage.path(folder), hadoop);
    LanguageModel described = ModelFamilies.parse(checkpoint.config(), checkpoint.names());
    ModelCheck check = new ModelCheck(checkpoint);
    check.requireTensors(described);
    LanguageModel model = check.withStoredHead(described);
    check.requireHead(model);
    check.remarks(described, model, hadoop).forEach(LOG::warn);
    return new ModelOnCluster(checkpoint, model, new HadoopSettings(hadoop));
  }

  /**
   * As {@link #open}, but reads no weights and says nothing: a head that is tied and yet stored is
   * treated as a head of its own, which needs more memory.
   */
  public static ModelOnCluster headers(String folder, Configuration hadoop) {
    Checkpoint checkpoint = Checkpoint.open(Storage.path(folder), hadoop);
    LanguageModel described = ModelFamilies.parse(checkpoint.config(), checkpoint.names());
    ModelCheck check = new ModelCheck(checkpoint);
    LanguageModel model =
        check.storesTiedHead(described) ? described.withHead(HeadStorage.OWN) : described;
    check.requireTensors(model);
    return new ModelOnCluster(checkpoint, model, new HadoopSettings(hadoop));
  }

  /** Opens a folder that was assembled from this model's files with other weights. */
  public ModelOnCluster assembled(Path folder) {
    Checkpoint made = Checkpoint.open(folder, hadoop.configuration());
    new ModelCheck(made).requireTensors(model);
    return new ModelOnCluster(made, model, hadoop);
  }

  public LanguageModel model() {
    return model;
  }

  /** The opened checkpoint, on driver and executors alike. */
  public Checkpoint checkpoint() {
    return checkpoint.using(hadoop.configuration());
  }

  /** Sizes and dates of the files, which change when the model is replaced by another one. */
  public FileStamp stamp() {
    Path folder = checkpoint.folder();
    try {
      FileSystem system = Storage.of(folder, hadoop.configuration());
      return FileStamp.of(
          Storage.list(system, folder).stream().filter(FileStatus::isFile).toList());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + folder, e);
    }
  }

  public HadoopSettings hadoop() {
    return hadoop;
  }

  @Override
  public void read(int block, BlockWeights weights) {
    Checkpoint opened = checkpoint();
    for (WeightShape shape : model.blockWeights()) {
      opened.read(model.blockName(block).of(shape), weights.tensor(shape.name()));
    }
  }

  /**
   * Turns windows of tokens into the first block's input.
   *
   * @param ids the windows' tokens, one window after the other
   * @param sequenceLength tokens of a window
   * @param output ids.length × hidden_size, overwritten
   */
  public void embed(int[] ids, int sequenceLength, Tensor output, Blas blas) {
    try (Arena arena = Arena.unbounded("the layers before the first block");
        WeightsFile file = shardOf(model.embeddingName())) {
      new TokenEmbedding(model, blas)
          .embed(
              rows(file, model.embeddingName()), outerWeights(arena), ids, sequenceLength, output);
    }
  }

  /** Reads the weights between embedding, blocks and head. */
  public BlockWeights outerWeights(Arena arena) {
    Checkpoint opened = checkpoint();
    BlockWeights weights = BlockWeights.allocate(model.outerWeights(), arena);
    for (WeightShape shape : model.outerWeights()) {
      opened.read(shape.name(), weights.tensor(shape.name()));
    }
    return weights;
  }

  /**
   * Reads a tensor only to check its values.
   *
   * @throws InvalidDataException if a value is NaN or infinite
   */
  public void requireFinite(String tensor) {
    TensorEntry entry = checkpoint.entry(tensor);
    try (WeightsFile file = shardOf(tensor);
        Arena arena = Arena.unbounded("a look at " + tensor)) {
      Tensor chunk = arena.tensor((int) Math.min(CHUNK_ROWS, entry.rows()), (int) entry.columns());
      for (long first = 0; first < entry.rows(); first += chunk.rows()) {
        int count = (int) Math.min(chunk.rows(), entry.rows() - first);
        file.readRows(tensor, first, chunk.rows(0, count));
      }
    }
  }

  /** The file that holds a tensor, to be closed by the caller. */
  public WeightsFile shardOf(String tensor) {
    Checkpoint opened = checkpoint();
    return opened.openShard(opened.entry(tensor).file());
  }

  /** Reads some rows of a tensor at a time. */
  public static WeightRows rows(WeightsFile file, String tensor) {
    return (firstRow, destination) -> file.readRows(tensor, firstRow, destination);
  }

  /** The model's tokenizer, for driver or tasks. */
  public EncoderSource encoder() {
    String folder = checkpoint.folder().toString();
    HadoopSettings settings = hadoop;
    return new TokenizerSource(folder, settings);
  }

  /** The model's tokenizer, on driver and executors alike; to be closed by the caller. */
  public Tokenizer tokenizer() {
    return load(checkpoint.folder().toString(), hadoop);
  }

  private static Tokenizer load(String folder, HadoopSettings hadoop) {
    return Tokenizer.load(Storage.path(folder), hadoop.configuration());
  }

  private record TokenizerSource(String folder, HadoopSettings hadoop) implements EncoderSource {
    @Override
    public OpenEncoder open() {
      Tokenizer tokenizer = load(folder, hadoop);
      return new OpenEncoder() {
        @Override
        public int[] encode(String text) {
          return tokenizer.encode(text, true);
        }

        @Override
        public void close() {
          tokenizer.close();
        }
      };
    }
  }
}
