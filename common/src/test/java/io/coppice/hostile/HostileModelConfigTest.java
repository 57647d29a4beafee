package io.coppice.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.checkpoint.ModelFolder;
import io.coppice.model.LanguageModel;
import io.coppice.model.ModelFamilies;
import io.coppice.model.WeightShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two thousand broken config.json: refused in a sentence, or read as a possible model. */
class HostileModelConfigTest {
  private static final int INPUTS = 500;
  private static final long MOST_BYTES = 32L << 20;
  private static final int LARGEST = 1 << 24;

  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        {"architectures":["LlamaForCausalLM"],"hidden_act":"silu","hidden_size":64,
         "intermediate_size":172,"num_hidden_layers":5,"num_attention_heads":8,
         "num_key_value_heads":4,"vocab_size":512,"max_position_embeddings":512,
         "rms_norm_eps":1e-05,"rope_theta":10000.0,"rope_scaling":{"rope_type":"llama3",
         "factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
         "original_max_position_embeddings":8192},"bos_token_id":1,"attention_bias":false,
         "tie_word_embeddings":true,"torch_dtype":"float32"}""",
        """
        {"architectures":["OPTForCausalLM"],"activation_function":"relu","hidden_size":16,
         "ffn_dim":64,"num_hidden_layers":2,"num_attention_heads":4,"vocab_size":50,
         "max_position_embeddings":32,"word_embed_proj_dim":8,"do_layer_norm_before":true,
         "_remove_final_layer_norm":false,"bos_token_id":2,"enable_bias":true}""",
        """
        {"architectures":["Qwen3ForCausalLM"],"hidden_act":"silu","hidden_size":64,"head_dim":32,
         "intermediate_size":96,"num_hidden_layers":3,"num_attention_heads":8,
         "num_key_value_heads":2,"vocab_size":99,"max_position_embeddings":128,
         "rms_norm_eps":1e-06,"rope_parameters":{"rope_type":"linear","factor":2,
         "rope_theta":1e6},"use_sliding_window":false,"layer_types":["full_attention"]}""",
        """
        {"architectures":["MistralForCausalLM"],"hidden_act":"silu","hidden_size":64,
         "head_dim":16,"intermediate_size":96,"num_hidden_layers":3,"num_attention_heads":4,
         "num_key_value_heads":2,"vocab_size":99,"max_position_embeddings":128,
         "rms_norm_eps":1e-06,"rope_theta":1e4,"sliding_window":16,"bos_token_id":[1,2]}"""
      })
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void brokenConfigurationsAreRefusedOrUsable(String sound) throws IOException {
    Mutations mutations = new Mutations(20260803 + sound.length());
    int read = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] config = mutations.json(sound);
      Files.write(folder.resolve("config.json"), config);
      HostileReading<LanguageModel> outcome =
          HostileReading.of(
              new String(config, StandardCharsets.UTF_8), "config.json", MOST_BYTES, this::model);
      if (outcome.result().isPresent()) {
        requireUsable(outcome.result().orElseThrow());
        read++;
      }
    }
    assertThat(read).isBetween(INPUTS / 50, INPUTS / 2);
  }

  private LanguageModel model() {
    ModelFolder files = ModelFolder.open(new org.apache.hadoop.fs.Path(folder.toString()), hadoop);
    return ModelFamilies.parse(files.config(), List.of());
  }

  /** Every size is positive and has not overflowed. */
  private static void requireUsable(LanguageModel model) {
    assertThat(model.blockCount()).isBetween(1, LARGEST);
    assertThat(model.keyValueSize()).isBetween(1, LARGEST);
    assertThat(model.blockWeights())
        .allSatisfy(
            shape -> {
              assertThat(shape.rows()).isBetween(1, LARGEST);
              assertThat(shape.columns()).isBetween(1, LARGEST);
            });
    assertThat(model.outerWeights()).extracting(WeightShape::rows).allMatch(rows -> rows > 0);
  }
}
