package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that follow from other options are in the record, and nowhere else. */
class ResolvedConfigurationTest {
  private static final String REQUIRED = " --model m --calibration c --output a/o";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " --epochs 2",
        " --pattern 2:3 --sparsity 0.3333333",
        " --allocation owl",
        " --schedule sequential"
      })
  void theOrderOfQuestionsDoesNotMatter(String options) {
    PruneSettings.Options first = new PruneSettings.Options();
    PruneSettings.Options second = new PruneSettings.Options();
    Parsed.Chosen settingsFirst = parse(first, "prune" + REQUIRED + options);
    Parsed.Chosen settingsLast = parse(second, "prune" + REQUIRED + options);

    PruneSettings settings = first.settings();
    List<String> remarks = second.remarks();

    assertThat(settingsLast.configuration()).isEqualTo(settingsFirst.configuration());
    assertThat(second.settings()).isEqualTo(settings).isEqualTo(first.settings());
    assertThat(remarks).isEqualTo(first.remarks());
  }

  @Test
  void pruneAndPlanRecordTheSame() {
    String options = " --model m --output a/o --pattern 1:4 --schedule parallel";

    assertThat(values(new PruneSettings.Options(), "prune --calibration c" + options))
        .contains(
            entry("work-dir", "a/.o.coppice-work"),
            entry("sparsity", 0.75),
            entry("inputs", "mixed"))
        .doesNotContainKeys("waves", "owl-lambda", "owl-outlier-multiple");
    assertThat(values(new PlanSettings.Options(), "plan" + options))
        .contains(
            entry("work-dir", "a/.o.coppice-work"),
            entry("sparsity", 0.75),
            entry("inputs", "mixed"));
  }

  @Test
  void ablateRecordsASparsityEvenWhereNoPatternHasIt() {
    assertThat(
            values(
                new AblateSettings.Options(),
                "ablate" + REQUIRED + " --patterns 2:4,1:4 --epochs 2"))
        .contains(
            entry("sparsity", 0.5), entry("waves", 2), entry("work-dir", "a/.o.coppice-work"));
    assertThat(values(new AblateSettings.Options(), "ablate" + REQUIRED + " --allocation owl"))
        .contains(entry("owl-lambda", 0.08), entry("owl-outlier-multiple", 5.0));
  }

  @Test
  void generateRecordsPrefixTokensWhereThereArePrefixes() {
    String options = "generate --model m --output a/o.jsonl";

    assertThat(values(new GenerateSettings.Options(), options))
        .containsEntry("work-dir", "a/.o.jsonl.coppice-work")
        .doesNotContainKey("prefix-tokens");
    assertThat(values(new GenerateSettings.Options(), options + " --prefixes p --work-dir w//x/"))
        .containsEntry("work-dir", "w//x/")
        .containsEntry("prefix-tokens", 16);
  }

  private static Map<String, Object> values(CommandOptions<?> options, String command) {
    return parse(options, command).configuration().values();
  }

  private static Parsed.Chosen parse(CommandOptions<?> options, String command) {
    CommandParser parser =
        new CommandParser(
            "",
            List.of(options),
            file -> {
              throw new AssertionError(file);
            });
    return (Parsed.Chosen) parser.parse(command.split(" "));
  }
}
