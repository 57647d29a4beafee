package io.coppice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnusedTensorsTest {
  private final LanguageModel model = SmallModels.llama(3, 8, 10);

  @Test
  void tensorsThatTheModelUsesAreNotNamed() {
    assertThat(UnusedTensors.of(model, used()).sentence()).isEmpty();
  }

  @Test
  void wellKnownLeftoversAreNotNamed() {
    assertThat(
            UnusedTensors.of(
                    model,
                    List.of(
                        "model.layers.0.self_attn.rotary_emb.inv_freq",
                        "model.layers.9.self_attn.rotary_emb.inv_freq",
                        "decoder.version",
                        "lm_head.weight"))
                .sentence())
        .isEmpty();
  }

  @Test
  void blocksBeyondTheLastAreNamedByTheirPrefix() {
    List<String> names = used();
    for (int block : new int[] {3, 4, 5, 12}) {
      names.add("model.layers." + block + ".mlp.up_proj.weight");
      names.add("model.layers." + block + ".mlp.down_proj.weight");
    }
    assertThat(UnusedTensors.of(model, names).sentence())
        .contains(
            "8 tensors are not used, for config.json does not call for them: "
                + "model.layers.3.* to model.layers.5.*, model.layers.12.*");
  }

  @Test
  void theSameTensorOfManyBlocksIsNamedOnce() {
    List<String> names = used();
    for (int block = 0; block < 3; block++) {
      names.add("model.layers." + block + ".mlp.up_proj.bias");
    }
    names.add("score.weight");
    assertThat(UnusedTensors.of(model, names).sentence().orElseThrow())
        .startsWith("4 tensors are not used")
        .endsWith(": model.layers.*.mlp.up_proj.bias, score.weight");
  }

  @Test
  void ofManyNamesSomeAreShown() {
    List<String> names = List.of("a", "b", "c\n", "d", "e", "model.layers.00.mlp.up_proj.weight");
    assertThat(UnusedTensors.of(model, names).sentence().orElseThrow())
        .endsWith("call for them: a, b, c , d and others");
    assertThat(UnusedTensors.of(model, List.of("a")).sentence().orElseThrow())
        .isEqualTo("One tensor is not used, for config.json does not call for it: a");
  }

  private List<String> used() {
    List<String> names = new ArrayList<>(List.of(model.embeddingName(), model.headName()));
    model.outerWeights().forEach(shape -> names.add(shape.name()));
    for (int block = 0; block < model.blockCount(); block++) {
      String prefix = model.blockPrefix(block);
      model.blockWeights().forEach(shape -> names.add(prefix + shape.name()));
    }
    return names;
  }
}
