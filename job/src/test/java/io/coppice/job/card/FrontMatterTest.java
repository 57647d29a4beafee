package io.coppice.job.card;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrontMatterTest {
  private static final List<String> TAGS = List.of("pruned", "2:4");

  @Test
  void whatIsNotTouchedStaysAsItWasWritten() {
    String metadata =
        """
        # kept
        license: llama2
        language: no
        version: 1.10
        date: 2024-01-05
        extra: {a: [1, 0x1F], b: "yes"}
        description: a long line %s of words
        """
            .formatted("and more ".repeat(30).strip());

    assertThat(new FrontMatter(metadata).pruned("m", TAGS).orElseThrow().yaml())
        .isEqualTo(
            metadata
                + """
                base_model: m
                library_name: transformers
                pipeline_tag: text-generation
                tags:
                - pruned
                - '2:4'
                """);
  }

  @Test
  void whatIsThereIsExtendedOrReplacedInItsPlace() {
    FrontMatter dense =
        new FrontMatter(
            """
            tags: [chat, pruned]
            base_model: org/first
            base_model_relation: finetune
            library_name: peft
            pipeline_tag: fill-mask
            model-index:
            - name: dense
              results: []
            license: mit
            """);

    assertThat(dense.baseModels()).containsExactly("org/first");
    assertThat(dense.pruned("no", TAGS).orElseThrow().yaml())
        .isEqualTo(
            """
            tags:
            - chat
            - pruned
            - '2:4'
            base_model: 'no'
            library_name: transformers
            pipeline_tag: fill-mask
            license: mit
            """);
  }

  @Test
  void oneTagBecomesAList() {
    assertThat(new FrontMatter("tags: one\n").pruned("m", TAGS).orElseThrow().yaml())
        .startsWith("tags:\n- one\n- pruned\n- '2:4'\n");
    assertThat(new FrontMatter("tags:\n").pruned("m", TAGS).orElseThrow().yaml())
        .startsWith("tags:\n- pruned\n- '2:4'\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "just words",
        "- a\n- list\n",
        "a: 1\na: 2\n",
        "a: [1\n",
        "a: *nowhere\n",
        "[a, b]: 1\n",
        "tags: {a: 1}\n",
        "a: 1\n...\nb: 2\n",
        "tags: [#,\n  a]\n",
        "a: \u0007\n"
      })
  void whatIsNoMappingOfDifferentKeysIsOdd(String metadata) {
    assertThat(new FrontMatter(metadata).pruned("m", TAGS)).isEmpty();
  }

  @Test
  void hostileMetadataIsOddOrStaysSmall() {
    assertThat(new FrontMatter("a: " + "[".repeat(100_000)).pruned("m", TAGS)).isEmpty();
    StringBuilder laughs = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 30; i++) {
      String last = "*a" + (i - 1);
      laughs.append("a%d: &a%d [%s, %s, %s, %s]\n".formatted(i, i, last, last, last, last));
    }
    assertThat(new FrontMatter(laughs.toString()).pruned("m", TAGS)).isEmpty();
    assertThat(new FrontMatter("a: !!java.net.URL [x]\n").pruned("m", TAGS)).isEmpty();
  }
}
