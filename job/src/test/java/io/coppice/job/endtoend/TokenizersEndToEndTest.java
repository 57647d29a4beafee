package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose tokenizers are published in other ways than as a tokenizer.json that is right. */
class TokenizersEndToEndTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String EVALUATION_LOG = "io.coppice.job.evaluation.EvaluationTexts";

  @TempDir private Path folder;

  @Test
  void anOptAsPublishedIsEvaluatedAndPruned() throws IOException {
    Path dense = opt("true");
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 60, 30);

    assertThat(evaluate(dense, text, "blank-line").required("tokens").longValue())
        .isEqualTo(1 + characters(text) + 2 * 59);
    assertThat(evaluate(dense, text, "bos").required("tokens").longValue())
        .isEqualTo(60 + characters(text));

    Path sparse = folder.resolve("sparse");
    Program.succeed(
        "prune",
        "--model",
        dense.toString(),
        "--calibration",
        text.toString(),
        "--output",
        sparse.toString(),
        "--samples",
        "16",
        "--sequence-length",
        "32",
        "--reconstruct",
        "lr");
    for (String file : List.of("vocab.json", "merges.txt", "tokenizer_config.json")) {
      assertThat(sparse.resolve(file)).hasSameBinaryContentAs(dense.resolve(file));
    }
    assertThat(sparse.resolve("tokenizer.json")).doesNotExist();
    assertThat(evaluate(sparse, text, "bos").required("tokens").longValue())
        .isEqualTo(60 + characters(text));
  }

  @Test
  void documentsWithoutASeamAreSaidToHaveNone() throws IOException {
    Path text = SmallModel.text(folder.resolve("text.jsonl"), 60, 30);
    Path model = opt("false");
    List<String> said = Collections.synchronizedList(new ArrayList<>());
    try (Listening listening = new Listening(said)) {
      assertThat(evaluate(model, text, "bos").required("tokens").longValue())
          .isEqualTo(characters(text));
      evaluate(model, text, "blank-line");
    }
    assertThat(said).hasSize(1);
    assertThat(said.get(0))
        .contains("--join bos joins documents without anything in between", "" + model);
  }

  /** The template of tokenizer.json begins each text; LlamaTokenizer is told not to. */
  @Test
  void theFlagsOfALlamaTokenizerGoBeforeItsTemplate() throws IOException {
    Path model = folder.resolve("model");
    Files.createDirectories(model);
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(SharedData.stories().resolve(file), model.resolve(file));
    }
    ObjectNode flags =
        (ObjectNode)
            MAPPER.readTree(SharedData.stories().resolve("tokenizer_config.json").toFile());
    Path text = folder.resolve("stories.jsonl");
    Files.write(text, Files.readAllLines(SharedData.testText()).subList(0, 10));

    JsonNode given = evaluate(SharedData.stories(), text, "blank-line");
    SmallModel.write(
        model.resolve("tokenizer_config.json"), flags.put("add_bos_token", false).toString());
    JsonNode without = evaluate(model, text, "blank-line");

    assertThat(without.required("tokens").longValue())
        .isEqualTo(given.required("tokens").longValue() - 1);
    assertThat(without.required("perplexity").doubleValue())
        .isNotEqualTo(given.required("perplexity").doubleValue());
  }

  /** With the letters, digits and white space of its texts in the byte alphabet of GPT-2. */
  private Path opt(String addBegin) throws IOException {
    Path model = SmallModel.write(folder.resolve("opt-" + addBegin), SmallFamily.OPT);
    Files.delete(model.resolve("tokenizer.json"));
    SmallModel.write(
        model.resolve("vocab.json"),
        """
        {"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"w":4,"Ġ":5,"0":6,"1":7,"2":8,"3":9,"4":10,"5":11,
         "6":12,"7":13,"8":14,"9":15,"Ċ":16,"Ġw":17}
        """);
    SmallModel.write(model.resolve("merges.txt"), "#version: 0.2\nĠ w\n");
    SmallModel.write(
        model.resolve("tokenizer_config.json"),
        """
        {"add_bos_token":%s,"tokenizer_class":"GPT2Tokenizer","bos_token":"</s>",
         "eos_token":"</s>","unk_token":"</s>","pad_token":"<pad>"}
        """
            .formatted(addBegin));
    return model;
  }

  /** Tokens of all documents: a space and the w after it are one, all else is by character. */
  private static long characters(Path text) throws IOException {
    long characters = 0;
    for (String line : Files.readAllLines(text)) {
      characters += MAPPER.readTree(line).get("text").textValue().replace(" ", "").length();
    }
    return characters;
  }

  private JsonNode evaluate(Path model, Path text, String join) throws IOException {
    Program program =
        Program.succeed(
            "evaluate",
            "--model",
            model.toString(),
            "--text",
            text.toString(),
            "--join",
            join,
            "--sequence-length",
            "32");
    return MAPPER.readTree(program.out()).required("perplexity").elements().next();
  }

  /** Listens to the warnings of evaluations. */
  private static final class Listening implements AutoCloseable {
    private final org.apache.logging.log4j.core.Logger logger =
        ((LoggerContext) LogManager.getContext(false)).getLogger(EVALUATION_LOG);
    private final Level before = logger.getLevel();
    private final AbstractAppender appender;

    Listening(List<String> said) {
      appender =
          new AbstractAppender("listening", null, null, true, Property.EMPTY_ARRAY) {
            @Override
            public void append(LogEvent event) {
              if (event.getLoggerName().equals(EVALUATION_LOG)) {
                said.add(event.getMessage().getFormattedMessage());
              }
            }
          };
      appender.start();
      Configurator.setLevel(EVALUATION_LOG, Level.WARN);
      logger.addAppender(appender);
    }

    @Override
    public void close() {
      logger.removeAppender(appender);
      Configurator.setLevel(EVALUATION_LOG, before);
    }
  }
}
