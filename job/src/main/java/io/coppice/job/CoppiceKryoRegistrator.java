package io.coppice.job;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import io.coppice.job.config.ActivationSettings;
import io.coppice.job.config.ActivationStore;
import io.coppice.job.config.ActivationType;
import io.coppice.job.config.CalibrationSettings;
import io.coppice.job.config.EvaluateSettings;
import io.coppice.job.config.Inputs;
import io.coppice.job.config.Join;
import io.coppice.job.config.Level;
import io.coppice.job.config.OutputSettings;
import io.coppice.job.config.PruneSettings;
import io.coppice.job.config.PruningMethod;
import io.coppice.job.config.PruningSettings;
import io.coppice.job.config.ReconstructionSettings;
import io.coppice.job.config.Schedule;
import io.coppice.job.config.Selection;
import io.coppice.job.config.SequenceLength;
import io.coppice.job.config.SparsityPattern;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Names every class that Coppice sends through Kryo: task results, broadcasts, shuffled rows.
 * Registration is required, so a class that is missing here fails at once rather than slowly.
 */
public final class CoppiceKryoRegistrator implements KryoRegistrator {
  private static final List<Class<? extends Record>> RECORDS =
      List.of(
          ActivationSettings.class,
          CalibrationSettings.class,
          EvaluateSettings.class,
          OutputSettings.class,
          PruneSettings.class,
          PruningSettings.class,
          ReconstructionSettings.class,
          Schedule.Sequential.class,
          Schedule.Parallel.class,
          Schedule.Waves.class,
          SequenceLength.class);

  private static final List<Class<?>> CHOICES =
      List.of(
          ActivationStore.class,
          ActivationType.class,
          Inputs.class,
          Join.class,
          Level.class,
          PruningMethod.class,
          Selection.class,
          SparsityPattern.class);

  private static final List<Class<?>> PLAIN =
      List.of(
          boolean[].class,
          byte[].class,
          byte[][].class,
          double[].class,
          double[][].class,
          float[].class,
          float[][].class,
          int[].class,
          int[][].class,
          long[].class,
          Object[].class,
          String[].class,
          ArrayList.class,
          LinkedHashMap.class);

  @Override
  public void registerClasses(Kryo kryo) {
    PLAIN.forEach(kryo::register);
    CHOICES.forEach(kryo::register);
    RECORDS.forEach(type -> register(kryo, type));
    // The JDK's immutable collections hide their classes and their fields.
    immutableCollections().forEach(type -> kryo.register(type, new JavaSerializer()));
  }

  private static <R extends Record> void register(Kryo kryo, Class<R> type) {
    kryo.register(type, new RecordSerializer<>(type));
  }

  private static Stream<Class<?>> immutableCollections() {
    return Stream.of(
            List.of(), List.of(1), List.of(1, 2, 3), Stream.of(1).toList(), Map.of(), Map.of(1, 1))
        .<Class<?>>map(Object::getClass)
        .distinct();
  }
}
