package io.coppice.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.UsageException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LanguageTest {
  /** Jane Austen, Pride and Prejudice. */
  private static final String ENGLISH =
      "It is a truth universally acknowledged, that a single man in possession of a good fortune,"
          + " must be in want of a wife. However little known the feelings or views of such a man"
          + " may be on his first entering a neighbourhood, this truth is so well fixed in the minds"
          + " of the surrounding families, that he is considered the rightful property of some one"
          + " or other of their daughters.";

  /** Franz Kafka, Die Verwandlung. */
  private static final String GERMAN =
      "Als Gregor Samsa eines Morgens aus unruhigen Träumen erwachte, fand er sich in seinem Bett zu"
          + " einem ungeheueren Ungeziefer verwandelt. Er lag auf seinem panzerartig harten Rücken"
          + " und sah, wenn er den Kopf ein wenig hob, seinen gewölbten, braunen, von bogenförmigen"
          + " Versteifungen geteilten Bauch, auf dessen Höhe sich die Bettdecke, zum gänzlichen"
          + " Niedergleiten bereit, kaum noch erhalten konnte.";

  @ParameterizedTest
  @CsvSource({"en", "eng", "EN"})
  void fiveWordsAreMostlyRecognisedAndNeverTakenForTheOtherLanguage(String code) {
    LanguageCheck english = Language.of(code).check();
    LanguageCheck german = Language.of("de").check();

    assertThat(share(english, fiveWords(ENGLISH))).isGreaterThan(0.9);
    assertThat(share(english, fiveWords(GERMAN))).isZero();
    assertThat(share(german, fiveWords(GERMAN))).isGreaterThan(0.9);
    assertThat(share(german, fiveWords(ENGLISH))).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\uFFFD\uFFFD",
        "\uFFFDs, there was a little girl named Lily",
        "\u0016s, there was a little girl named Lily",
        "0 1 2 3",
        "<div class=\"x\">",
        "qx zzk vvrt"
      })
  void bytesThatAreNotTextAreNotEnglish(String text) {
    assertThat(Language.of("en").check().accepts(text)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"s, there was a little girl named Lily", "There was\na little girl"})
  void textMayBeginInAWordOrHaveSeveralLines(String text) {
    assertThat(Language.of("en").check().accepts(text)).isTrue();
  }

  @Test
  void anythingIsInAnyLanguage() {
    assertThat(Language.of("any").check().accepts("")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"zh, cmn", "fr, fra", "no, nob", "ara, ara"})
  void codesOfTwoAndThreeLettersAreKnown(String word, String code) {
    assertThat(Language.of(word)).isEqualTo(new Language(code));
  }

  @ParameterizedTest
  @ValueSource(strings = {"xx", "english", "tlh", ""})
  void otherCodesAreRefused(String word) {
    assertThatThrownBy(() -> Language.of(word))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("--language " + word, "ISO 639", "eng", "any");
  }

  private static double share(LanguageCheck check, List<String> texts) {
    return texts.stream().filter(check::accepts).count() / (double) texts.size();
  }

  private static List<String> fiveWords(String text) {
    String[] words = text.split(" ");
    List<String> runs = new ArrayList<>();
    for (int i = 0; i + 5 <= words.length; i++) {
      runs.add(String.join(" ", List.of(words).subList(i, i + 5)));
    }
    return runs;
  }
}
