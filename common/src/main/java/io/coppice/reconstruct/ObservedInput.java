package io.coppice.reconstruct;

import io.coppice.prune.Hessian;
import io.coppice.prune.InputStatistics;
import io.coppice.tensor.Tensor;
import java.util.Optional;

/**
 * What is accumulated of one input, which layers may share.
 *
 * @param forPruning what the pruner asks for
 * @param forRefit the Hessian, if layers are refitted; the pruner's own if that is one
 */
record ObservedInput(InputStatistics forPruning, Optional<Hessian> forRefit)
    implements AutoCloseable {

  void accumulate(Tensor inputs, int sequences) {
    forPruning.accumulate(inputs, sequences);
    forRefit
        .filter(hessian -> hessian != forPruning)
        .ifPresent(hessian -> hessian.accumulate(inputs, sequences));
  }

  @Override
  public void close() {
    forPruning.close();
    forRefit.filter(hessian -> hessian != forPruning).ifPresent(Hessian::close);
  }
}
