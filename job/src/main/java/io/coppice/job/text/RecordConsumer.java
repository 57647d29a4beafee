package io.coppice.job.text;

/** Takes the records of a part, one after the other. */
@FunctionalInterface
interface RecordConsumer {
  /**
   * Takes a record.
   *
   * @param bytes hold the record; they belong to the caller, who may use them again
   * @param length the number of bytes that do
   * @param position where it is: of a line the first byte in the (decompressed) file, of a row its
   *     number from 0
   */
  void accept(byte[] bytes, int length, long position);
}
