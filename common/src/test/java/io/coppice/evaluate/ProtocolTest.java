package io.coppice.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.text.Join;
import org.junit.jupiter.api.Test;

class ProtocolTest {
  @Test
  void linesOfWikiTextKeepTheirEndsAndBlankOnesBecomeEmpty() {
    assertThat(Protocol.WIKITEXT2.documents(" \n = Robert = \n \n He was .\r\nEnd"))
        .containsExactly("", " = Robert = \n", "", " He was .\n", "End");
    assertThat(Protocol.WIKITEXT2.join(Join.BOS)).isEqualTo(Join.BLANK_LINE);
  }

  @Test
  void sentencesOfPennTreebankAreStripped() {
    assertThat(Protocol.PTB.documents(" no it was n't \n but <unk> \n"))
        .containsExactly("no it was n't", "but <unk>");
    assertThat(Protocol.PTB.join(Join.BOS)).isEqualTo(Join.SPACE);
    assertThat(Protocol.PTB.fields("text")).containsExactly("text", "sentence");
    assertThat(Protocol.PTB.fields("sentence")).containsExactly("sentence");
  }

  @Test
  void ofC4TheFirstDocumentsAndWindowsCount() {
    assertThat(Protocol.C4.documents("a\nb")).containsExactly("a\nb");
    assertThat(Protocol.C4.join(Join.BOS)).isEqualTo(Join.SPACE);
    assertThat(Protocol.C4.mostDocuments()).isEqualTo(1100);
    assertThat(Protocol.C4.mostWindows()).isEqualTo(256);
  }

  @Test
  void aStreamIsJoinedAsAsked() {
    assertThat(Protocol.STREAM.documents("a\n\nb\n")).containsExactly("a\n\nb\n");
    assertThat(Protocol.STREAM.join(Join.BOS)).isEqualTo(Join.BOS);
    assertThat(Protocol.STREAM.mostWindows()).isEqualTo(Integer.MAX_VALUE);
  }
}
