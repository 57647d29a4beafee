package io.coppice.job.card;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.coppice.failure.Words;
import io.coppice.job.record.RunRecord;
import io.coppice.storage.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCardTest {
  private static final String RUN =
      """
      {"configuration": {"model": "s3a://bucket/models/llama", "calibration": ["/secret/c4.jsonl"],
        "output": "/x/out", "method": "wanda", "pattern": "2:4", "sparsity": 0.5, "epochs": 10,
        "samples": 256, "sequence-length": 1024, "schedule": "waves", "waves": 3,
        "learning-rate": 2.0E-4, "threads": 7, "overwrite": true},
       "error_calibration": 0.25, "error_held_out": 0.5,
       "mean_relative_error_calibration": 0.01, "mean_relative_error_held_out": 0.02,
       "perplexity_held_out_dense": 10.0, "perplexity_held_out_sparse": 12.34567,
       "generalisation": {"message": "Reconstruction generalises"}}
      """;
  private static final String EVALUATION =
      """
      {"perplexity": {"a|b": {"perplexity": 7.5, "protocol": "stream"}},
       "tasks": {"boolq": {"acc": 0.75, "acc_stderr": 0.1, "n": 40}},
       "against": {"perplexity": {"a|b": {"perplexity": 7.0}},
                   "tasks": {"boolq": {"acc": 0.8}}}}
      """;

  private static RunRecord record() {
    try {
      return new RunRecord(
          "llama-sparse",
          RunRecord.Kind.PRUNE,
          Json.parse(RUN),
          List.of(
              Json.parse("{\"block\": 0, \"level\": \"gp\", \"sparsity\": 0.5}"),
              Json.parse("{\"block\": 1, \"level\": \"gp\", \"sparsity\": 0.25}")),
          new RunRecord.Details(
              List.of(),
              MissingNode.getInstance(),
              MissingNode.getInstance(),
              Json.parse(EVALUATION)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String card(String dense) {
    return latin(ModelCard.card(record(), "llama", bytes(dense)));
  }

  private static byte[] bytes(String latin) {
    return latin.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void aModelWithoutACardHasOne() {
    assertThat(card(""))
        .startsWith(
            """
            ---
            base_model: llama
            library_name: transformers
            pipeline_tag: text-generation
            tags:
            - pruned
            - sparse
            - coppice
            - '2:4'
            ---
            <!-- coppice: begin -->
            # llama, pruned
            """)
        .contains(
            "37.50 % of the weights",
            "| pruning method | `wanda` |",
            "| reconstruction | `gp` |",
            "| calibration | `256 windows of 1024 tokens` |",
            "| calibration text | `c4.jsonl` |",
            "| perplexity on held-out calibration text | 10.00 | 12.35 |",
            "| perplexity on a\\|b, protocol `stream` | 7.000 | 7.500 |",
            "| `boolq`, `acc` | 0.8000 | 0.7500 |",
            "| error of the last block | 0.2500 | 0.5000 |",
            "Reconstruction generalises.",
            "AutoModelForCausalLM.from_pretrained(",
            "vllm serve path/to/this/folder",
            "files are as large as the dense model's",
            """
            coppice prune --model llama --calibration c4.jsonl --output llama-sparse --method wanda \\
                --pattern 2:4 --sequence-length 1024
            """)
        .doesNotContain(
            "Coppice's own", "secret", "bucket", "/x/", "threads", "overwrite", "0.7500 | 0.1")
        .endsWith("```\n<!-- coppice: end -->\n");
  }

  @Test
  void textAndMetadataStayAndTheSectionIsReplacedInAnotherRun() {
    String dense = "---\nlicense: mit\nbase_model: org/first\n---\r\n# Mine\r\n\u00e9 \u00ff";

    String once = card(dense);
    assertThat(once)
        .startsWith("---\nlicense: mit\nbase_model: llama\n")
        .contains(
            "---\n# Mine\r\n\u00e9 \u00ff\n\n<!-- coppice: begin -->\n## How this model was pruned",
            "`llama` itself is based on `org/first`",
            "said of the dense model");
    String twice = card(once);
    assertThat(twice.split("coppice: begin", -1)).hasSize(2);
    assertThat(twice).contains("`llama` itself is based on `llama`");
    assertThat(card(twice)).isEqualTo(twice);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "---\nlicense: mit\n# no end",
        "---\njust words\n---\ntext",
        "---\na: \u00ff\n---\ntext",
        "---\n- x\n---\n"
      })
  void metadataThatCannotBeReadStayAsTheyAre(String dense) {
    assertThat(card(dense)).startsWith(dense).contains("<!-- coppice: begin -->\n## How");
    assertThat(card(card(dense))).isEqualTo(card(dense));
  }

  @Test
  void textWithoutMetadataHasThemPutBefore() {
    assertThat(card("No model of use.\r\n"))
        .startsWith("---\nbase_model: llama\n")
        .contains("\n---\nNo model of use.\r\n\n<!-- coppice: begin -->\n");
  }

  @Test
  void modelsOfTheHubsCacheHaveTheirNameThere() {
    assertThat(Shown.model("/c/models--org--llama-2-7b/snapshots/0a1b"))
        .isEqualTo("org/llama-2-7b");
    assertThat(Shown.model("hdfs://host/models/llama/")).isEqualTo("llama");
    assertThat(Shown.named("boolq=/a/b=c.jsonl")).isEqualTo("boolq=b=c.jsonl");
  }

  @Test
  void wordsAreQuotedForAShell() {
    assertThat(Words.shell("c4/*.json")).isEqualTo("'c4/*.json'");
    assertThat(Words.shell("it's $HOME")).isEqualTo("'it'\\''s $HOME'");
    assertThat(Words.shell("2:4")).isEqualTo("2:4");
  }
}
