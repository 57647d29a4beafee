package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.evaluate.Protocol;
import io.coppice.failure.UsageException;
import io.coppice.text.Join;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MeasuredTextsTest {
  private static EvaluateSettings.Options options(String words) {
    EvaluateSettings.Options options = new EvaluateSettings.Options();
    CommandLine command = new CommandLine(options);
    Choices.register(command);
    command.parseArgs(
        Stream.concat(Stream.of("--model", "m"), Stream.of(words.split(" ")))
            .toArray(String[]::new));
    return options;
  }

  private static MeasuredTexts texts(String words) {
    return options(words).settings().measured().texts();
  }

  @Test
  void aProtocolIsForAllTextsOrOneForEach() {
    assertThat(texts("--text a --text b").protocols())
        .containsExactly(Protocol.STREAM, Protocol.STREAM);
    assertThat(texts("--text a --text b --protocol C4").protocols())
        .containsExactly(Protocol.C4, Protocol.C4);
    assertThat(texts("--text a --text b --protocol wikitext2,ptb").protocols())
        .containsExactly(Protocol.WIKITEXT2, Protocol.PTB);
  }

  @Test
  void joinIsForStreams() {
    assertThat(texts("--text a").join()).isEqualTo(Join.BLANK_LINE);
    assertThat(texts("--text a --join bos").join()).isEqualTo(Join.BOS);
    assertThat(texts("--text a --text b --protocol ptb,stream --join bos").join())
        .isEqualTo(Join.BOS);
    assertThat(texts("--text a --protocol ptb --join space").protocols())
        .containsExactly(Protocol.PTB);
    assertThat(options("--text a").derived()).containsEntry("join", "blank-line");
    assertThat(options("--text a --protocol ptb").derived())
        .containsOnly(Map.entry("protocol", List.of("ptb")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --text a --protocol c4 --join bos | --join bos contradicts --protocol c4, which joins by space; leave --join out
          --text a --text b --protocol wikitext2,ptb --join bos | --join bos contradicts --protocol wikitext2,ptb, which joins by blank-line and space; leave --join out
          --text a --protocol wikitext2,ptb | --protocol names 2 protocols for 1 texts; give one for all, or one for each
          """)
  void contradictionsAreSaid(String words, String message) {
    assertThatThrownBy(() -> texts(words)).isInstanceOf(UsageException.class).hasMessage(message);
  }
}
