package io.coppice.job.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.coppice.job.cluster.ModelOnCluster;
import io.coppice.job.cluster.SharedModel;
import io.coppice.job.session.CoppiceKryoRegistrator;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The weights that an executor's tasks share. */
class SharedModelTest {
  @TempDir private Path folder;

  @Test
  void areReadOnceWhileTheyAreUsed() {
    SharedModel shared = shared();
    try (SharedModel.Lease one = shared.open();
        SharedModel.Lease two = shared.open()) {
      shared.freeIfIdle();
      assertThat(two.weights()).isSameAs(one.weights());
      assertThat(one.weights().blocks()).hasSize(SmallModel.BLOCKS);
    }
  }

  @Test
  void areKeptForTheNextTaskAndReadAnewOnceFreed() {
    SharedModel shared = shared();
    SharedModel.Lease first = shared.open();
    first.close();
    first.close();
    try (SharedModel.Lease second = shared.open()) {
      assertThat(second.weights()).isSameAs(first.weights());
    }
    shared.freeIfIdle();
    try (SharedModel.Lease third = shared.open()) {
      assertThat(third.weights()).isNotSameAs(first.weights());
    }
    shared.freeIfIdle();
  }

  @Test
  void travelWithoutTheWeights() {
    Kryo kryo = new Kryo();
    kryo.setRegistrationRequired(true);
    new CoppiceKryoRegistrator().registerClasses(kryo);
    SharedModel shared = shared();
    Output output = new Output(64, -1);
    try (SharedModel.Lease lease = shared.open()) {
      kryo.writeClassAndObject(output, shared);
      SharedModel arrived = (SharedModel) kryo.readClassAndObject(new Input(output.toBytes()));
      try (SharedModel.Lease other = arrived.open()) {
        assertThat(other.weights()).isNotSameAs(lease.weights());
        assertThat(other.weights().embedding().toArray())
            .isEqualTo(lease.weights().embedding().toArray());
      }
      arrived.freeIfIdle();
    }
  }

  private SharedModel shared() {
    return new SharedModel(
        ModelOnCluster.open(
            SmallModel.write(folder.resolve("model")).toString(),
            new org.apache.hadoop.conf.Configuration()));
  }
}
