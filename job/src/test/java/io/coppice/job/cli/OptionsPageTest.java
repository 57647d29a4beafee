package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.job.run.Commands;
import io.coppice.job.run.SubCommand;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;

/** The page of all options agrees with the program's own help. */
class OptionsPageTest {
  private static final Path PAGE = Path.of("../conf/README.md");
  private static final String WRITE = "coppice.write-pages";
  private static final String COMMAND =
      "mvn -pl common,job test -Dtest=OptionsPageTest -Dsurefire.failIfNoSpecifiedTests=false -D"
          + WRITE;

  private final List<CommandSpec> commands =
      new CommandParser(
              "",
              Commands.all().stream().map(SubCommand::options).toList(),
              file -> new ConfigurationFile(file, Map.of()))
          .subCommands();

  @Test
  void thePageIsOfThisProgram() throws IOException {
    String page = new OptionsPage(commands).from(template());
    if (System.getProperty(WRITE) != null) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE))
        .as("conf/README.md is made of the options and of options-page.md; write it by %s", COMMAND)
        .isEqualTo(page);
  }

  @Test
  void everyOptionIsOnThePageOfItsCommand() throws IOException {
    String page = Files.readString(PAGE);
    for (CommandSpec command : commands) {
      String heading = "\n## " + command.name() + "\n";
      assertThat(page).contains(heading);
      int begin = page.indexOf(heading) + heading.length();
      int end = page.indexOf("\n## ", begin);
      String section = page.substring(begin, end < 0 ? page.length() : end);
      FileArguments.keys(command)
          .keySet()
          .forEach(key -> assertThat(section).as(command.name()).contains("`--" + key + "`"));
    }
  }

  @Test
  void everyOptionHasATopic() {
    for (CommandSpec command : commands) {
      assertThat(Topic.of(command).get(Topic.COMMON))
          .as(command.name())
          .extracting(option -> option.longestName())
          .containsExactly("--config", "--help");
    }
  }

  @Test
  void aTableWithoutAPlaceIsRefused() throws IOException {
    String template = template().replace("{{inspect: shared}}", "{{inspect: nothing}}");
    assertThatThrownBy(() -> new OptionsPage(commands).from(template))
        .hasMessageContaining("lacks the tables [inspect: shared]")
        .hasMessageContaining("places for [inspect: nothing]");
  }

  private static String template() throws IOException {
    try (InputStream in = OptionsPageTest.class.getResourceAsStream("/options-page.md")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
