package io.coppice.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.coppice.evaluate.Protocol;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.job.cli.ActivationSettings;
import io.coppice.job.cli.ActivationSettings.ActivationPlace;
import io.coppice.job.cli.ActivationSettings.TypeChoice;
import io.coppice.job.cli.Allocation;
import io.coppice.job.cli.CalibrationSettings;
import io.coppice.job.cli.CalibrationSettings.HeldOut;
import io.coppice.job.cli.EngineSettings;
import io.coppice.job.cli.EngineSettings.PrecisionChoice;
import io.coppice.job.cli.EvaluateSettings;
import io.coppice.job.cli.LastBlock;
import io.coppice.job.cli.LayerOverride;
import io.coppice.job.cli.LearningRate;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.LocalCacheSize;
import io.coppice.job.cli.Masks;
import io.coppice.job.cli.MeasuredSettings;
import io.coppice.job.cli.MeasuredTasks;
import io.coppice.job.cli.MeasuredTexts;
import io.coppice.job.cli.Metric;
import io.coppice.job.cli.Objective;
import io.coppice.job.cli.OutputSettings;
import io.coppice.job.cli.OutputSettings.Choice;
import io.coppice.job.cli.PruneSettings;
import io.coppice.job.cli.PruningSettings;
import io.coppice.job.cli.ReconstructionSettings;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.cli.RunningSettings;
import io.coppice.job.cli.ScheduleSettings;
import io.coppice.job.cli.ScheduleSettings.TrainingInputs;
import io.coppice.job.cli.SelfGeneratedSettings;
import io.coppice.job.cli.SequenceLength;
import io.coppice.job.cli.SourceSettings;
import io.coppice.job.cli.TextPlaces;
import io.coppice.job.progress.PlainProgress;
import io.coppice.job.run.SubCommand;
import io.coppice.job.schedule.Sequential;
import io.coppice.job.schedule.Waves;
import io.coppice.prune.Dense;
import io.coppice.prune.PruningMethod;
import io.coppice.prune.SemiStructured;
import io.coppice.prune.Unstructured;
import io.coppice.reconstruct.DistributionSettings;
import io.coppice.reconstruct.MaskSchedule;
import io.coppice.reconstruct.Selection;
import io.coppice.tensor.CpuKernels;
import io.coppice.text.Join;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The program from its arguments to its exit code, with actions that only take note. */
class CoppiceTest {
  private static final String[] REQUIRED = {
    "prune", "--model", "m", "--calibration", "c", "--output", "o"
  };

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<PruneSettings> pruned = new ArrayList<>();
  private final List<ResolvedConfiguration> configurations = new ArrayList<>();

  @TempDir private Path folder;

  @Test
  void defaultsAreTheDocumentedOnes() {
    assertThat(run(REQUIRED)).as(errors()).isZero();

    assertThat(pruned)
        .containsExactly(
            new PruneSettings(
                new SourceSettings(
                    "m",
                    new CalibrationSettings(
                        new TextPlaces(List.of("c"), "text"),
                        256,
                        SequenceLength.atMost(1024),
                        new HeldOut(0.125, false),
                        false),
                    new SelfGeneratedSettings(0, 0, "en")),
                new OutputSettings("o", ".o.coppice-work", Set.of()),
                new PruningSettings(
                    PruningMethod.SPARSEGPT,
                    new Unstructured(0.5),
                    List.of(),
                    0,
                    new Allocation.Uniform(),
                    new Masks.Tried(new MaskSchedule(0.3, 8, 0.8), Masks.Scope.BEST)),
                new ReconstructionSettings(
                    List.of(Level.BEST),
                    new ScheduleSettings(new Waves(3), TrainingInputs.MIXED, 10),
                    new LearningRate.Fixed(2e-4),
                    8,
                    new Objective(
                        new LastBlock.KlAtBest(new DistributionSettings(3, 1)),
                        new Metric(Metric.Kind.FISHER, Metric.Kind.IDENTITY),
                        Selection.HELD_OUT)),
                new RunningSettings(
                    0,
                    new EngineSettings(false, CpuKernels.AUTO, 0, PrecisionChoice.AUTO),
                    new ActivationSettings(
                        ActivationPlace.AUTO, TypeChoice.AUTO, LocalCacheSize.AUTO),
                    3,
                    new MeasuredSettings(
                        new MeasuredTexts(
                            new TextPlaces(List.of(), "text"),
                            List.of(),
                            Join.BLANK_LINE,
                            SequenceLength.ofModel()),
                        MeasuredTasks.NONE))));
    assertThat(pruned.get(0).calibration().heldOutSamples()).isEqualTo(32);
  }

