package io.coppice.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
  @TempDir private Path folder;

  private void require(Path file, ReplaceableFile replaced) {
    new OutputFile(new org.apache.hadoop.fs.Path(file.toUri()), replaced, new Configuration())
        .requireWritable(List.of());
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  @Test
  void aResultReplacesAnEarlierOneOnly() throws IOException {
    Path result = file("a.json", "{\n  \"model\" : \"m\",\n  \"perplexity\" : { }\n}\n");
    Path page = file("a.html", "<!DOCTYPE html>\n<head><title>m – Coppice</title></head>");
    List<Path> others =
        List.of(
            file("config.json", "{\"model_type\": \"llama\"}"),
            file("text.jsonl", "{\"text\": \"the model and its perplexity\"}\n"),
            file("other.html", "<!DOCTYPE html>\n<head><title>m</title></head>"));

    for (ReplaceableFile kind : List.of(ReplaceableFile.EVALUATION, ReplaceableFile.REPORT)) {
      assertThatCode(() -> require(folder.resolve("new"), kind)).doesNotThrowAnyException();
      assertThatCode(() -> require(file("empty", ""), kind)).doesNotThrowAnyException();
      for (Path other : others) {
        assertThatThrownBy(() -> require(other, kind))
            .isInstanceOf(UsageException.class)
            .hasMessageContaining(other + " exists already and is not a re");
      }
    }
    assertThatCode(() -> require(result, ReplaceableFile.EVALUATION)).doesNotThrowAnyException();
    assertThatThrownBy(() -> require(result, ReplaceableFile.REPORT))
        .isInstanceOf(UsageException.class);
    assertThatCode(() -> require(page, ReplaceableFile.REPORT)).doesNotThrowAnyException();
    assertThatThrownBy(() -> require(page, ReplaceableFile.EVALUATION))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void whatMayReplaceNothingSaysHowItMay() throws IOException {
    Path file = file("text.jsonl", "{}");
    assertThatThrownBy(() -> require(file, ReplaceableFile.NOTHING))
        .hasMessageContaining("give --overwrite");
    assertThatCode(() -> require(file, ReplaceableFile.ANYTHING)).doesNotThrowAnyException();
    assertThat(file).hasContent("{}");
  }
}
