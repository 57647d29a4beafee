package io.coppice.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.demo.DemoText.Work;
import java.util.List;
import org.junit.jupiter.api.Test;

class LargerTextTest {
  @Test
  void aBookOfTheBibleIsAWorkAndItsVersesAreParagraphs() {
    List<String> lines =
        List.of(
            "Ge1:1 In the beginning God created the heaven and the earth.",
            "Ge1:2 And the earth was without form, and void;",
            "Ge2:1 Thus the heavens and the earth were finished,",
            "",
            "3Jn1:1 The elder unto the wellbeloved Gaius,");
    assertThat(LargerText.bible(lines))
        .containsExactly(
            new Work(
                "Ge",
                List.of(
                    List.of(
                        "In the beginning God created the heaven and the earth.",
                        "And the earth was without form, and void;"),
                    List.of("Thus the heavens and the earth were finished,"))),
            new Work("3Jn", List.of(List.of("The elder unto the wellbeloved Gaius,"))));
  }

  @Test
  void longEntriesOfWebstersLoseTheirMarks() {
    String meaning = "One who bathes in the sea or in a river, " + "or rivers, ".repeat(30);
    String dictionary =
        """
        Bather \\Bath"er\\ (b[=a][th]"[~e]r), n.
           %s
           see {Bath} (Chem.).
           [1913 Webster]

        Bathetic \\Ba*thet"ic\\, a.
           Short.
           [1913 Webster]

        bathtub \\bath"tub\\ n.
           %s
           [WordNet 1.5]
        """
            .formatted(meaning, meaning);
    String text = "Bather , n. " + meaning + "see Bath (Chem.).";
    assertThat(LargerText.dictionary(dictionary, 0, 1000))
        .containsExactly(new Work("webster-1", List.of(List.of(text))));
  }
}
