package io.coppice.job.plan;

import io.coppice.failure.UsageException;
import io.coppice.failure.Words;
import io.coppice.job.chain.activations.StoreChoice;
import io.coppice.job.chain.activations.WindowGroups;
import io.coppice.job.cli.ActivationSettings;
import io.coppice.job.cli.EngineSettings;
import io.coppice.job.cli.PruneSettings;
import io.coppice.model.BlockFactory;
import io.coppice.model.LanguageModel;
import io.coppice.parallel.KernelPool;
import io.coppice.reconstruct.Windows;
import io.coppice.tensor.BlasProvider;
import io.coppice.tensor.Precision;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;

/**
 * The memory and work that a {@code prune} will need, worked out from the model's shapes and the
 * settings; no weight is read. Where executors decide on the format of products in training, it has
 * for each thing that depends on it the format that takes more.
 *
 * @param memory memory of one task
 * @param work operations of all tasks
 * @param windows windows of the text
 * @param activations activations at the boundaries of blocks
 * @param executor executors that there will be, as Spark's settings describe them
 */
public record Plan(
    TaskMemory memory,
    WorkToDo work,
    Windows windows,
    Activations activations,
    ExecutorShape executor) {
  /** Memory of a Java process that computes natively: code, classes, stacks, buffers of BLAS. */
  static final long PROCESS_BYTES = 512L << 20;

  /** Heap of a process besides the objects of its tasks. */
  static final long BASE_HEAP_BYTES = 1L << 30;

  // A broadcast is in memory serialised, cut into pieces, and put together again.
  private static final double BROADCAST_FACTOR = 2.1;

  /**
   * Activations at the boundaries of blocks, of the dense and of the sparse chain.
   *
   * @param groups groups of windows, each with the activations that one task makes
   * @param chainBytes bytes of one chain at all boundaries
   * @param broadcast whether chains are broadcast rather than kept in files
   */
  public record Activations(WindowGroups groups, long chainBytes, boolean broadcast) {
    private static Activations of(
        LanguageModel model, PruneSettings prune, Windows windows, ExecutorShape executor) {
      ActivationSettings settings = prune.activations();
      boolean bf16 = prune.engine().precision() == EngineSettings.PrecisionChoice.BF16;
      WindowGroups groups =
          WindowGroups.of(
              windows.all().count(), windows.length(), model.hiddenSize(), executor.allSlots());
      long chainBytes =
          StoreChoice.chainBytes(
              settings.type(bf16 ? Precision.BF16 : Precision.FLOAT32),
              groups,
              model.hiddenSize(),
              model.blockCount());
      ExecutorShape.Memory memory = executor.memory();
      return new Activations(
          groups,
          chainBytes,
          StoreChoice.broadcasts(settings, chainBytes, memory.driverHeap(), memory.heap()));
    }

    private long heap() {
      return broadcast ? (long) (2 * BROADCAST_FACTOR * chainBytes) : 0;
    }
  }

  /**
   * Works out a plan.
   *
   * @param conf settings of Spark, which need not have started
   */
  public static Plan of(LanguageModel model, PruneSettings settings, SparkConf conf) {
    Windows windows = windows(settings, model);
    ExecutorShape executor = ExecutorShape.of(conf);
    Activations activations = Activations.of(model, settings, windows, executor);
    return new Plan(
        new MemoryPlanner(
                factory(model, settings.engine(), windows.length(), executor), settings, windows)
            .memory(activations.groups()),
        WorkToDo.of(model, settings, windows),
        windows,
        activations,
        executor);
  }

  /** Blocks that compute nothing; scratch for each thread is counted. */
  private static BlockFactory factory(
      LanguageModel model, EngineSettings engine, int sequenceLength, ExecutorShape executor) {
    int threads = engine.threads() > 0 ? engine.threads() : executor.cores();
    boolean float32 = engine.precision() == EngineSettings.PrecisionChoice.FLOAT32;
    return new BlockFactory(
        model,
        BlasProvider.javaBlas().on(new KernelPool(threads)),
        sequenceLength,
        float32 ? Precision.FLOAT32 : Precision.BF16);
  }

  /** The windows that the settings ask for, as if the text held as many. */
  private static Windows windows(PruneSettings settings, LanguageModel model) {
    return new Windows(
        settings.calibration().samples(),
        settings.selfGenerated().windows(),
        settings.calibration().heldOutSamples(),
        settings.calibration().sequenceLength().resolve(model.maxPositions()));
  }

  /** Bytes that an executor needs outside its heap when all its slots are busy. */
  public long executorOffHeap() {
    return (executor.slots() - 1) * memory.offHeapOfMost() + memory.offHeap() + PROCESS_BYTES;
  }

  /** Bytes that an executor needs in its heap. */
  public long executorHeap() {
    return executor.slots() * memory.heap() + BASE_HEAP_BYTES + activations.heap();
  }

  /** Bytes that the driver needs in its heap. */
  public long driverHeap() {
    return 2 * BASE_HEAP_BYTES + activations.heap();
  }

  /**
   * Fails if a single task is sure not to fit.
   *
   * @throws io.coppice.failure.UsageException if so
   */
  public void require() {
    executor
        .memory()
        .offHeap()
        .ifPresent(room -> room.require("One task of this run", memory.offHeap()));
  }

  /** Warnings of what may go wrong, a sentence each. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    try {
      require();
    } catch (UsageException e) {
      warnings.add("prune will refuse this: " + e.getMessage());
    }
    executor
        .memory()
        .offHeap()
        .filter(room -> room.bytes() >= memory.offHeap() && room.bytes() < executorOffHeap())
        .ifPresent(
            room ->
                warnings.add(
                    "%d tasks at a time take up to %s outside the heap, but %s"
                        .formatted(
                            executor.slots(), Words.size(executorOffHeap()), room.sentence())));
    if (executorHeap() > executor.memory().heap()) {
      warnings.add(
          "An executor's heap should have %s, but has %s; raise %s"
              .formatted(
                  Words.size(executorHeap()),
                  Words.size(executor.memory().heap()),
                  executor.local() ? "--driver-memory" : "--executor-memory"));
    }
    if (!executor.local() && driverHeap() > executor.memory().driverHeap()) {
      warnings.add(
          "The driver's heap should have %s, but has %s; raise --driver-memory"
              .formatted(Words.size(driverHeap()), Words.size(executor.memory().driverHeap())));
    }
    int useful = work.tasksAtATime();
    if (executor.allSlots() > useful) {
      warnings.add(
          "Reconstruction has %s at a time for %d slots; raise spark.task.cpus, or take fewer"
                  .formatted(useful == 1 ? "1 task" : useful + " tasks", executor.allSlots())
              + " executors: the others work in the passes only");
    }
    return warnings;
  }
}
