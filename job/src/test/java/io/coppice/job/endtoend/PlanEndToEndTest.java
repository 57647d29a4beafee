package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.tensor.Arena;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The figures of {@code plan} agree with those of a run. */
class PlanEndToEndTest {
  private static final double GIBIBYTE = 1L << 30;

  @TempDir private Path folder;

  /** The most that arenas held at one time in a run of one task at a time. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--reconstruct lr --method sparsegpt --schedule parallel",
        "--reconstruct lr --method magnitude --refit 2 --schedule parallel",
        "--reconstruct br --method wanda --schedule waves --waves 2",
        "--reconstruct gp --method sparsegpt --schedule sequential",
        "--reconstruct gp --method sparsegpt --schedule waves --waves 2",
        "--reconstruct cr --method sparsegpt --schedule waves --waves 2",
        "--reconstruct cr --method sparsegpt --schedule sequential",
        "--reconstruct gp --method wanda --schedule waves --waves 2 --masks gradual",
        "--reconstruct cr --method sparsegpt --schedule waves --waves 2 --masks gradual",
        "--reconstruct gp --method wanda --schedule waves --waves 2 --last-block kl",
        "--reconstruct br --method wanda --schedule waves --waves 2 --metric fisher",
        "--reconstruct best --method sparsegpt --schedule waves --waves 2 --precision bf16",
        "--reconstruct cr --method wanda --schedule sequential --last-block kl"
            + " --last-block-tokens 0.25 --precision bf16"
      })
  void aTaskTakesWhatThePlanSays(String options) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                Program.words(
                    "--model src/main/resources/demo/model",
                    "--calibration src/main/resources/demo/calibration.jsonl.gz",
                    "--output " + folder.resolve("sparse"),
                    "--samples 8 --sequence-length 64 --epochs 2",
                    options)));
    JsonNode plan = plan("local[1]", arguments);
    long stated = 0;
    for (String phase :
        List.of("off_heap_pruning", "off_heap_training", "off_heap_last_block", "off_heap_pass")) {
      stated = Math.max(stated, plan.path("task").path(phase).longValue());
    }
    Arena.resetPeak();

    arguments.add(0, "prune");
    Program.on("local[1]", arguments.toArray(String[]::new)).succeeded();

    assertThat(stated).isBetween(Arena.peakBytes(), (long) (1.2 * Arena.peakBytes()));
  }

  @Test
  void llama7BNeedsHeadersOnly() throws IOException {
    Path model = llama7B(folder.resolve("llama-7b"));

    List<String> arguments =
        List.of("--model", model.toString(), "--rate", "100", "--reconstruct", "gp");
    JsonNode plan = plan("local[4]", arguments);

    JsonNode task = plan.path("task");
    assertThat(task.path("off_heap_training").longValue() / GIBIBYTE).isBetween(3.0, 8.0);
    // Three Hessians of 4096 inputs and one of 11008, in float64.
    assertThat(task.path("heap").longValue()).isEqualTo(8 * (3 * 4096L * 4096 + 11008L * 11008));
    assertThat(plan.path("activations").path("store").textValue()).isEqualTo("files");
    // Two chains of 33 boundaries, 288 windows of 1024 tokens of 4096 float32.
    assertThat(plan.path("activations").path("bytes").longValue())
        .isEqualTo(2L * 33 * 288 * 1024 * 4096 * 4);
    assertThat(plan.path("steps").path(0).path("tasks").intValue()).isEqualTo(32);
    assertThat(plan.path("passes").path("count").intValue()).isEqualTo(4);
    assertThat(plan.path("warnings").toString()).contains("heap should have");
  }

  @Test
  void peopleAreToldTheCommand() throws IOException {
    Path model = llama7B(folder.resolve("llama-7b"));

    assertThat(Program.succeed("plan", "--model", model.toString()).out())
        .contains("off-heap of a task, training")
        .contains("--conf spark.executor.memoryOverhead=")
        .contains("--conf spark.executorEnv.OPENBLAS_NUM_THREADS=1")
        .contains("warning: ");
  }

  @Test
  void whatIsMeasuredIsSaidToBe() throws IOException {
    JsonNode plan =
        plan("local[1]", List.of("--model", "src/main/resources/demo/model", "--probe"));

    assertThat(plan.path("rate").textValue()).isEqualTo("measured here");
    assertThat(plan.path("flops_per_second").doubleValue()).isPositive().isFinite();
  }

  private static JsonNode plan(String master, List<String> options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("plan", "--json"));
    arguments.addAll(options);
    return new ObjectMapper()
        .readTree(Program.on(master, arguments.toArray(String[]::new)).succeeded().out());
  }

  /** A header, and a file as long as it says that holds nothing else. */
  private static Path llama7B(Path model) throws IOException {
    Files.createDirectories(model);
    Files.writeString(
        model.resolve("config.json"),
        """
        {"architectures":["LlamaForCausalLM"],"hidden_size":4096,"intermediate_size":11008,
         "num_hidden_layers":32,"num_attention_heads":32,"vocab_size":32000,
         "max_position_embeddings":2048,"rms_norm_eps":1e-06}""");
    StringBuilder header = new StringBuilder("{");
    long end = 0;
    end = tensor(header, "model.embed_tokens.weight", end, 32000, 4096);
    for (int block = 0; block < 32; block++) {
      String prefix = "model.layers." + block + ".";
      end = tensor(header, prefix + "input_layernorm.weight", end, 4096);
      end = tensor(header, prefix + "post_attention_layernorm.weight", end, 4096);
      for (String layer : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
        end = tensor(header, prefix + "self_attn." + layer + ".weight", end, 4096, 4096);
      }
      end = tensor(header, prefix + "mlp.gate_proj.weight", end, 11008, 4096);
      end = tensor(header, prefix + "mlp.up_proj.weight", end, 11008, 4096);
      end = tensor(header, prefix + "mlp.down_proj.weight", end, 4096, 11008);
    }
    end = tensor(header, "model.norm.weight", end, 4096);
    end = tensor(header, "lm_head.weight", end, 32000, 4096);
    byte[] json = (header.substring(0, header.length() - 1) + "}").getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile file =
        new RandomAccessFile(model.resolve("model.safetensors").toFile(), "rw")) {
      file.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
      file.write(json);
      file.setLength(8 + json.length + end);
    }
    return model;
  }

  private static long tensor(StringBuilder header, String name, long begin, long... shape) {
    long size = 2;
    StringBuilder dimensions = new StringBuilder();
    for (long dimension : shape) {
      size *= dimension;
      dimensions.append(dimensions.isEmpty() ? "" : ",").append(dimension);
    }
    header.append(
        "\"%s\":{\"dtype\":\"F16\",\"shape\":[%s],\"data_offsets\":[%d,%d]},"
            .formatted(name, dimensions, begin, begin + size));
    return begin + size;
  }
}
