package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import io.coppice.job.cli.MeasuredTasks.TaskFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MeasuredTasksTest {
  private static EvaluateSettings settings(String words) {
    EvaluateSettings.Options options = new EvaluateSettings.Options();
    CommandLine command = new CommandLine(options);
    Choices.register(command);
    command.parseArgs(
        Stream.concat(
                Stream.of("--model", "m"),
                Stream.of(words.split(" ")).filter(word -> !word.isEmpty()))
            .toArray(String[]::new));
    return options.settings();
  }

  @Test
  void tasksHaveFilesWhoseNamesMayHoldAnything() {
    EvaluateSettings settings = settings("--task boolq=a=b.jsonl --task my-own=c --limit 7");

    assertThat(settings.measured().tasks().files())
        .containsExactly(new TaskFile("boolq", "a=b.jsonl"), new TaskFile("my-own", "c"));
    assertThat(settings.measured().tasks().limit()).isEqualTo(7);
    assertThat(settings.measured().paths()).containsExactly("a=b.jsonl", "c");
    assertThat(settings("--task a=b").measured().tasks().isLimited()).isFalse();
    assertThat(settings("--task a=b --against other").against()).contains("other");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
                                     | Nothing is to be measured; give at least one --text or --task
          --task boolq               | --task must be NAME=FILE, such as boolq=boolq/validation.jsonl, but is boolq
          --task =a                  | --task must be NAME=FILE, such as boolq=boolq/validation.jsonl, but is =a
          --task a/b=c               | --task must be NAME=FILE, such as boolq=boolq/validation.jsonl, but is a/b=c
          --task a=b --task a=c      | --task a is given twice, so the results could not be told apart; give it once
          --task a=b --limit 0       | --limit must be at least 1, but is 0
          --task a=b --sequence-length 8 | --sequence-length goes with --text only, but no text is given; leave --sequence-length out
          --task a=b --max-perplexity 8  | --max-perplexity goes with --text only, but no text is given; leave --max-perplexity out
          --text a --limit 3         | --limit goes with --task only, but no task is given; leave --limit out
          """)
  void mistakesAreSaid(String words, String message) {
    assertThatThrownBy(() -> settings(words == null ? "" : words))
        .isInstanceOf(UsageException.class)
        .hasMessage(message);
  }
}
