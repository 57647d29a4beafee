package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.checkpoint.Checkpoint;
import io.coppice.checkpoint.DataType;
import io.coppice.job.endtoend.BadInputEndToEndTest.Case.Damage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A problem with the input is reported in one sentence, and nothing is written. */
class BadInputEndToEndTest {
  private static final String SINGLE = "model.safetensors";

  @TempDir private Path folder;
  private Path model;
  private Path text;
  private Path output;

  @BeforeEach
  void write() {
    model = SmallModel.write(folder.resolve("model"));
    text = SmallModel.text(folder.resolve("text.jsonl"), 20, 30);
    output = folder.resolve("results/sparse");
    assertThat(output.getParent().toFile().mkdir()).isTrue();
  }

  /**
   * A mistake.
   *
   * @param damage damages the sound input
   * @param exitCode 2 for the user's mistakes, 3 for broken data
   * @param words what the sentence must say
   * @param arguments options besides the usual ones
   */
  record Case(String name, Damage damage, int exitCode, List<String> words, String... arguments) {
    interface Damage {
      void to(BadInputEndToEndTest test) throws IOException;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    Damage none = test -> {};
    return Stream.of(
        new Case(
            "no such model", none, 2, List.of("nowhere", "does not exist"), "--model", "nowhere"),
        new Case(
            "a truncated shard",
            test -> cut(test.model.resolve(SINGLE), 10),
            3,
            List.of(SINGLE, "bytes")),
        new Case(
            "a header of 2^62 bytes",
            test -> overwrite(test.model.resolve(SINGLE), 0, longs(1L << 62)),
            3,
            List.of(SINGLE, "header")),
        new Case(
            "tensors that overlap",
            test -> header(test.model.resolve(SINGLE), OVERLAPPING, 48),
            3,
            List.of(SINGLE, "tensor 'b' begins")),
        new Case(
            "a shard outside the folder",
            BadInputEndToEndTest::shardOutside,
            3,
            List.of("model.safetensors.index.json", "../x.safetensors")),
        new Case(
            "NaN in a layer",
            test -> test.put("model.layers.1.mlp.up_proj.weight", Float.NaN),
            3,
            List.of("model.layers.1.mlp.up_proj.weight", "NaN")),
        new Case(
            "weights that are finite, and activations that are not",
            test -> test.put("model.layers.1.mlp.up_proj.weight", Float.MAX_VALUE),
            3,
            List.of("Block 1", "dense chain", "model.layers.1.*")),
        new Case(
            "NaN in the embedding",
            test -> test.put("model.embed_tokens.weight", Float.NaN),
            3,
            List.of("model.embed_tokens.weight", "NaN")),
        new Case(
            "NaN in the final norm, which pruning has no use for",
            test -> test.put("model.norm.weight", Float.NaN),
            3,
            List.of("model.norm.weight", "NaN")),
        new Case(
            "a final norm that is finite, and gradients that are not",
            test -> test.put("model.norm.weight", Float.MAX_VALUE),
            3,
            List.of("gradients by the output of block 1", "--metric identity"),
            "--metric",
            "fisher"),
        new Case(
            "a token beyond the vocabulary",
            test -> test.textWithToken(SmallModel.VOCABULARY),
            3,
            List.of("tokenizer", "token 40", "vocabulary")),
        new Case(
            "no calibration text",
            test -> SmallModel.write(test.text, ""),
            3,
            List.of("no text", "text.jsonl")),
        new Case(
            "documents that are all empty",
            test -> SmallModel.write(test.text, "{\"text\":\"\"}\n{\"text\":\" \"}\n"),
            3,
            List.of("no text", "text.jsonl")),
        new Case(
            "too few long documents", none, 3, List.of("longer", "--pack"), "--samples", "1000"),
        new Case(
            "calibration text that is not there",
            none,
            2,
            List.of("absent.txt"),
            "--calibration",
            "absent.txt"),
        new Case("too much sparsity", none, 2, List.of("--sparsity", "1.2"), "--sparsity", "1.2"),
        new Case(
            "rows that are no whole groups",
            none,
            3,
            List.of("model.layers.0.mlp.down_proj.weight", "24", "3:16"),
            "--pattern",
            "3:16"),
        new Case(
            "an override for no tensor",
            none,
            2,
            List.of("*.k_prj.*=0.3", "model.layers.0.self_attn.q_proj.weight", "model.layers.1.*"),
            "--overrides",
            "*.k_prj.*=0.3"),
        new Case(
            "an unknown option", none, 2, List.of("--sparsty", "--sparsity"), "--sparsty", "0.5"),
        new Case(
            "an output that is there",
            test -> SmallModel.write(test.output.resolve("config.json"), "{}"),
            2,
            List.of("exists", "--overwrite")),
        new Case(
            "an output that would replace its own text",
            test -> {
              SmallModel.write(test.output.resolve("config.json"), "{}");
              Files.move(test.text, test.output.resolve("text.jsonl"));
            },
            2,
            List.of("would replace", "text.jsonl"),
            "--overwrite",
            "--calibration",
            "FOLDER/results/sparse/text.jsonl"),
        new Case(
            "an output that is a file",
            test -> SmallModel.write(test.output, "notes"),
            2,
            List.of("exists")),
        new Case(
            "an architecture that is not supported",
            test -> test.replace("config.json", "LlamaForCausalLM", "GPT2LMHeadModel"),
            3,
            List.of("GPT2LMHeadModel", "LlamaForCausalLM")),
        new Case(
            "no architecture",
            test ->
                test.replace("config.json", "\"architectures\":[\"LlamaForCausalLM\"]", "\"a\":1"),
            3,
            List.of("config.json lacks the key architectures", "supported are [LlamaForCausalLM")),
        new Case(
            "two bases of rotary positions",
            test ->
                test.replace(
                    "config.json",
                    "\"rope_theta\":10000.0",
                    "\"rope_theta\":10000.0,\"rope_parameters\":{\"rope_theta\":50000.0}"),
            3,
            List.of("rope_theta is 10000.0, but rope_parameters.rope_theta is 50000.0")),
        new Case(
            "quantized weights",
            test -> header(test.model.resolve(SINGLE), QUANTIZED, 640),
            3,
            List.of("'model.embed_tokens.weight' in I8: it is quantized", "F32, F16 and BF16")),
        new Case(
            "a tokenizer that Git LFS has not fetched",
            test -> SmallModel.write(test.model.resolve("tokenizer.json"), POINTER),
            3,
            List.of("model/tokenizer.json is a Git LFS pointer", "git lfs pull")),
        new Case(
            "a configuration that Git LFS has not fetched",
            test -> SmallModel.write(test.model.resolve("config.json"), POINTER),
            3,
            List.of("model/config.json is a Git LFS pointer", "git lfs pull")),
        new Case(
            "a configuration for other shapes",
            test -> test.replace("config.json", "\"vocab_size\":40", "\"vocab_size\":41"),
            3,
            List.of("model.embed_tokens.weight", "[40, 16]", "[41, 16]")),
        new Case(
            "more tokens than the model has positions",
            none,
            2,
            List.of("--sequence-length", "64"),
            "--sequence-length",
            "65"),
        new Case(
            "a work folder that is someone's",
            test -> SmallModel.write(test.folder.resolve("mine/thesis.txt"), "words"),
            2,
            List.of("mine", "--work-dir"),
            "--work-dir",
            "FOLDER/mine"),
        new Case(
            "a work folder around the output",
            test -> SmallModel.write(test.folder.resolve("results/.coppice-work"), ""),
            2,
            List.of("--work-dir", "results"),
            "--work-dir",
            "FOLDER/results"),
        new Case(
            "a work folder in the output",
            none,
            2,
            List.of("--work-dir", "results/sparse/work"),
            "--work-dir",
            "FOLDER/results/sparse/work"));
  }

