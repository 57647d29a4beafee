package io.coppice.job.chain.activations;

import io.coppice.failure.Words;
import io.coppice.job.cli.LocalCacheSize;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that the tasks of this process hold together on its local disks, and its bounds. */
final class LocalDisk {
  /** Bytes that stay free for others where the user has given a size. */
  private static final long LEFT_FREE = 1L << 30;

  private static final Logger LOG = LoggerFactory.getLogger(LocalDisk.class);
  private static final LocalDisk OF_THIS_PROCESS = new LocalDisk();

  private final AtomicLong held = new AtomicLong();
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  static LocalDisk ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /**
   * Takes room, unless it is more than the size, or more than the disk should give: without a size,
   * what is held never exceeds what is free.
   *
   * @param free bytes on the disk
   */
  boolean take(long bytes, LocalCacheSize size, long free) {
    long after = held.addAndGet(bytes);
    boolean fits =
        size.isAuto() ? after <= free : after <= size.bytes() && bytes + LEFT_FREE <= free;
    if (!fits) {
      giveBack(bytes);
    }
    return fits;
  }

  void giveBack(long bytes) {
    held.addAndGet(-bytes);
  }

  /** Bytes that are held now. */
  long held() {
    return held.get();
  }

  void sayItIsUsedUp() {
    if (said.add("used up")) {
      LOG.info(
          "{} of activations are on this executor's local disk, as much as --local-cache and its free"
              + " space allow; the others are read from the work folder each time",
          Words.size(held.get()));
    }
  }

  void warnOfFailure(String reason) {
    if (said.add("failure")) {
      LOG.warn(
          "This executor's local disk takes no more activations ({}); the others are read from the"
              + " work folder each time",
          reason);
    }
  }

  void warnOfDamage(String reason) {
    if (said.add("damage")) {
      LOG.warn(
          "Activations on this executor's local disk are damaged ({}); they are read from the work"
              + " folder again",
          reason);
    }
  }
}
