package io.coppice.job.session;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import io.coppice.checkpoint.DataType;
import io.coppice.job.cli.Level;
import io.coppice.job.cluster.SharedModel;
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
          DataType.class,
          Level.class,
          LinkedHashMap.class);

  @Override
  public void registerClasses(Kryo kryo) {
    PLAIN.forEach(kryo::register);
    TaskResults.types().forEach(type -> register(kryo, type));
    kryo.register(SharedModel.class, new JavaSerializer());
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
