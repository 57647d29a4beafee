package io.coppice.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTextTest {
  @Test
  void keepsTheChaptersParagraphsAlone() {
    List<String> lines =
        """
        A NOVEL

        By A Lady

        VOLUME I

        CHAPTER I

        It was _so_
        very  long.

           * * *
        The next,* he said.
        Volume II
        Chapter 2.
        Indeed.

        FINIS

        A note by the printer.
        """
            .lines()
            .toList();
    assertThat(DemoText.chapters(lines))
        .containsExactly(List.of("It was so very long.", "The next, he said."), List.of("Indeed."));
  }

  @Test
  void cutsPassagesAtParagraphEnds() {
    List<String> paragraphs = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      paragraphs.add("x".repeat(599));
    }
    List<Passage> passages = DemoText.passages("novel/3", paragraphs);
    assertThat(passages)
        .extracting(Passage::source)
        .containsExactly("novel/3/1", "novel/3/2", "novel/3/3");
    assertThat(passages).extracting(p -> p.text().length()).containsExactly(1799, 1799, 1799);

    paragraphs.add("the rest");
    assertThat(DemoText.passages("novel/3", paragraphs).get(2).text())
        .hasSize(1799 + 9)
        .endsWith("\nthe rest");
    assertThat(DemoText.passages("novel/4", List.of("short"))).hasSize(1);
  }

  @Test
  void testChaptersAreInNeitherOtherText(@TempDir Path folder) throws IOException {
    for (String novel : List.of("one", "two")) {
      StringBuilder text = new StringBuilder("title\n");
      for (int chapter = 1; chapter <= 12; chapter++) {
        text.append("\nCHAPTER ").append(chapter).append("\n\n");
        for (int paragraph = 0; paragraph < 60; paragraph++) {
          text.append((novel + " " + chapter + " ").repeat(100)).append("\n\n");
        }
      }
      Files.writeString(folder.resolve(novel + ".txt"), text, StandardCharsets.UTF_8);
    }
    DemoText.Split split = DemoText.split(folder, 7);
    assertThat(chapters(split.test())).hasSize(2);
    assertThat(sources(split.test())).hasSize(2 * DemoText.TEST_PASSAGES_PER_NOVEL);
    Set<String> trained = chapters(split.train());
    assertThat(trained).hasSize(22).doesNotContainAnyElementsOf(chapters(split.test()));
    assertThat(sources(split.calibration())).hasSize(DemoText.CALIBRATION_PASSAGES);
    assertThat(sources(split.train())).containsAll(sources(split.calibration()));
    assertThat(DemoText.split(folder, 7).equals(split)).isTrue();
    assertThat(chapters(DemoText.split(folder, 8).test())).isNotEqualTo(chapters(split.test()));
  }

  @Test
  void passagesComeBackAsWrittenAndAlwaysInTheSameBytes(@TempDir Path folder) throws IOException {
    List<Passage> passages =
        List.of(new Passage("a/1/1", "“Oh!”\nsaid she."), new Passage("a/1/2", "\\ \""));
    Passage.writeAll(folder.resolve("a.gz"), passages);
    Passage.writeAll(folder.resolve("b.gz"), passages);
    assertThat(Passage.readAll(folder.resolve("a.gz"))).isEqualTo(passages);
    assertThat(folder.resolve("a.gz")).hasSameBinaryContentAs(folder.resolve("b.gz"));
  }

  private static Set<String> sources(List<Passage> passages) {
    return passages.stream().map(Passage::source).collect(Collectors.toSet());
  }

  private static Set<String> chapters(List<Passage> passages) {
    return passages.stream()
        .map(passage -> passage.source().replaceFirst("/\\d+$", ""))
        .collect(Collectors.toSet());
  }
}