  private static final String OVERLAPPING =
      """
      {"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]},\
      "b":{"dtype":"F32","shape":[8],"data_offsets":[16,48]}}""";

  private static final String QUANTIZED =
      """
      {"model.embed_tokens.weight":{"dtype":"I8","shape":[40,16],"data_offsets":[0,640]}}""";

  private static final String POINTER =
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 17477929\n";

  @ParameterizedTest
  @MethodSource("cases")
  void isToldAndNothingIsWritten(Case mistake) throws IOException {
    mistake.damage().to(this);
    Map<String, String> before = Folders.contents(folder);

    Program program = Program.run(arguments(mistake.arguments()));

    assertThat(program.sentence()).contains(mistake.words());
    assertThat(program.exitCode()).as(program.err()).isEqualTo(mistake.exitCode());
    assertThat(Folders.contents(folder)).isEqualTo(before);
  }

  /** Unfinished work waits for the same command, and is in nobody's way. */
  @ParameterizedTest
  @CsvSource({
    "cr, 'Block 0 in wave 1: Training diverged'",
    "best, 'Training diverged in trials of masks, on block 1, with either kind'"
  })
  void aTrainingThatDivergesIsToldAndMayBeTriedAgain(String level, String words) {
    Map<String, String> before = Folders.contents(folder);
    String[] diverging =
        arguments("--learning-rate", "1", "--epochs", "50", "--reconstruct", level);

    for (int attempt = 0; attempt < 2; attempt++) {
      Program program = Program.on("local[1]", diverging);
      assertThat(program.sentence()).contains(words, "use a lower --learning-rate");
      assertThat(program.exitCode()).isEqualTo(2);
      assertThat(Folders.contents(output.getParent()).keySet())
          .allMatch(name -> name.startsWith(".sparse.coppice-work"));
    }

    Program.succeed(arguments("--learning-rate", "1e-3", "--epochs", "2", "--reconstruct", level));
    Map<String, String> after = Folders.contents(folder);
    after.keySet().removeIf(name -> name.startsWith("results/sparse"));
    assertThat(after).isEqualTo(before);
  }