  @Test
  void everyOptionIsHeard() {
    assertThat(
            run(
                "prune --model hdfs://a/m/ --calibration c --calibration d/*.gz --output hdfs://a/o"
                    + " --method wanda --sparsity 0.25 --reconstruct br --schedule sequential"
                    + " --inputs mixed --epochs 4 --learning-rate 1e-3 --batch-size 2 --select last"
                    + " --samples 16 --sequence-length 128 --held-out 0.5 --pack --seed -7"
                    + " --work-dir w --overwrite --keep-work --skip-finished --activations files"
                    + " --activation-dtype bf16 --local-cache 20g --require-native --pattern unstructured"
                    + " --overrides *.q_proj.*=dense --refit 20"
                    + " --self-generated 64 --drop-perplexity 0.25 --language de"
                    + " --cpu-kernels avx512 --threads 3 --precision bf16"
                    + " --text e --protocol c4 --evaluation-length 99 --task boolq=f --limit 5"
                    + " --sample-texts 5"
                    + " --allocation owl --owl-lambda 0.1 --owl-outlier-multiple 7"))
        .as(errors())
        .isZero();

    assertThat(pruned)
        .containsExactly(
            new PruneSettings(
                new SourceSettings(
                    "hdfs://a/m",
                    new CalibrationSettings(
                        new TextPlaces(List.of("c", "d/*.gz"), "text"),
                        16,
                        SequenceLength.exactly(128),
                        HeldOut.exactly(0.5),
                        true),
                    new SelfGeneratedSettings(64, 0.25, "de")),
                new OutputSettings(
                    "hdfs://a/o",
                    "w",
                    Set.of(Choice.OVERWRITE, Choice.KEEP_WORK, Choice.SKIP_FINISHED)),
                new PruningSettings(
                    PruningMethod.WANDA,
                    new Unstructured(0.25),
                    List.of(new LayerOverride("*.q_proj.*", new Dense())),
                    20,
                    new Allocation.Owl(0.1, 7),
                    new Masks.AtOnce()),
                new ReconstructionSettings(
                    List.of(Level.BR),
                    new ScheduleSettings(new Sequential(), TrainingInputs.MIXED, 4),
                    1e-3,
                    2,
                    Selection.LAST),
                new RunningSettings(
                    -7,
                    new EngineSettings(true, CpuKernels.AVX512, 3, PrecisionChoice.BF16),
                    new ActivationSettings(
                        ActivationPlace.FILES, TypeChoice.BF16, new LocalCacheSize(20L << 30)),
                    5,
                    new MeasuredSettings(
                        new MeasuredTexts(
                            new TextPlaces(List.of("e"), "text"),
                            List.of(Protocol.C4),
                            Join.BLANK_LINE,
                            SequenceLength.exactly(99)),
                        new MeasuredTasks(List.of(new MeasuredTasks.TaskFile("boolq", "f")), 5)))));
  }

