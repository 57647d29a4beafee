package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.coppice.job.cli.ConfigurationFile.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The configurations that users start from hold the defaults of the program. */
class ShippedConfigurationTest {
  private static final Path PRUNE = Path.of("../conf/coppice.conf");
  private static final Path GENERATE = Path.of("../conf/generate.conf");
  private static final Path ABLATE = Path.of("../conf/ablate.conf");

  /** A line with a key, live or commented out. */
  private static final Pattern KEY = Pattern.compile("(?m)^(?:# )?([a-z-]+) = .*$");

  @Test
  void liveKeysHoldTheDefaults() {
    requireDefaults(PRUNE, new PruneSettings.Options());
    requireDefaults(GENERATE, new GenerateSettings.Options());
    requireDefaults(ABLATE, new AblateSettings.Options());
  }

  @Test
  void everyKeyIsWrittenOnceAndIsValidWhenUncommented() throws IOException {
    PruneSettings.Options prune = new PruneSettings.Options();
    requireAllKeys(PRUNE, prune);
    assertThat(prune.settings().reconstruction().rounds(Level.GP, 2).timesEachBlock()).isEqualTo(3);
    GenerateSettings.Options generate = new GenerateSettings.Options();
    requireAllKeys(GENERATE, generate);
    assertThat(generate.settings().prefixTokens()).isEqualTo(16);
    AblateSettings.Options ablate = new AblateSettings.Options();
    requireAllKeys(ABLATE, ablate);
    assertThat(ablate.settings().prunings()).hasSize(3);
  }

  private static Map<String, OptionSpec> keys(CommandOptions<?> options) {
    return FileArguments.keys(new CommandLine(options).getCommandSpec());
  }

  private static void requireDefaults(Path file, CommandOptions<?> options) {
    Map<String, String> defaults =
        keys(options).entrySet().stream()
            .filter(option -> hasDefault(option.getValue()))
            .collect(Collectors.toMap(Map.Entry::getKey, option -> defaultOf(option.getValue())));

    Map<String, String> written =
        ConfigurationFile.read(file.toString(), new Configuration(false))
            .values()
            .entrySet()
            .stream()
            .collect(Collectors.toMap(Map.Entry::getKey, key -> plain(key.getValue())));

    assertThat(written).isEqualTo(defaults);
  }

  private static void requireAllKeys(Path file, CommandOptions<?> options) throws IOException {
    String text = Files.readString(file);

    List<String> keys = KEY.matcher(text).results().map(match -> match.group(1)).toList();
    assertThat(keys)
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(keys(options).keySet());

    String lines =
        KEY.matcher(text)
            .results()
            .map(MatchResult::group)
            .map(line -> line.replaceFirst("^# ", ""))
            // The numbers that only go with owl, gradual masks and kl are in the file too.
            .map(line -> line.replace("allocation = uniform", "allocation = owl"))
            .map(line -> line.replace("masks = at-once", "masks = gradual"))
            .map(line -> line.replace("last-block = error", "last-block = kl"))
            .map(line -> line.replace("lr,br,gp,cr", "br,gp,cr"))
            .collect(Collectors.joining("\n"));
    CommandLine command = new CommandLine(options);
    Choices.register(command);
    command.parseArgs(
        ConfigFactory.parseString(lines).root().entrySet().stream()
            .flatMap(key -> argument(key.getKey(), key.getValue().unwrapped()))
            .toArray(String[]::new));
  }

  private static Stream<String> argument(String key, Object value) {
    return value instanceof Boolean
        ? Stream.of()
        : Stream.of("--" + key + "=" + (value instanceof List<?> list ? list.get(0) : value));
  }

  private static String plain(Value value) {
    assertThat(value).isInstanceOf(Value.Plain.class);
    return ((Value.Plain) value).text();
  }

  private static boolean hasDefault(OptionSpec option) {
    return option.defaultValue() != null || option.arity().max() == 0;
  }

  private static String defaultOf(OptionSpec option) {
    return option.arity().max() == 0 ? "false" : option.defaultValue();
  }
}
