package io.coppice.job.run;

import io.coppice.checkpoint.TensorEntry;
import io.coppice.checkpoint.TensorInspection;
import io.coppice.checkpoint.WeightsFile;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.progress.Stages;
import io.coppice.model.BlockName;
import io.coppice.model.LanguageModel;
import io.coppice.model.WeightShape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * {@code inspect}: reads every weight, which proves the checkpoint whole and free of NaN, and
 * counts zeros: those of a small model here, with all cores, those of others in Spark tasks. Lives
 * on the driver.
 */
public final class InspectRun {
  /** Bytes of weights that one process reads sooner than Spark starts. */
  private static final long SMALL = 512L << 20;

  private final String folder;
  private final RunEnvironment environment;
  private final long small;

  public InspectRun(String folder, RunEnvironment environment) {
    this(folder, environment, SMALL);
  }

  /**
   * @param small bytes of weights up to which Spark is not needed
   */
  InspectRun(String folder, RunEnvironment environment, long small) {
    this.folder = folder;
    this.environment = environment;
    this.small = small;
  }

  /**
   * The tensors that were read.
   *
   * @param blocks by block, its weights in the model's order
   */
  public record Report(LanguageModel model, List<List<TensorInspection>> blocks) {
    public Report {
      blocks = List.copyOf(blocks);
    }

    /** Share of zeros in a block's prunable weights. */
    public double sparsity(int block) {
      long zeros = 0;
      long size = 0;
      for (int i = 0; i < model.blockWeights().size(); i++) {
        if (model.blockWeights().get(i).isPrunable()) {
          zeros += blocks.get(block).get(i).zeros();
          size += blocks.get(block).get(i).size();
        }
      }
      return size == 0 ? 0 : (double) zeros / size;
    }

    /** A line per block, and below it one per prunable weight. */
    public String toText() {
      StringBuilder text = new StringBuilder();
      text.append(
          "%s, %d blocks of hidden_size %d%n"
              .formatted(model.architecture(), blocks.size(), model.hiddenSize()));
      for (int block = 0; block < blocks.size(); block++) {
        text.append(String.format(Locale.ROOT, "block %d: %s%n", block, percent(sparsity(block))));
        for (int i = 0; i < model.blockWeights().size(); i++) {
          WeightShape shape = model.blockWeights().get(i);
          if (shape.isPrunable()) {
            TensorInspection tensor = blocks.get(block).get(i);
            text.append(
                String.format(
                        Locale.ROOT,
                        "  %-32s %6d x %-6d %-5s %9s %s",
                        shape.name(),
                        shape.rows(),
                        shape.columns(),
                        tensor.type(),
                        percent(tensor.sparsity()),
                        String.join(" ", tensor.patterns()))
                    .stripTrailing());
            text.append(System.lineSeparator());
          }
        }
      }
      return text.toString();
    }

    private static String percent(double share) {
      return String.format(Locale.ROOT, "%.2f %%", 100 * share);
    }
  }

  /** Reads everything; starts Spark if it is needed, and the model's headers are in order. */
  public Report run() {
    ModelOnCluster model = environment.model(folder);
    List<String> names =
        model.checkpoint().names().stream().filter(name -> isFloat(model, name)).toList();
    long bytes = names.stream().mapToLong(name -> model.checkpoint().entry(name).bytes()).sum();
    Stages stages = environment.stages();
    Map<String, TensorInspection> found = new HashMap<>();
    (bytes <= small
            ? stages.run("inspection", () -> inspectHere(model, names))
            : inspectInTasks(model, names, environment.spark().get(), stages))
        .forEach(tensor -> found.put(tensor.name(), tensor));
    List<List<TensorInspection>> blocks = new ArrayList<>();
    for (int block = 0; block < model.model().blockCount(); block++) {
      BlockName name = model.model().blockName(block);
      blocks.add(
          model.model().blockWeights().stream().map(shape -> found.get(name.of(shape))).toList());
    }
    return new Report(model.model(), blocks);
  }

  private static List<TensorInspection> inspectHere(ModelOnCluster model, List<String> names) {
    return names.parallelStream().map(name -> inspect(model, name)).toList();
  }

  private static List<TensorInspection> inspectInTasks(
      ModelOnCluster model, List<String> names, SparkSession session, Stages stages) {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    int tasks = Math.min(names.size(), 8 * spark.defaultParallelism());
    return stages.run(
        "inspection",
        () -> spark.parallelize(names, tasks).map(name -> inspect(model, name)).collect());
  }

  private static boolean isFloat(ModelOnCluster model, String name) {
    return model.checkpoint().entry(name).type().isFloat32Convertible();
  }

  private static TensorInspection inspect(ModelOnCluster model, String name) {
    TensorEntry entry = model.checkpoint().entry(name);
    try (WeightsFile file = model.shardOf(name)) {
      return TensorInspection.of(file, entry);
    }
  }
}
