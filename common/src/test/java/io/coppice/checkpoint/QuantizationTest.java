package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationTest {
  private static final String MODULE = "model.layers.0.mlp.up_proj";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".weight_scale",
        ".weight_scale_inv",
        ".weight_scale_2",
        ".weight_zero_point",
        ".weight_g_idx",
        ".weight_packed",
        ".input_scale",
        ".output_scale",
        ".k_scale",
        ".scales",
        ".qzeros",
        ".qweight",
        ".g_idx",
        ".SCB",
        ".weight.absmax",
        ".weight.quant_map",
        ".weight.nested_absmax",
        ".weight.nested_quant_map",
        ".weight.quant_state.bitsandbytes__nf4"
      })
  void scalesAreKnownByName(String ending) {
    Quantization found = in("{}", MODULE + ending);
    assertThat(found.tensors()).containsExactly(MODULE + ending);
    assertThat(found.sentence().orElseThrow())
        .contains("quantized ones: the tensor " + MODULE + ending + "; it is not used");
  }

  @ParameterizedTest
  @ValueSource(strings = {".weight", ".bias", ".rescales", ".weight_scales.weight"})
  void othersAreNot(String ending) {
    assertThat(in("{\"quantization_config\":null}", MODULE + ending).isEmpty()).isTrue();
  }

  @Test
  void keysAndFilesAreNamed() {
    Quantization found =
        in("{\"quantization_config\":{\"sparsity_config\":{}},\"compression_config\":{}}", "a");
    assertThat(found.keys()).containsExactly("compression_config", "quantization_config");
    assertThat(found.sentence().orElseThrow())
        .contains("compression_config of config.json, quantization_config of config.json;");
    assertThat(
            Quantization.in(checkpoint("{}", "a", "F32"), List.of("hf_quant_config.json", "a.json"))
                .files())
        .containsExactly("hf_quant_config.json");
  }

  @Test
  void weightsThatAreQuantizedAreRefused() {
    String config = "{\"quantization_config\":{\"quant_method\":\"gptq\"}}";
    String weight = MODULE + ".weight";
    assertRefused(config, weight, "I8", "has '" + weight + "' in I8: it is quantized (gptq)");
    assertRefused("{}", weight, "F8_E4M3", "in F8_E4M3: it is quantized, but only F32");
    assertRefused(
        config, MODULE + ".qweight", "I8", "has '%s.qweight' instead of".formatted(MODULE));
    assertRefused("{}", MODULE + ".bias", "F32", "has no tensor '" + weight + "'");
    assertThat(Quantization.requireFloat(checkpoint("{}", weight, "F32"), weight).name())
        .isEqualTo(weight);
  }

  private void assertRefused(String config, String tensor, String type, String words) {
    Checkpoint checkpoint = checkpoint(config, tensor, type);
    assertThatThrownBy(() -> Quantization.requireFloat(checkpoint, MODULE + ".weight"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(words);
  }

  private Quantization in(String config, String tensor) {
    return Quantization.in(checkpoint(config, tensor, "F32"), List.of("config.json"));
  }

  private Checkpoint checkpoint(String config, String tensor, String type) {
    ModelOnDisk.text(folder, "config.json", config);
    int bytes = type.equals("F32") ? 8 : 2;
    RawFile.write(
        folder.resolve("model.safetensors"),
        "{\"%s\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%d]}}"
            .formatted(tensor, type, bytes),
        bytes);
    return Checkpoint.open(RawFile.hadoop(folder), new Configuration());
  }
}
