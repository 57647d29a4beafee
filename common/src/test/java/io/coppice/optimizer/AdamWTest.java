package io.coppice.optimizer;

import static io.coppice.kernel.Close.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.kernel.Golden;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AdamWTest {

  static List<Golden> golden() {
    return Golden.cases("adamW");
  }

  @ParameterizedTest
  @MethodSource("golden")
  void fiveStepsWithALinearDecayAreThoseOfPyTorch(Golden golden) {
    try (Arena arena = Arena.unbounded("test")) {
      Tensor weight = golden.tensor("start", arena);
      AdamW.Settings settings = new AdamW.Settings(0.9, 0.95, 1e-8, golden.number("weightDecay"));
      AdamW optimizer = AdamW.forKept(weight, settings, arena);
      List<Tensor> gradients = golden.tensors("gradients", arena);
      List<Tensor> expected = golden.tensors("weights", arena);
      LinearDecay decay = new LinearDecay(golden.number("learningRate"), gradients.size());
      float[] start = weight.toArray();
      for (int step = 0; step < gradients.size(); step++) {
        optimizer.step(weight, gradients.get(step), decay.learningRate(step), step + 1);
        assertClose("step " + step, weight, expected.get(step), 2e-6);
      }
      float[] end = weight.toArray();
      for (int i = 0; i < end.length; i++) {
        assertThat(end[i] == 0).isEqualTo(start[i] == 0);
      }
    }
  }
}
