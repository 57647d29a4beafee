package io.coppice.job.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.failure.UsageException;
import io.coppice.job.cli.CommandParser;
import io.coppice.job.cli.EngineSettings.PrecisionChoice;
import io.coppice.job.cli.PruneSettings;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final String LLAMA_7B =
      """
      {"architectures":["LlamaForCausalLM"],"hidden_size":4096,"intermediate_size":11008,
       "num_hidden_layers":32,"num_attention_heads":32,"vocab_size":32000,
       "max_position_embeddings":2048,"rms_norm_eps":1e-06}""";

  @Test
  void aTaskThatIsSureNotToFitIsRefused() throws IOException {
    Plan plan = plan(cluster("1g"));

    assertThatThrownBy(plan::require)
        .isInstanceOf(UsageException.class)
        .hasMessageMatching(
            "One task of this run takes 4\\.\\d GiB of memory, but an executor has 1\\.0 GiB outside"
                + " its heap; raise spark\\.executor\\.memoryOverhead or give it fewer cores");
    assertThat(plan.warnings()).anyMatch(warning -> warning.startsWith("prune will refuse this"));
  }

  @Test
  void tasksThatMayNotFitTogetherAreWarnedOf() throws IOException {
    Plan plan = plan(cluster("8g"));

    assertThatCode(plan::require).doesNotThrowAnyException();
    assertThat(plan.warnings())
        .singleElement()
        .asString()
        .startsWith("4 tasks at a time take up to ")
        .contains("an executor has 8.0 GiB outside its heap");
  }

  @Test
  void enoughMemoryIsNoCauseToWarn() throws IOException {
    assertThat(plan(cluster("24g")).warnings()).isEmpty();
  }

  @Test
  void coresWithoutBlocksAndSmallHeapsAreWarnedOf() throws IOException {
    SparkConf conf =
        cluster("24g").set("spark.executor.instances", "80").set("spark.executor.memory", "2g");
    assertThat(plan(conf, "--activations", "broadcast", "--samples", "16").warnings())
        .anyMatch(warning -> warning.contains("32 tasks at a time for 320 slots"))
        .anyMatch(warning -> warning.startsWith("An executor's heap should have "))
        .anyMatch(warning -> warning.startsWith("The driver's heap should have "));
  }

  @Test
  void activationsAreCountedInTheFormatThatTheRunKeepsThemIn() throws IOException {
    long f32 = plan(cluster("24g")).activations().chainBytes();

    assertThat(plan(cluster("24g"), "--precision", "bf16").activations().chainBytes())
        .isEqualTo(f32 / 2);
    assertThat(
            plan(cluster("24g"), "--precision", "bf16", "--activation-dtype", "f32")
                .activations()
                .chainBytes())
        .isEqualTo(f32);
    // What the executors will say is not known yet: the larger.
    assertThat(plan(cluster("24g"), "--precision", "auto").activations().chainBytes())
        .isEqualTo(f32);
  }

  @Test
  void aSequentialRunKeepsOneSlotBusy() throws IOException {
    Plan plan = plan(cluster("24g"), "--schedule", "sequential");

    assertThat(plan.warnings()).anyMatch(warning -> warning.contains("1 task at a time"));
    double waves = seconds(plan(cluster("24g")));
    // 32 cores work at a time in waves; here four do, on one block, and three of them help.
    assertThat(seconds(plan)).isBetween(32 / 3.7 * 0.7 * waves, 32 / 3.7 * waves);
  }

  @Test
  void bf16IsCountedAsFasterInTrainingOnly() {
    Speed float32 = Speed.assumed(PrecisionChoice.AUTO, Optional.empty());
    Speed bf16 = Speed.assumed(PrecisionChoice.BF16, Optional.empty());

    assertThat(bf16.training()).isEqualTo(2 * float32.training());
    assertThat(bf16.float32()).isEqualTo(float32.float32());
    assertThat(Speed.assumed(PrecisionChoice.BF16, Optional.of(3e11)))
        .returns(3e11, Speed::training)
        .returns(1.5e11, Speed::float32);
  }

  /** Head and logits are of one task only, of those that an executor has at a time. */
  @Test
  void theLastBlockTakesMoreMemoryIfItIsTrainedTowardsDistributions() throws IOException {
    Plan plain = plan(cluster("24g"));
    Plan towards = plan(cluster("24g"), "--last-block", "kl");

    assertThat(plain.memory().lastBlock()).isZero();
    long more = towards.memory().lastBlock() - plain.memory().training();
    // The head in float32 and bfloat16, twice the logits of 512 tokens, and copies in bfloat16.
    long head = 6L * 32000 * 4096;
    assertThat(more).isBetween(head + (2L << 26), head + (3L << 26));
    assertThat(towards.executorOffHeap() - plain.executorOffHeap())
        .isEqualTo(towards.memory().lastBlock() - plain.memory().offHeap());
    assertThat(towards.memory().training()).isEqualTo(plain.memory().training());
  }

  /** Its tasks hold one more matrix, and one pass back comes first, which is about an epoch. */
  @Test
  void theMetricIsCounted() throws IOException {
    Plan plain = plan(cluster("24g"), "--reconstruct", "gp", "--method", "wanda");
    Plan fisher =
        plan(cluster("24g"), "--reconstruct", "gp", "--method", "wanda", "--metric", "fisher");

    long activations = 1024L * 4096;
    assertThat(fisher.memory().training() - plain.memory().training())
        .isEqualTo(6L * 4096 * 4096 + (4 + 4 + 2) * activations);
    assertThat(fisher.memory().pass()).isGreaterThan(plain.memory().pass());
    assertThat(fisher.memory().heap()).isEqualTo(8L * 4096 * 4096);
    WorkToDo.Step metric = fisher.work().steps().get(0);
    assertThat(metric.name()).isEqualTo("metric of errors");
    WorkToDo.Step training = fisher.work().steps().get(1);
    assertThat(metric.work().block().training() / training.work().block().training())
        .isBetween(0.05, 0.08);
    assertThat(all(training.work().block()) / all(plain.work().steps().get(0).work().block()))
        .isBetween(1.02, 1.04);
  }

  /** Pairs are fewer than blocks, whatever other steps there are. */
  @Test
  void slotsThatReconstructionCannotFillAreWarnedOf() throws IOException {
    SparkConf many = cluster("64g").set("spark.executor.instances", "12");
    assertThat(plan(many, "--reconstruct", "best").warnings().toString())
        .contains("Reconstruction has 17 tasks at a time for 48 slots");
  }

  /** The last block of LLaMA-7B has 1.65 times the operations in training. */
  @Test
  void theLastBlocksTaskBoundsTheTime() throws IOException {
    Plan towards = plan(cluster("24g"), "--last-block", "kl");
    WorkToDo.Step step = towards.work().steps().get(0);
    assertThat(step.work().lastBlock().training() / step.work().block().training())
        .isBetween(0.6, 0.66);
    Plan quarter = plan(cluster("24g"), "--last-block", "kl", "--last-block-tokens", "0.25");
    assertThat(quarter.work().steps().get(0).work().lastBlock().training())
        .isEqualTo(step.work().lastBlock().training() / 4);

    // All 32 tasks at once: four cores help the last one when the others are over.
    double alone = step.work().lastBlock().training() / 3.7;
    double rest = step.work().lastBlock().float32() / 3.7;
    assertThat(secondsAtOne(towards) - secondsAtOne(plan(cluster("24g"))))
        .isEqualTo(alone + rest, within(1e-9 * alone));
    // In several turns, others wait less for it.
    SparkConf few = cluster("24g").set("spark.executor.instances", "2");
    double turns = secondsAtOne(plan(few, "--last-block", "kl")) - secondsAtOne(plan(few));
    assertThat(turns).isBetween(0.0, step.work().block().training() + alone);
    // One block after the other.
    String[] sequential = {"--schedule", "sequential", "--last-block", "kl"};
    double added =
        secondsAtOne(plan(cluster("24g"), sequential))
            - secondsAtOne(plan(cluster("24g"), "--schedule", "sequential"));
    assertThat(added).isBetween(0.9 * alone, 1.5 * (alone + rest));
  }

  /**
   * Of the second wave's 17 tasks the two single blocks share a slot, which lasts a pair's time.
   */
  @Test
  void singleBlocksFillWhatPairsLeave() throws IOException {
    SparkConf sixteen = cluster("24g").set("spark.task.cpus", "2");
    Plan pairs = plan(sixteen, "--reconstruct", "cr");
    double block = all(pairs.work().steps().get(0).work().block());

    Operations passes = pairs.work().pass().times(pairs.work().passes());
    double training = secondsAtOne(pairs) - all(passes) / (16 * 1.9);
    assertThat(training).isEqualTo(2 * block / 1.9, within(1e-9 * training));
  }

  private static double secondsAtOne(Plan plan) {
    return plan.work().seconds(plan.executor(), new Speed(1, 1, "for the test"));
  }

  private static double seconds(Plan plan) {
    return new PlanReport(plan, Speed.assumed(PrecisionChoice.FLOAT32, Optional.empty())).seconds();
  }

  @Test
  void levelsOfOneRunAddUp() throws IOException {
    double alone = 0;
    for (String level : List.of("br", "gp", "cr", "best")) {
      alone += oneCore(plan(cluster("24g"), "--reconstruct", level));
    }
    Plan auto = plan(cluster("24g"), "--reconstruct", "auto");

    assertThat(auto.work().steps())
        .extracting(WorkToDo.Step::name, WorkToDo.Step::tasks, WorkToDo.Step::waves)
        .containsExactly(
            tuple("metric of errors", 32, 1),
            tuple("pruning", 32, 1),
            tuple("trials of masks", 2, 1),
            tuple("reconstruction at level br", 32, 3),
            tuple("reconstruction at level gp", 32, 3),
            tuple("reconstruction at level cr", 17, 3),
            tuple("reconstruction at level best", 17, 3));
    // Of four runs they share the dense pass, the paper's also the pruning, and then they are
    // compared.
    double pass = all(auto.work().pass());
    double pruning = 32 * all(auto.work().steps().get(1).work().block());
    assertThat(oneCore(auto))
        .isEqualTo(
            alone - 3 * pass - 2 * pruning + all(auto.work().choice()), within(1e-9 * alone));
  }

  @Test
  void twoSequentialRoundsOfPairsTrainEachBlockTwice() throws IOException {
    double once = more("gp", 20, 40);
    assertThat(more("cr", 10, 20)).isEqualTo(once, within(1e-9 * once));
  }

  /** Operations of all blocks' training that more epochs cost. */
  private static double more(String level, int few, int many) throws IOException {
    String[] options = {"--schedule", "sequential", "--reconstruct", level, "--epochs"};
    return blocks(plan(cluster("24g"), with(options, Integer.toString(many))))
        - blocks(plan(cluster("24g"), with(options, Integer.toString(few))));
  }

  private static String[] with(String[] options, String value) {
    String[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = value;
    return all;
  }

  private static double blocks(Plan plan) {
    WorkToDo.Step step = plan.work().steps().get(0);
    return 32 * all(step.work().block());
  }

  private static double all(Operations operations) {
    return operations.training() + operations.float32();
  }

  /** Seconds at one operation a second. */
  private static double oneCore(Plan plan) {
    ExecutorShape executor = ExecutorShape.of(new SparkConf(false).set("spark.master", "local[1]"));
    return plan.work().seconds(executor, new Speed(1, 1, "for the test"));
  }

  private static SparkConf cluster(String overhead) {
    return new SparkConf(false)
        .set("spark.master", "yarn")
        .set("spark.executor.instances", "8")
        .set("spark.executor.cores", "4")
        .set("spark.executor.memory", "8g")
        .set("spark.driver.memory", "4g")
        .set("spark.executor.memoryOverhead", overhead);
  }

  private static Plan plan(SparkConf conf, String... more) throws IOException {
    LanguageModel model = ModelFamilies.parse(new ObjectMapper().readTree(LLAMA_7B));
    PruneSettings.Options options = new PruneSettings.Options();
    List<String> arguments =
        new ArrayList<>(List.of("prune", "--model", "m", "--calibration", "c", "--output", "o"));
    arguments.addAll(List.of(more));
    if (!arguments.contains("--reconstruct")) {
      arguments.addAll(List.of("--reconstruct", "gp"));
    }
    new CommandParser(
            "test",
            List.of(options),
            file -> {
              throw new AssertionError(file);
            })
        .parse(arguments.toArray(String[]::new));
    return Plan.of(model, options.settings(), conf);
  }
}
