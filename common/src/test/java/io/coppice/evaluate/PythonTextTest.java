package io.coppice.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Expectations are what Python 3 gives. */
class PythonTextTest {
  @Test
  void stripTakesAllOfUnicodesSpaces() {
    assertThat(PythonText.strip("\u00a0\t\u2003 a b\u001c\u0085\u3000\n")).isEqualTo("a b");
    assertThat(PythonText.strip("\u200ba\u0000")).as("no spaces").isEqualTo("\u200ba\u0000");
    assertThat(PythonText.stripLeft(" a ")).isEqualTo("a ");
    assertThat(PythonText.stripRight(" a \f\u001f")).isEqualTo(" a");
    assertThat(PythonText.strip(" \n ")).isEmpty();
  }

  @Test
  void capitalizeLowersTheRest() {
    assertThat(PythonText.capitalize("the USA is Big")).isEqualTo("The usa is big");
    assertThat(PythonText.capitalize("ßtraße")).isEqualTo("Sstraße");
    assertThat(PythonText.capitalize("ǆ")).isEqualTo("ǅ");
    assertThat(PythonText.capitalize("'hello' SHE")).isEqualTo("'hello' she");
    assertThat(PythonText.capitalize("𐐨𐐀")).isEqualTo("𐐀𐐨");
    assertThat(PythonText.capitalize("")).isEmpty();
  }

  @Test
  void linesEndAsInTextMode() {
    assertThat(PythonText.lines("a\r\nb\rc\n\nd")).containsExactly("a\n", "b\n", "c\n", "\n", "d");
    assertThat(PythonText.lines("a\n")).containsExactly("a\n");
    assertThat(PythonText.lines("")).isEmpty();
  }
}
