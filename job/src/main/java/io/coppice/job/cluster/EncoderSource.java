package io.coppice.job.cluster;

import io.coppice.text.TextEncoder;
import java.io.Serializable;

/** Opens the tokenizer where a task runs; travels with the task, so it must be small. */
@FunctionalInterface
public interface EncoderSource extends Serializable {
  /** A new encoder for the calling thread. */
  OpenEncoder open();

  /** An encoder that holds native memory until it is closed. */
  interface OpenEncoder extends TextEncoder, AutoCloseable {
    @Override
    void close();
  }
}
