package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.schedule.Round;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Remarks on options that are understood in another way than the user may expect. */
class RemarksTest {
  @Test
  void fewerWavesThanUsualAreTold() {
    assertThat(remarks("--epochs 2"))
        .containsExactly("--epochs 2 makes 2 waves, not the usual 3: every wave needs an epoch");
    assertThat(remarks("--epochs 1"))
        .containsExactly("--epochs 1 makes 1 wave, not the usual 3: every wave needs an epoch");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--epochs 3",
        "--epochs 2 --waves 2",
        "--epochs 2 --schedule sequential",
        "--epochs 2 --schedule parallel",
        "--epochs 2 --reconstruct lr"
      })
  void whatIsAsAskedForIsNotRemarkedUpon(String options) {
    assertThat(remarks(options)).isEmpty();
  }

  @Test
  void levelsThatTrainTheLastBlockAsAllOthersAreTold() {
    String told =
        "--last-block kl is for levels gp and cr; at br the last block is trained as the others";
    assertThat(remarks("--last-block kl --reconstruct auto")).containsExactly(told);
    assertThat(remarks("--last-block kl --reconstruct gp")).isEmpty();
    assertThat(
            remarks(
                new AblateSettings.Options(),
                "ablate --model m --calibration t --output o --last-block kl"))
        .containsExactly(told);
  }

  @Test
  void pairsThatDoNotSlideAreTold() {
    assertThat(remarks("--reconstruct cr"))
        .singleElement()
        .asString()
        .contains("disjoint pairs in each wave", "no better than with gp", "sequential");
    assertThat(remarks("--reconstruct cr --schedule sequential")).isEmpty();
    assertThat(remarks("--reconstruct best")).isEmpty();
  }

  @Test
  void planAndAblateTellItToo() {
    assertThat(remarks(new PlanSettings.Options(), "plan --model m --epochs 2")).hasSize(1);
    assertThat(
            remarks(
                new AblateSettings.Options(),
                "ablate --model m --calibration t --output o --epochs 2"))
        .hasSize(1);
  }

  @Test
  void noWaveIsWithoutAnEpoch() {
    for (int epochs = 1; epochs <= 12; epochs++) {
      for (int waves = 1; waves <= epochs; waves++) {
        assertThat(epochsOfWaves("--epochs %d --waves %d".formatted(epochs, waves)))
            .as("%d epochs in %d waves", epochs, waves)
            .hasSize(waves)
            .allMatch(count -> count > 0);
      }
      assertThat(epochsOfWaves("--epochs " + epochs)).allMatch(count -> count > 0);
    }
  }

  private static List<Integer> epochsOfWaves(String options) {
    PruneSettings.Options prune = new PruneSettings.Options();
    parse(prune, prune(options));
    ReconstructionSettings settings = prune.settings().reconstruction();
    return settings.rounds(Level.GP, 2).list().stream().map(Round::epochs).toList();
  }

  private static List<String> remarks(String options) {
    return remarks(new PruneSettings.Options(), prune(options));
  }

  private static List<String> remarks(CommandOptions<?> options, String command) {
    parse(options, command);
    return options.remarks();
  }

  private static String prune(String options) {
    return "prune --model m --calibration t --output o " + options;
  }

  private static void parse(CommandOptions<?> options, String command) {
    new CommandParser(
            "", List.of(options), file -> ConfigurationFile.read(file, new Configuration(false)))
        .parse(
            Stream.of(command.split(" ")).filter(word -> !word.isEmpty()).toArray(String[]::new));
  }
}