  @Test
  void evaluationOfBadInputWritesNothing() throws IOException {
    put("model.norm.weight", Float.POSITIVE_INFINITY);
    Map<String, String> before = Folders.contents(folder);

    Program program =
        Program.run(
            "evaluate",
            "--model",
            model.toString(),
            "--text",
            text.toString(),
            "--output",
            folder.resolve("results/evaluation.json").toString());

    assertThat(program.sentence()).contains("model.norm.weight");
    assertThat(program.exitCode()).isEqualTo(3);
    assertThat(Folders.contents(folder)).isEqualTo(before);
  }

  @Test
  void tooLittleTextForOneWindowIsTold() {
    Program program =
        Program.run(
            "evaluate",
            "--model",
            model.toString(),
            "--text",
            SmallModel.text(folder.resolve("short.jsonl"), 1, 5).toString());

    assertThat(program.sentence()).contains("short.jsonl", "6 tokens", "64");
    assertThat(program.exitCode()).isEqualTo(3);
  }

  @Test
  void aMasterThatSparkDoesNotKnow() throws Exception {
    Program program =
        Program.on(
            "local[1",
            "evaluate",
            "--model",
            SmallModel.write(folder.resolve("master")).toString(),
            "--text",
            text.toString());

    assertThat(program.exitCode()).isEqualTo(2);
    assertThat(program.sentence()).contains("local[1", "--master");
  }

  /** The usual arguments, except options that are given. */
  private String[] arguments(String... given) {
    Map<String, String> usual =
        Map.of(
            "--model",
            model.toString(),
            "--calibration",
            text.toString(),
            "--output",
            output.toString(),
            "--samples",
            "8",
            "--sequence-length",
            "16",
            "--epochs",
            "3");
    List<String> own =
        Stream.of(given).map(word -> word.replace("FOLDER", folder.toString())).toList();
    Stream<String> others =
        usual.entrySet().stream()
            .filter(option -> !own.contains(option.getKey()))
            .flatMap(option -> Stream.of(option.getKey(), option.getValue()));
    return Stream.of(Stream.of("prune"), others, own.stream())
        .flatMap(words -> words)
        .toArray(String[]::new);
  }

  private void replace(String file, String from, String to) throws IOException {
    String content = Files.readString(model.resolve(file));
    assertThat(content).contains(from);
    SmallModel.write(model.resolve(file), content.replace(from, to));
  }

  /** Sets the first element of a tensor. */
  private void put(String tensor, float value) throws IOException {
    long position =
        Checkpoint.open(new org.apache.hadoop.fs.Path(model.toUri()), new Configuration())
            .entry(tensor)
            .begin();
    byte[] bytes =
        ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array();
    overwrite(model.resolve(SINGLE), position, bytes);
  }

  private void textWithToken(int token) {
    SmallModel.tokenizer(model, token + 1);
    SmallModel.write(
        text, ("{\"text\":\"" + "w%d ".formatted(token).repeat(20) + "\"}\n").repeat(20));
  }

  private void shardOutside() throws IOException {
    Path sharded = Rewritten.write(model, folder.resolve("sharded"), DataType.F32, 2);
    Files.copy(
        sharded.resolve("model-00002-of-00002.safetensors"), folder.resolve("x.safetensors"));
    model = sharded;
    replace("model.safetensors.index.json", "model-00002-of-00002.safetensors", "../x.safetensors");
  }

  private static void cut(Path file, int bytes) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(access.length() - bytes);
    }
  }

  private static void overwrite(Path file, long position, byte[] bytes) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(position);
      access.write(bytes);
    }
  }

  private static void header(Path file, String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    Files.write(
        file,
        ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .array());
  }

  private static byte[] longs(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }
}