  @Test
  void defaultsThatDependOnOthersFollowThem() {
    run(with("--schedule", "sequential"));
    run(with("--schedule", "parallel"));
    run(with("--epochs", "2"));

    assertThat(pruned)
        .extracting(settings -> settings.reconstruction().order().inputs())
        .containsExactly(TrainingInputs.EXACT, TrainingInputs.MIXED, TrainingInputs.MIXED);
    assertThat(pruned)
        .extracting(settings -> settings.reconstruction().rounds(Level.GP, 2).timesEachBlock())
        .containsExactly(1, 1, 2);
    assertThat(configurations)
        .extracting(configuration -> configuration.values().get("inputs"))
        .containsExactly("exact", "mixed", "mixed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --sparsity 1.2            | --sparsity must be at least 0 and less than 1, but is 1.2
          --sparsity NaN            | --sparsity must be at least 0 and less than 1, but is NaN
          --sparsity half           | Invalid value for option '--sparsity': 'half' is not a double
          --waves 0                 | --waves must be at least 1, but is 0
          --waves 11                | --waves 11 is more than --epochs 10
          --waves 2 --schedule parallel | --waves goes with --schedule waves only
          --epochs 2147483647       | --epochs must be at least 1 and at most 100000, but is 2147483647
          --epochs 0                | --epochs must be at least 1, but is 0; to train nothing, give level lr
          --learning-rate fast      | --learning-rate must be auto or a number such as 2e-4, but is 'fast'
          --learning-rate 0         | --learning-rate must be more than 0 and at most 1, but is 0
          --threads 100000          | --threads must be at least 0 and at most 1024, but is 100000
          --batch-size 0            | --batch-size must be at least 1, but is 0
          --samples 0               | --samples must be at least 1 and at most 10000000, but is 0
          --samples 2147483647      | --samples must be at least 1 and at most 10000000, but is 2147483647
          --sequence-length 1       | --sequence-length must be at least 2, but is 1
          --held-out 1.5            | --held-out must be at least 0 and at most 1, but is 1.5
          --self-generated -1       | --self-generated must be at least 0, but is -1
          --self-generated 2147483647 | are 2147483647 windows to write; ask for at most 10000000
          --self-generated 9000000 --drop-perplexity 0.5 | are 18000000 windows to write
          --drop-perplexity 0.5 | --drop-perplexity drops windows that the model writes, but --self-generated is 0; leave it out or give a number of windows
          --self-generated 8 --drop-perplexity 1 | --drop-perplexity must be at least 0 and less than 1, but is 1
          --self-generated 8 --reconstruct lr | --self-generated is to be trained on, but --reconstruct lr trains nothing
          --held-out 0              | --select held-out needs held-out windows
          --held-out 0 --reconstruct auto | --reconstruct auto needs held-out windows, but --held-out is 0; raise it or give one level
          --pattern checkers        | --pattern must be unstructured or N:M, such as 2:4, but is checkers
          --pattern 4:2             | The pattern 4:2 must keep at least 1 weight and fewer than the whole group
          --pattern 1:4 --sparsity 0.5 | --sparsity 0.5 contradicts --pattern 1:4, which prunes 0.75; leave --sparsity out
          --overrides q_proj        | --overrides must be TENSORS=VALUE, such as *.down_proj.weight=2:4, but is q_proj
          --overrides *=            | --overrides must be TENSORS=VALUE
          --overrides *=half        | The value in --overrides must be a sparsity such as 0.3, a pattern such as 2:4, or dense, but is half
          --overrides *=1           | The sparsity in --overrides must be at least 0 and less than 1, but is 1
          --overrides [a=0.5        | The tensor names [a in --overrides are no glob
          --owl-lambda 0.1          | --owl-lambda goes with --allocation owl only, but the allocation is uniform; leave --owl-lambda out
          --allocation owl --pattern 2:4 | --allocation owl spreads an unstructured sparsity, but --pattern is 2:4; leave one out
          --allocation owl --sparsity 0.05 | --owl-lambda 0.08 around --sparsity 0.05 leaves the range from 0 to 1; give a smaller --owl-lambda
          --allocation owl --owl-lambda 0.5 | --owl-lambda 0.5 around --sparsity 0.5 leaves the range from 0 to 1
          --allocation owl --owl-lambda 0 | --owl-lambda must be more than 0
          --allocation dice         | expected one of [uniform, owl] but was 'dice'
          --reconstruct gp --masks-start 0.2 | --masks-start goes with --masks gradual, auto or level best only, but masks are chosen before training; leave --masks-start out
          --reconstruct gp --masks-interval 8 | --masks-interval goes with --masks gradual, auto or level best only
          --reconstruct gp --masks-end 0.2 | --masks-end goes with --masks gradual, auto or level best only
          --masks gradual --masks-start 1 | --masks-start must be at least 0 and less than 1, but is 1
          --masks gradual --masks-interval 0 | --masks-interval must be at least 1, but is 0
          --masks gradual --masks-end 1 | --masks-end must be at least 0 and less than 1, but is 1
          --masks gradual --refit   | --masks gradual may prune nothing before training that --refit could fit; leave one out
          --masks gradual --reconstruct lr | --masks gradual chooses masks in training, but --reconstruct lr trains nothing; leave one out
          --reconstruct gp --last-block-weight 2 | --last-block-weight goes with --last-block kl or level best only, but the last block is trained by its error; leave --last-block-weight out
          --reconstruct gp --last-block-tokens 1 | --last-block-tokens goes with --last-block kl or level best only
          --last-block kl --last-block-weight -1 | --last-block-weight must be at least 0 and at most 1000000, but is -1
          --last-block kl --last-block-tokens 0 | --last-block-tokens must be more than 0 and at most 1, but is 0
          --last-block kl --reconstruct lr | --last-block kl is for levels gp and cr, but what is asked for is lr; leave it out or give another level
          --last-block kl --reconstruct br | --last-block kl is for levels gp and cr, but what is asked for is br
          --metric fisher --reconstruct lr | --metric fisher is for training, but lr trains nothing; leave it out or give another level
          --metric gauss            | expected one of [identity, fisher] but was 'gauss'
          --last-block logits       | expected one of [error, kl] but was 'logits'
          --masks auto --reconstruct lr | --masks auto chooses masks in training, but --reconstruct lr trains nothing; leave one out
          --last-block error        | --last-block error is for other levels than best, the default, which has kl; leave it out, or give another level, such as cr
          --refit                   | Level best, which --reconstruct has, may prune nothing before training that --refit could fit; leave --refit out, or give --masks at-once
          --masks slowly            | expected one of [at-once, gradual, auto] but was 'slowly'
          --refit -1                | --refit must be at least 0, but is -1
          --refit=ten               | Invalid value for option '--refit'
          --reconstruct all         | expected one of [lr, br, gp, cr, best, auto] but was 'all'
          --method random           | expected one of [magnitude, wanda, sparsegpt]
          --sparcity 0.5            | Unknown option --sparcity; the nearest one that prune knows is --sparsity
          extra                     | Unexpected argument extra
          --seed                    | Missing required parameter for option '--seed'
          --seed 1 --seed 2         | --seed is given more than once; give it once
          --config none.conf        | The configuration file none.conf does not exist
          """)
  void mistakesAreOneSentence(String arguments, String sentence) {
    assertThat(run(with(arguments.split(" ")))).isEqualTo(2);

    assertThat(errors()).startsWith("coppice: ").contains(sentence).hasLineCount(1);
    assertThat(pruned).isEmpty();
    assertThat(out.size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--work-dir s3a://me:hush@bucket/work",
        "--overwrite --config s3a://me:hush@bucket/a.conf",
        "--text-field fs.s3a.secret.key=hush --seed x"
      })
  void credentialsAreNotRepeated(String arguments) {
    assertThat(run(with(arguments.split(" ")))).isEqualTo(2);

    assertThat(errors() + out).startsWith("coppice: ").doesNotContain("hush").hasLineCount(1);
  }

  @Test
  void aPatternSaysItsSparsity() {
    assertThat(run(with("--pattern", "1:4"))).as(errors()).isZero();
    assertThat(run(with("--pattern", "2:3", "--sparsity", "0.3333333"))).as(errors()).isZero();
    assertThat(run(with("--pattern", "Unstructured", "--sparsity", "0.3"))).as(errors()).isZero();

    assertThat(pruned)
        .extracting(settings -> settings.pruning().pattern())
        .containsExactly(new SemiStructured(1, 4), new SemiStructured(2, 3), new Unstructured(0.3));
    assertThat(configurations)
        .extracting(configuration -> configuration.values().get("sparsity"))
        .containsExactly(0.75, 1.0 / 3, 0.3);
  }

  @Test
  void gradualMasksHaveNumbersThatDependOnTheSchedule() {
    run(with("--masks", "gradual"));
    run(with("--masks", "gradual", "--waves", "1"));
    run(with("--masks", "gradual", "--schedule", "sequential"));
    run(with("--masks gradual --masks-start 0.1 --masks-interval 4 --masks-end 0.6".split(" ")));

    assertThat(pruned)
        .extracting(settings -> settings.pruning().masks())
        .containsExactly(
            gradual(0.3, 8, 0.8), gradual(0.3, 8, 0.5), gradual(0.3, 8, 0.5), gradual(0.1, 4, 0.6));
    assertThat(configurations.get(0).values())
        .containsEntry("masks", "gradual")
        .containsEntry("masks-start", 0.3)
        .containsEntry("masks-interval", 8)
        .containsEntry("masks-end", 0.8);
  }

  private static Masks gradual(double start, int interval, double end) {
    return new Masks.Gradual(new MaskSchedule(start, interval, end), Masks.Scope.ALL_LEVELS);
  }

  @Test
  void masksMayBeTriedAtAnyLevelAndGivenAtBest() {
    run(with("--reconstruct gp --masks auto --masks-start 0.2".split(" ")));
    run(with("--reconstruct best --masks at-once".split(" ")));
    run(with("--reconstruct best --masks gradual".split(" ")));
    run(with("--reconstruct best --masks auto".split(" ")));
    run(with("--reconstruct best --pattern 2:4".split(" ")));

    Masks tried = new Masks.Tried(new MaskSchedule(0.3, 8, 0.8), Masks.Scope.ALL_LEVELS);
    assertThat(pruned)
        .extracting(settings -> settings.pruning().masks())
        .containsExactly(
            new Masks.Tried(new MaskSchedule(0.2, 8, 0.8), Masks.Scope.ALL_LEVELS),
            new Masks.AtOnce(),
            gradual(0.3, 8, 0.8),
            tried,
            new Masks.Tried(new MaskSchedule(0.3, 8, 0.8), Masks.Scope.BEST));
    assertThat(configurations)
        .extracting(configuration -> configuration.values().get("masks"))
        .containsExactly("auto", "at-once", "gradual", "auto", "auto");
  }

  @Test
  void theLastBlockMayHaveAnotherLoss() {
    run(with("--last-block kl --reconstruct gp".split(" ")));
    run(with("--last-block kl --reconstruct auto --last-block-weight 0".split(" ")));
    run(with("--last-block kl --reconstruct cr --last-block-tokens 0.25".split(" ")));

    assertThat(pruned)
        .extracting(settings -> settings.reconstruction().lastBlock())
        .containsExactly(
            new LastBlock.Kl(new DistributionSettings(3, 1)),
            new LastBlock.Kl(new DistributionSettings(0, 1)),
            new LastBlock.Kl(new DistributionSettings(3, 0.25)));
    assertThat(configurations.get(0).values())
        .containsEntry("last-block", "kl")
        .containsEntry("last-block-weight", 3.0)
        .containsEntry("last-block-tokens", 1.0);
    LastBlock auto = pruned.get(1).reconstruction().lastBlock();
    assertThat(Stream.of(Level.values()).filter(level -> auto.towards(level).isPresent()))
        .containsExactly(Level.GP, Level.CR, Level.BEST);
  }

  @Test
  void theMetricIsThatOfTheLevelUnlessGiven() {
    run(with("--reconstruct", "best"));
    run(with("--reconstruct best --metric identity".split(" ")));
    run(with("--reconstruct gp --metric fisher".split(" ")));
    run(with("--reconstruct", "auto"));
    run(with("--reconstruct", "gp"));

    assertThat(pruned)
        .extracting(
            settings ->
                Stream.of(Level.values())
                    .filter(settings.reconstruction().objective().metric()::isFisher)
                    .toList(),
            settings -> settings.reconstruction().needsMetrics())
        .containsExactly(
            tuple(List.of(Level.BEST), true),
            tuple(List.of(), false),
            tuple(List.of(Level.BR, Level.GP, Level.CR, Level.BEST), true),
            tuple(List.of(Level.BEST), true),
            tuple(List.of(), false));
    assertThat(configurations)
        .extracting(configuration -> configuration.values().get("metric"))
        .containsExactly("fisher", "identity", "fisher", null, "identity");
  }

  @Test
  void theBestLevelHasMasksAndALastBlockOfItsOwn() {
    run(with("--masks-end", "0.6"));
    run(with("--reconstruct best --pattern 2:4 --last-block-tokens 0.5".split(" ")));
    run(with("--reconstruct", "auto"));

    DistributionSettings kl = new DistributionSettings(3, 1);
    assertThat(pruned)
        .extracting(
            settings -> settings.pruning().masks(),
            settings -> settings.reconstruction().lastBlock())
        .containsExactly(
            tuple(
                new Masks.Tried(new MaskSchedule(0.3, 8, 0.6), Masks.Scope.BEST),
                new LastBlock.KlAtBest(kl)),
            tuple(
                new Masks.Tried(new MaskSchedule(0.3, 8, 0.8), Masks.Scope.BEST),
                new LastBlock.KlAtBest(new DistributionSettings(3, 0.5))),
            tuple(
                new Masks.Tried(new MaskSchedule(0.3, 8, 0.8), Masks.Scope.BEST),
                new LastBlock.KlAtBest(kl)));
    assertThat(pruned.get(2).reconstruction().levels())
        .containsExactly(Level.BR, Level.GP, Level.CR, Level.BEST);
    Masks masks = pruned.get(2).pruning().masks();
    assertThat(Stream.of(Level.values()).filter(level -> masks.schedule(level).isPresent()))
        .containsExactly(Level.BEST);
    assertThat(configurations.get(0).values())
        .containsEntry("masks", "auto")
        .containsEntry("last-block", "kl")
        .containsEntry("last-block-weight", 3.0);
    assertThat(configurations.get(1).values())
        .containsEntry("masks", "auto")
        .containsEntry("last-block", "kl")
        .containsEntry("masks-end", 0.8);
    assertThat(configurations.get(2).values())
        .containsEntry("masks", "at-once")
        .containsEntry("last-block", "error");
  }

  @Test
  void refitTakesANumberOrNone() {
    run(with("--reconstruct gp --refit".split(" ")));
    run(with("--reconstruct gp --refit=3".split(" ")));
    run(with("--reconstruct gp --refit --pack".split(" ")));

    assertThat(pruned)
        .extracting(settings -> settings.pruning().refitIterations())
        .containsExactly(10, 3, 10);
    assertThat(pruned.get(2).calibration().pack()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "overrides = [\"*.q_proj.weight=0.3\", \"model.layers.0.*=2:4\", \"a=b=dense\"]",
        """
        overrides {
          "*.q_proj.weight" = 0.3
          "model.layers.0.*" = "2:4"
          "a=b" = dense
        }\
        """
      })
  void overridesAreAListOrAnObject(String written) throws Exception {
    Path file = Files.writeString(folder.resolve("overrides.conf"), written + "\n");
    List<LayerOverride> expected =
        List.of(
            new LayerOverride("*.q_proj.weight", new Unstructured(0.3)),
            new LayerOverride("model.layers.0.*", new SemiStructured(2, 4)),
            new LayerOverride("a=b", new Dense()));

    assertThat(run(with("--config", file.toString()))).as(errors()).isZero();
    assertThat(pruned.get(0).pruning().overrides()).isEqualTo(expected);
    assertThat(configurations.get(0).values().get("overrides"))
        .isEqualTo(List.of("*.q_proj.weight=0.3", "model.layers.0.*=2:4", "a=b=dense"));
  }

  @Test
  void outputMayNotBeTheModel() {
    assertThat(run("prune --model /a/m/ --calibration c --output /a//m")).isEqualTo(2);
    assertThat(errors()).contains("--output and --model are the same folder, /a/m");
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThat(run("prune --calibration c")).isEqualTo(2);
    assertThat(errors())
        .isEqualTo(
            "coppice: prune needs --model and --output; give them on the command line or in a"
                + " --config file\n");
  }

  @Test
  void commandsAreKnownByName() {
    assertThat(run("prnue")).isEqualTo(2);
    assertThat(run("")).isEqualTo(2);
    assertThat(errors())
        .contains("Unknown command prnue; the nearest one that coppice knows is prune")
        .contains("No command given; give one of prune, evaluate");
  }

  @Test
  void helpGoesToStandardOutput() {
    assertThat(run("--help")).isZero();
    assertThat(run("prune --help --sparsity 7")).isZero();
    assertThat(run("--version")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("evaluate")
        .containsSubsequence(
            "Usage: coppice prune --model=FOLDER --calibration=TEXT --output=FOLDER [OPTIONS]",
            "The checkpoint:",
            "--model=FOLDER",
            "Which weights go:",
            "--sparsity=FRACTION",
            "What all commands have:",
            "--help")
        .containsPattern("less\\s+than 1 \\(default:\\s+0.5,")
        .contains("coppice (unpackaged)");
    assertThat(err.size()).isZero();
  }

  @Test
  void fileFillsInAndCommandLineWins() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("prune.conf"),
            """
            model = /m, output = /o
            calibration = [a, b]   // two of them
            sparsity = 0.75
            learning-rate = 1e-3
            schedule = sequential
            overwrite = true, pack = false
            """);

    assertThat(run("prune --config " + file + " --sparsity 0.25 --calibration c"))
        .as(errors())
        .isZero();

    PruneSettings settings = pruned.get(0);
    assertThat(settings.model()).isEqualTo("/m");
    assertThat(settings.calibration().texts()).containsExactly("c");
    assertThat(settings.calibration().pack()).isFalse();
    assertThat(settings.pruning().pattern()).isEqualTo(new Unstructured(0.25));
    assertThat(settings.reconstruction().rate()).isEqualTo(1e-3);
    assertThat(settings.reconstruction().order().inputs()).isEqualTo(TrainingInputs.EXACT);
    assertThat(settings.output().overwrite()).isTrue();
    assertThat(settings.seed()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          sparcity = 1           | Unknown key sparcity in FILE; the nearest one that prune knows is sparsity
          config = a             | Unknown key config in FILE
          sparsity = 1.2         | --sparsity must be at least 0 and less than 1, but is 1.2
          sparsity = [0.1, 0.2]  | The key sparsity in FILE must hold one plain value, but holds a list of 2
          pack = maybe           | The key pack in FILE must be true or false, but is maybe
          sparsity { a = 1 }     | The key sparsity in FILE must hold one plain value, but holds an object
          calibration { a = 1 }  | The key calibration in FILE must hold a value or a list of them, but holds an object
          overrides { a = [1] }  | The key overrides in FILE must hold plain values
          sparsity = [           | Cannot read the configuration file: FILE: 2: List should have ]
          method = random        | expected one of [magnitude, wanda, sparsegpt]
          """)
  void mistakesInTheFileAreTold(String content, String sentence) throws Exception {
    Path file = Files.writeString(folder.resolve("bad.conf"), content + "\n");

    assertThat(run(with("--config", file.toString()))).isEqualTo(2);

    assertThat(errors()).contains(sentence.replace("FILE", file.toString())).hasLineCount(1);
  }

  @Test
  void resolvedConfigurationIsRecorded() throws Exception {
    run(with("--learning-rate", "1e-3", "--calibration", "d"));

    ResolvedConfiguration configuration = configurations.get(0);
    assertThat(configuration.values())
        .containsEntry("calibration", List.of("c", "d"))
        .containsEntry("learning-rate", 1e-3)
        .containsEntry("waves", 3)
        .containsEntry("work-dir", ".o.coppice-work")
        .containsEntry("pack", false)
        .doesNotContainKeys("sequence-length", "help", "config");
    ResolvedConfiguration read =
        ResolvedConfiguration.fromJson(configuration.with("sequence-length", 512).toJson());
    assertThat(read.differences(configuration))
        .containsExactly("sequence-length: 512, not (not set)");
  }

  @Test
  void exitCodesTellWhoseFaultItIs() {
    assertThat(fail(new UsageException("No such folder.\nAt all."))).isEqualTo(2);
    assertThat(fail(new InvalidDataException("Shard is cut."))).isEqualTo(3);
    assertThat(fail(new IllegalStateException("oops"))).isEqualTo(1);
    assertThat(errors().lines())
        .containsExactly(
            "coppice: No such folder. At all.",
            "coppice: Shard is cut.",
            "coppice: This is a fault of Coppice or of the cluster, not of your input"
                + " (IllegalStateException: oops); the log has the stack trace");
  }

  private int fail(Exception failure) {
    return program(
            new SubCommand<>(
                new PruneSettings.Options(),
                (settings, context) -> {
                  throw failure;
                }))
        .run(REQUIRED);
  }

  private int run(String arguments) {
    return run(arguments.isEmpty() ? new String[0] : arguments.split(" "));
  }

  private int run(String... arguments) {
    return program(
            new SubCommand<>(
                new PruneSettings.Options(),
                (settings, context) -> {
                  pruned.add(settings);
                  configurations.add(context.configuration());
                }),
            new SubCommand<>(new EvaluateSettings.Options(), (settings, context) -> {}))
        .run(arguments);
  }

  private Coppice program(SubCommand<?>... subCommands) {
    PrintStream messages = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new Coppice(
        List.of(subCommands),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        messages,
        () -> new PlainProgress(messages, Clock.systemUTC()));
  }

  private static String[] with(String... more) {
    return Stream.concat(Stream.of(REQUIRED), Stream.of(more)).toArray(String[]::new);
  }

  private String errors() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
