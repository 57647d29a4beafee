package io.coppice.job.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecordSerializerTest {
  private final Kryo kryo = new Kryo();

  @BeforeEach
  void register() {
    kryo.setRegistrationRequired(true);
    new CoppiceKryoRegistrator().registerClasses(kryo);
  }

  @Test
  void everyComponentComesBack() {
    kryo.register(Layer.class, new RecordSerializer<>(Layer.class));
    kryo.register(Block.class, new RecordSerializer<>(Block.class));
    Block block =
        new Block(
            3,
            -1L,
            0.1,
            true,
            "mlp",
            List.of(new Layer(new float[] {1, 2}), new Layer(new float[0])),
            Map.of("seed", 7));

    assertThat(travelled(block)).usingRecursiveComparison().isEqualTo(block);
  }

  @Test
  void withoutRegistrationNothingTravels() {
    Layer layer = new Layer(new float[0]);

    assertThatThrownBy(() -> travelled(layer)).hasMessageContaining("Class is not registered");
  }

  private Object travelled(Object value) {
    Output output = new Output(64, -1);
    kryo.writeClassAndObject(output, value);
    return kryo.readClassAndObject(new Input(output.toBytes()));
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Layer(float[] values) implements java.io.Serializable {}

  private record Block(
      int index,
      long seed,
      double error,
      boolean done,
      String name,
      List<Layer> layers,
      Map<String, Integer> settings) {}
}
